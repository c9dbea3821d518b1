// Damaged files: whatever bits flip, a read returns the written data or an explicit error.
#include <fstream>
#include <random>

#include "tests/unit/storage/store_fixture.h"

using namespace plenum;
using namespace plenum::storage;
using plenum::tests::StoreFixture;

namespace {

constexpr int rounds = 500, bits = 64;

void flip(const std::string& path, std::mt19937& random, int count) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::uint64_t>(file.tellg());
  if (size == 0) return;
  for (int i = 0; i < count; ++i) {
    const auto offset = static_cast<std::streamoff>(random() % size);
    file.seekg(offset);
    const int byte = file.get() ^ (1 << (random() % 8));
    file.seekp(offset);
    file.put(static_cast<char>(byte));
  }
}

struct Written {
  core::StoredTask task;
  std::string bytes;
  bool ended = false;
};

}  // namespace

TEST_CASE("with 64 random bits flipped in the file or its log, 500 times, no wrong data is returned") {
  StoreFixture world({.journal = {.segment_bytes = 3'000}});
  std::vector<Written> written;
  for (int i = 0; i < 12; ++i) {
    Written one{world.accepted("task number " + std::to_string(i)), {}, i % 3 != 0};
    for (std::uint64_t seq = 1; seq <= 40; ++seq) {
      const std::vector<std::string> text{std::string(100, static_cast<char>('a' + i)) + std::to_string(seq)};
      const bool last = one.ended && seq == 40;
      world.record(one.task.id, seq, text, last,
                   last ? std::optional(world.ending("answer " + std::to_string(i))) : std::nullopt);
      one.bytes += StoreFixture::frames(seq, text)->bytes;
    }
    world.store->answers()->put_answer({"key " + std::to_string(i),
                                        std::string(3'000, static_cast<char>('a' + i)),
                                        {one.task.id},
                                        world.clock.wall(),
                                        world.clock.wall(),
                                        std::nullopt});
    written.push_back(std::move(one));
  }
  REQUIRE(world.store->request_cancel(StreamId::random()));  // commits all
  const auto copy = world.dir.path() / "as-killed";
  std::filesystem::create_directory(copy);
  for (const char* end : {"", "-wal", "-lock"}) {
    std::filesystem::copy_file(world.path() + end, copy / (std::string("plenum.db") + end));
  }
  const auto flipped = world.dir.path() / "flipped";
  auto options = world.options;
  options.path = (flipped / "plenum.db").string();
  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  int intact = 0, rejected = 0, not_opened = 0;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    std::filesystem::remove_all(flipped);
    std::filesystem::copy(copy, flipped);
    flip(options.path + (round % 2 == 0 ? "" : "-wal"), random, bits);
    auto opened = SqliteStore::open(world.loops, world.clock, options);
    if (!opened) {
      ++not_opened;
      continue;
    }
    const auto unfinished = (*opened)->load_unfinished().value();
    for (const Written& one : written) {
      const auto loaded = (*opened)->load(one.task.id);
      if (loaded && one.ended) {
        REQUIRE(StoreFixture::bytes_of(*loaded) == one.bytes);
        REQUIRE(loaded->task.task == one.task.task);
        ++intact;
      } else {
        ++rejected;
      }
    }
    for (const auto& stream : unfinished) {
      const auto of = std::find_if(written.begin(), written.end(),
                                   [&](const Written& one) { return one.task.id == stream.task.id; });
      REQUIRE(of != written.end());
      const std::string bytes = StoreFixture::bytes_of(stream);
      if (stream.complete) REQUIRE(bytes == of->bytes);
      REQUIRE(of->bytes.compare(0, bytes.size(), bytes) == 0);
    }
    (*opened)->answers()->load_answers([&](const core::StoredAnswer& answer) {
      const std::string_view number = std::string_view(answer.key).substr(4);
      REQUIRE(answer.bytes == std::string(3'000, static_cast<char>('a' + std::stoi(std::string(number)))));
      REQUIRE(answer.streams.front() == written[static_cast<std::size_t>(std::stoi(std::string(number)))].task.id);
      return true;
    });
    if (const auto listed = (*opened)->list({100, std::nullopt, ""})) {
      for (const auto& task : *listed) REQUIRE(task.task.starts_with("task number "));
    }
    if (const auto found = (*opened)->list({100, std::nullopt, "answer"})) {
      for (const auto& task : *found) REQUIRE(task.task.starts_with("task number "));
    }
  }
  MESSAGE(intact << " logs were intact, " << rejected << " rejected or missing, " << not_opened << " files not opened");
  CHECK(intact > 0);
  CHECK(rejected > 0);
}
