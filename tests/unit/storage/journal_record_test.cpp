#include "server/storage/sqlite/database/journal_record.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace plenum;
using namespace plenum::storage;

namespace {

core::Frames frames_of(std::uint64_t first, const std::vector<std::string>& texts) {
  core::Frames frames;
  frames.first_seq = first;
  for (const auto& text : texts) {
    frames.bytes += text;
    frames.ends.push_back(static_cast<std::uint32_t>(frames.bytes.size()));
  }
  return frames;
}

}  // namespace

TEST_CASE("the frames of several streams in one commit are decoded unchanged") {
  rc::check([](const std::vector<std::vector<std::string>>& streams) {
    std::string data;
    std::vector<StreamId> ids;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      ids.push_back(StreamId::random());
      append_record(data, ids.back(), frames_of(i * 1000 + 1, streams[i]));
    }
    const auto records = read_records(data);
    RC_ASSERT(records.has_value());
    RC_ASSERT(records->size() == streams.size());
    for (std::size_t i = 0; i < streams.size(); ++i) {
      const auto expected = frames_of(i * 1000 + 1, streams[i]);
      RC_ASSERT((*records)[i].stream == ids[i]);
      RC_ASSERT((*records)[i].frames.first_seq == expected.first_seq);
      RC_ASSERT((*records)[i].frames.bytes == expected.bytes);
      RC_ASSERT((*records)[i].frames.ends == expected.ends);
    }
  });
}

TEST_CASE("a row truncated anywhere inside a record is malformed, never a shorter row") {
  std::string data;
  append_record(data, StreamId::random(), frames_of(300, {"one", std::string(200, 'x'), ""}));
  for (std::size_t length = 1; length < data.size(); ++length) {
    CHECK_FALSE(read_records(std::string_view(data).substr(0, length)));
  }
  CHECK(read_records(data));
}

TEST_CASE("lengths and ends of a segment are equivalent, and lengths that do not add up are rejected") {
  rc::check([](const std::vector<std::string>& texts) {
    const auto frames = frames_of(1, texts);
    const auto ends = ends_from(lengths_of(frames), frames.bytes.size());
    RC_ASSERT(ends.has_value());
    RC_ASSERT(*ends == frames.ends);
    RC_ASSERT(!ends_from(lengths_of(frames), frames.bytes.size() + 1));
  });
  CHECK_FALSE(ends_from("\x80", 5));
  CHECK_FALSE(ends_from("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 5));
}
