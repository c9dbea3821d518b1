// What every store promises to streams, and what each of them keeps when it is opened again.
#include <doctest/doctest.h>

#include "server/storage/memory/log.h"
#include "server/storage/sqlite/store.h"
#include "server/stream/stored_stream.h"
#include "server/stream/stream_manager.h"
#include "tests/support/process/temp_dir.h"

using namespace plenum;
using namespace plenum::stream;

namespace {

struct Memory {
  static constexpr bool keeps = false;
};
struct Durable {
  static constexpr bool keeps = true;
};

// Streams over one kind of store, on one loop that the test turns by hand.
template <class Kind>
struct HandlerContext {
  explicit HandlerContext(ManagerOptions given = {}) : options(given) { open(); }

  void open() {
    if (Kind::keeps) {
      auto opened =
          storage::SqliteStore::open(loops, clock, {(dir.path() / "plenum.db").string(), "boot", {}, bytes_max});
      REQUIRE(opened);
      store = std::move(*opened);
    }
    manager = std::make_unique<StreamManager>(
        loops, clock, [] { return std::make_unique<storage::MemoryLog>(); }, options, store.get());
    unfinished = manager->recover().value();
  }
  void reopen() {
    unfinished.clear();
    manager.reset();
    store.reset();
    open();
  }
  // Changes the file while nobody has it open.
  template <class F>
  void store_closed(F&& change) {
    unfinished.clear();
    manager.reset();
    store.reset();
    {
      storage::Sqlite db((dir.path() / "plenum.db").string(), storage::Sqlite::Mode::write);
      change(db);
    }
    open();
  }
  std::shared_ptr<Stream> begin(const std::string& task) {
    TaskSpec spec;
    spec.task = task;
    spec.message_id = "m-1";
    auto opened = manager->open({std::move(spec), {{"x/y", "no key"}}, {R"({"a":"plan"})", workflow}});
    REQUIRE(opened);
    return *opened;
  }
  void say(Stream& stream, Event event) {
    REQUIRE(stream.push(std::move(event)));
    const std::uint64_t before = stream.head();
    for (int turns = 0; turns < 5000 && stream.head() == before; ++turns) loops.at(0).run_once(milliseconds(2));
    REQUIRE(stream.head() > before);
  }
  void play(Stream& stream, const std::string& answer) {
    auto source = std::make_shared<EventSource>();
    source->chunk = "answer:a/b";
    source->chunk_number = 1;
    source->member = "a/b";
    source->attempt = 1;
    say(stream, {TaskStarted{"t", "single", {{"a/b", "b"}}, "trace"}, nullptr});
    say(stream, {ChunkStarted{}, source});
    for (const char* word : {"one ", "two ", "three"}) say(stream, {TokenStream{word}, source});
    ChunkCompleted completed;
    completed.output = "one two three";
    completed.chars = 13;
    say(stream, {completed, source});
    TaskCompleted end;
    end.result.answer = answer;
    say(stream, {end, nullptr});
  }
  static std::string bytes_of(const Stream& stream) {
    std::string all;
    for (std::uint64_t seq = 0; seq < stream.head();) {
      const auto frames = stream.frames_after(seq, 1 << 20);
      all += frames.bytes;
      seq = frames.last_seq();
    }
    return all;
  }
  std::size_t count(const std::string& words) { return manager->list({100, std::nullopt, words})->size(); }

  SystemClock clock;
  tests::TempDir dir;
  runtime::EventLoopGroup loops{clock, 1};
  ManagerOptions options;
  std::int64_t bytes_max = 0;  // of the store
  std::unique_ptr<core::EventStore> store;
  std::unique_ptr<StreamManager> manager;
  std::vector<RecoveredStream> unfinished;
  core::SharedText workflow = std::make_shared<const std::string>("as it is written");
};

}  // namespace

