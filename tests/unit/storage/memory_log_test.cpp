#include "server/storage/memory/log.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace plenum;
using plenum::storage::MemoryLog;

namespace {

// The frames as one batch.
void append(core::EventLog& log, const std::vector<std::string>& frames, bool adopted = false) {
  std::string bytes;
  std::vector<std::uint32_t> ends;
  for (const auto& frame : frames) {
    bytes += frame;
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  if (adopted) {
    log.adopt(std::move(bytes), std::move(ends));
  } else {
    log.append(bytes, ends);
  }
}

// Every frame after seq, read in pieces of at most bytes_max.
std::vector<std::string> read_after(const core::EventLog& log, std::uint64_t seq, std::size_t bytes_max = 1 << 20) {
  std::vector<std::string> frames;
  while (seq < log.last_seq()) {
    const core::FrameSpan span = log.frames_after(seq, bytes_max);
    REQUIRE_FALSE(span.empty());
    REQUIRE(span.first_seq == seq + 1);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < span.ends.size(); ++i) {
      frames.emplace_back(span.bytes.substr(begin, span.end(i) - begin));
      begin = span.end(i);
    }
    CHECK(begin == span.bytes.size());
    seq = span.last_seq();
  }
  return frames;
}

}  // namespace

TEST_CASE("an empty log has no frames and begins at one") {
  const MemoryLog log;
  CHECK(log.frames_after(0, 100).empty());
  CHECK(log.first_seq() == 1);
  CHECK(log.last_seq() == 0);
}

TEST_CASE("a log returns exactly the frames after any number") {
  MemoryLog log;
  append(log, {"a", "bb", "ccc"});
  append(log, {"dddd"});
  CHECK(read_after(log, 0) == std::vector<std::string>{"a", "bb", "ccc", "dddd"});
  CHECK(read_after(log, 2) == std::vector<std::string>{"ccc", "dddd"});
  CHECK(read_after(log, 3) == std::vector<std::string>{"dddd"});
  CHECK(log.frames_after(4, 100).empty());
}

TEST_CASE("a read returns at least one frame, and never more bytes than requested otherwise") {
  MemoryLog log;
  append(log, {std::string(100, 'a'), std::string(10, 'b'), std::string(10, 'c')});
  CHECK(log.frames_after(0, 1).ends.size() == 1);
  CHECK(log.frames_after(1, 19).ends.size() == 1);
  CHECK(log.frames_after(1, 20).ends.size() == 2);
}

TEST_CASE("random appends are read back completely from every position and in pieces of every size") {
  std::mt19937 random(20261121);
  MemoryLog log;
  std::vector<std::string> all;
  while (all.size() < 3000) {
    std::vector<std::string> batch(1 + random() % 7);
    // Now and then a frame larger than any block.
    for (auto& frame : batch)
      frame.assign(1 + random() % (random() % 200 == 0 ? 300'000 : 400), static_cast<char>('a' + random() % 26));
    append(log, batch, random() % 3 == 0);
    all.insert(all.end(), batch.begin(), batch.end());
  }
  CHECK(log.last_seq() == all.size());
  for (int probe = 0; probe < 60; ++probe) {
    const std::size_t from = random() % all.size();
    CHECK(read_after(log, from, 1 + random() % 70'000) ==
          std::vector<std::string>(all.begin() + static_cast<long>(from), all.end()));
  }
}

TEST_CASE("a log is full at its bound of events or bytes and still accepts the end of the stream") {
  MemoryLog by_count({.bytes_max = 1 << 20, .events_max = 2});
  append(by_count, {"a"});
  CHECK_FALSE(by_count.full());
  append(by_count, {"b"});
  CHECK(by_count.full());
  append(by_count, {"end"});
  CHECK(read_after(by_count, 2) == std::vector<std::string>{"end"});
  MemoryLog by_bytes({.bytes_max = 3, .events_max = 100});
  append(by_bytes, {"abc"});
  CHECK(by_bytes.full());
}

TEST_CASE("a short log uses little memory") {
  MemoryLog log;
  append(log, {std::string(300, 'x')});
  CHECK(log.bytes_held() <= 4096);
}

TEST_CASE("a log beyond its memory bound drops its oldest frames and reports the oldest available one") {
  MemoryLog log({.bytes_max = 1 << 30, .events_max = 1'000'000, .held_bytes_max = 300 * 1024});
  std::vector<std::string> frames;
  for (int i = 1; i <= 2000; ++i) {
    frames.push_back(std::string(1000, 'x') + std::to_string(i));
    append(log, {frames.back()}, i % 2 == 0);
    REQUIRE(log.bytes_held() <= 400 * 1024);
  }
  CHECK(log.last_seq() == 2000);
  CHECK(log.first_seq() > 1500);
  CHECK_FALSE(log.full());
  CHECK(log.frames_after(log.first_seq() - 2, 1 << 20).empty());
  const auto held = read_after(log, log.first_seq() - 1);
  CHECK(held ==
        std::vector<std::string>(frames.begin() + static_cast<std::ptrdiff_t>(log.first_seq()) - 1, frames.end()));
}