TEST_CASE_TEMPLATE("a stream says the same to whoever reads it, from any store", Kind, Memory, Durable) {
  HandlerContext<Kind> house;
  const auto stream = house.begin("count");
  house.play(*stream, "three");
  CHECK(stream->finished());
  CHECK(stream->head() == 7);
  const auto found = house.manager->find(stream->id());
  REQUIRE(found);
  CHECK(HandlerContext<Kind>::bytes_of(**found) == HandlerContext<Kind>::bytes_of(*stream));
  CHECK(house.count("") == 1);
  CHECK(house.count("count three") == 1);
  CHECK(house.count("count four") == 0);
}

TEST_CASE_TEMPLATE("what is purged is gone, and its id says so", Kind, Memory, Durable) {
  HandlerContext<Kind> house;
  const auto stream = house.begin("count");
  house.play(*stream, "three");
  REQUIRE(house.manager->purge(stream->id()));
  CHECK(house.manager->find(stream->id()).error().code == ErrorCode::stream_gone);
  CHECK(house.manager->find(StreamId::random()).error().code == ErrorCode::stream_not_found);
  CHECK(house.count("") == 0);
}

TEST_CASE_TEMPLATE("opened again, a durable store has every ended stream as it was and memory has none", Kind, Memory,
                   Durable) {
  HandlerContext<Kind> house;
  const auto stream = house.begin("count");
  house.play(*stream, "three");
  const StreamId id = stream->id();
  const std::string bytes = HandlerContext<Kind>::bytes_of(*stream), epoch = stream->encoder().epoch();
  house.reopen();
  const auto found = house.manager->find(id);
  CHECK(found.has_value() == Kind::keeps);
  CHECK(house.count("count") == (Kind::keeps ? 1 : 0));
  if (!found) return;
  CHECK(HandlerContext<Kind>::bytes_of(**found) == bytes);
  CHECK((*found)->encoder().epoch() == epoch);
  CHECK((*found)->finished());
  CHECK((*found)->facts().spec.message_id == "m-1");
  CHECK((*found)->facts().skipped == std::vector<SkippedMember>{{"x/y", "no key"}});
  CHECK((*found)->facts().plan.json == R"({"a":"plan"})");
  REQUIRE((*found)->facts().plan.workflow);
  CHECK(*(*found)->facts().plan.workflow == *house.workflow);
  (*found)->with_state([&](const StreamState& fold) {
    stream->with_state([&](const StreamState& before) {
      CHECK(fold.status == before.status);
      CHECK(fold.last_seq == before.last_seq);
      CHECK(fold.result == before.result);
      REQUIRE(fold.chunks.size() == 1);
      CHECK(fold.chunks[0].text == "one two three");
      CHECK(fold.members.size() == before.members.size());
      CHECK(fold.members[0].status == before.members[0].status);
      CHECK(fold.members[0].latency_ms == before.members[0].latency_ms);
      CHECK(fold.started_at == before.started_at);
      CHECK(fold.finished_at == before.finished_at);
    });
  });
}

TEST_CASE("a stream that had not ended is there again with its head, and is written on behind it") {
  HandlerContext<Durable> house;
  auto stream = house.begin("count");
  house.say(*stream, {TaskStarted{"t", "single", {}, "trace"}, nullptr});
  house.say(*stream, {SystemMessage{"info", "hello", "hello", {}}, nullptr});
  const StreamId id = stream->id();
  const std::string before = HandlerContext<Durable>::bytes_of(*stream);
  stream.reset();
  house.reopen();
  REQUIRE(house.unfinished.size() == 1);
  stream = house.unfinished[0].stream;
  CHECK(stream->id() == id);
  CHECK(stream->head() == 2);
  CHECK(stream->status() == TaskStatus::running);
  CHECK(HandlerContext<Durable>::bytes_of(*stream) == before);
  house.say(*stream, {TaskCompleted{}, nullptr});
  CHECK(stream->head() == 3);
  CHECK(HandlerContext<Durable>::bytes_of(*stream).starts_with(before));
  stream.reset();
  house.reopen();
  CHECK(house.unfinished.empty());
  CHECK(house.manager->find(id).value()->head() == 3);
}

TEST_CASE("a full memory lets ended streams go, and they are read from the file when somebody asks") {
  ManagerOptions options;
  options.event_memory_bytes_max = 64 * 1024;
  HandlerContext<Durable> house(options);
  std::vector<StreamId> ids;
  std::vector<std::string> bytes;
  for (int i = 0; i < 30; ++i) {
    const auto stream = house.begin("count " + std::to_string(i));
    house.play(*stream, "three");
    ids.push_back(stream->id());
    bytes.push_back(HandlerContext<Durable>::bytes_of(*stream));
  }
  CHECK(house.manager->counts().log_bytes < 80 * 1024);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = house.manager->find(ids[i]);
    REQUIRE(found);
    CHECK(HandlerContext<Durable>::bytes_of(**found) == bytes[i]);
  }
  CHECK(house.manager->counts().log_bytes < 80 * 1024);
  CHECK(house.count("count") == 30);
}

TEST_CASE("a task that is read from the store counts as used, also when it is read only for a moment") {
  HandlerContext<Durable> house;
  const auto stream = house.begin("count");
  house.play(*stream, "three");
  const StreamId id = stream->id();
  house.store_closed([](storage::Sqlite& db) { db.execute("UPDATE streams SET used_at = used_at - 3000000"); });
  const auto soon = [&] { return house.store->expired(house.clock.wall() + seconds(3500), 10).value(); };
  CHECK(soon() == std::vector{id});
  REQUIRE(house.manager->find(id));
  house.manager->reap();
  for (int turns = 0; turns < 1000 && !soon().empty(); ++turns) house.loops.at(0).run_once(milliseconds(2));
  CHECK(soon().empty());
}

TEST_CASE("when the store is full the oldest streams go, but none that somebody reads") {
  HandlerContext<Durable> house;
  house.bytes_max = 1 << 20;
  house.reopen();
  std::vector<std::shared_ptr<Stream>> streams;
  for (int i = 0; i < 8; ++i) {
    streams.push_back(house.begin("count"));
    house.play(*streams.back(), std::string(200'000, 'x'));
  }
  streams[0]->add_readers(1);
  for (int rounds = 0; rounds < 20; ++rounds) house.manager->reap();
  CHECK(house.manager->find(streams[0]->id()).has_value());
  CHECK(house.manager->find(streams[1]->id()).error().code == ErrorCode::stream_gone);
  CHECK(house.manager->find(streams[7]->id()).has_value());
  const std::size_t left = house.count("count");
  CHECK(left >= 3);
  CHECK(left <= 5);
  house.manager->reap();
  CHECK(house.count("count") == left);
}

TEST_CASE("a log folded without the tokens of chunks that ended is the same as folded with them") {
  HandlerContext<Durable> house;
  const auto stream = house.begin("count");
  house.play(*stream, "three");
  core::Frames frames = core::copy_of(stream->frames_after(0, 1 << 20));
  const auto fold = state_of({frames});
  REQUIRE(fold);
  CHECK(fold->chunks.at(0).text == "one two three");
  CHECK(fold->chunks.at(0).chars == 13);
  CHECK(fold->last_seq == 7);
  frames.bytes[frames.bytes.size() - 20] = '\n';  // in the terminal event
  CHECK_FALSE(state_of({frames}));
}

TEST_CASE("another epoch goes into every id and into nothing else") {
  HandlerContext<Durable> house;
  const auto stream = house.begin("count");
  house.play(*stream, "three");
  core::Frames frames = core::copy_of(stream->frames_after(0, 1 << 20));
  const std::string before = frames.bytes, old = stream->encoder().epoch();
  change_epoch(frames, old, "zzzzzzzz");
  CHECK(frames.bytes.find("id: " + old) == std::string::npos);
  CHECK(frames.bytes.find("id: zzzzzzzz-7\n") != std::string::npos);
  change_epoch(frames, "zzzzzzzz", old);
  CHECK(frames.bytes == before);
}
