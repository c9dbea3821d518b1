// The contract of every store with the stream module, and what it has after it is opened again.
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
  static constexpr bool persists = false;
};
struct Durable {
  static constexpr bool persists = true;
};

// Streams over one kind of store, on one event loop that the test runs step by step.
template <class Kind>
struct StreamWorld {
  explicit StreamWorld(ManagerOptions given = {}) : options(given) { open(); }

  void open() {
    if (Kind::persists) {
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
  // Changes the file while it is closed.
  template <class F>
  void store_closed(F&& change) {
    unfinished.clear();
    manager.reset();
    store.reset();
    {
      storage::SqliteConnection db((dir.path() / "plenum.db").string(), storage::SqliteConnection::Mode::write);
      change(db);
    }
    open();
  }
  std::shared_ptr<Stream> begin(const std::string& task, const std::string& conversation = "") {
    TaskSpec spec;
    spec.task = task;
    spec.conversation_id = conversation;
    spec.message_id = "m-1";
    auto opened =
        manager->open(manager->prepare({std::move(spec), {{"x/y", "no key"}}, {R"({"a":"plan"})", workflow_text}}));
    REQUIRE(opened);
    return *opened;
  }
  void emit(Stream& stream, Event event) {
    REQUIRE(stream.push(std::move(event)));
    const std::uint64_t before = stream.head();
    for (int runs = 0; runs < 5000 && stream.head() == before; ++runs) loops.at(0).run_once(milliseconds(2));
    REQUIRE(stream.head() > before);
  }
  // A completed task whose result has this comparison.
  std::shared_ptr<Stream> compared(const std::string& workflow, const std::string& tag, const std::string& comparison) {
    TaskSpec spec;
    spec.task = "compare";
    if (!tag.empty()) spec.metadata_json = R"({"tag":")" + tag + R"("})";
    const auto stream = manager->open(manager->prepare({std::move(spec), {}, {}})).value();
    TaskCompleted end;
    end.result.workflow = workflow;
    end.result.answer = "done";
    end.result.comparisons_json = comparison;
    emit(*stream, {end, nullptr});
    return stream;
  }
  // The comparisons, with a blank after each.
  std::string comparisons(const core::ComparisonQuery& query = {}) {
    std::string joined;
    const auto found = manager->comparisons(query).value();
    for (const std::string& one : found) joined += one + ' ';
    return joined;
  }
  void run(Stream& stream, const std::string& answer) {
    auto source = std::make_shared<EventSource>();
    source->chunk = "answer:a/b";
    source->chunk_number = 1;
    source->member = "a/b";
    source->attempt = 1;
    emit(stream, {TaskStarted{"t", "single", {{"a/b", "b"}}, "trace"}, nullptr});
    emit(stream, {ChunkStarted{}, source});
    for (const char* word : {"one ", "two ", "three"}) emit(stream, {TokenStream{word}, source});
    ChunkCompleted completed;
    completed.output = "one two three";
    completed.chars = 13;
    emit(stream, {completed, source});
    TaskCompleted end;
    end.result.answer = answer;
    emit(stream, {end, nullptr});
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
  std::shared_ptr<Stream> turn(const std::string& conversation, const std::string& task, const std::string& answer) {
    const auto stream = begin(task, conversation);
    run(*stream, answer);
    return stream;
  }
  // The ids of the listed conversations, with a blank after each.
  std::string ids(const core::ConversationQuery& query = {}) {
    std::string ids;
    const auto found = manager->conversations().list(query).value();
    for (const auto& conversation : found) ids += conversation.id + ' ';
    return ids;
  }
  // The tasks of a conversation as `task=answer`, with a blank after each.
  std::string tasks(const core::ConversationTaskQuery& query) {
    std::string tasks;
    const auto found = manager->conversations().tasks(query).value();
    for (const ConversationEntry& entry : found) {
      CHECK(entry.intact);
      const auto& [stream, stored] = entry.listed;
      tasks += (stream ? stream->info().spec.task : stored.task) + '=' + entry.answer + ' ';
    }
    return tasks;
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
  core::SharedText workflow_text = std::make_shared<const std::string>("as it is written");
};

}  // namespace

TEST_CASE_TEMPLATE("every read of a stream returns the same bytes, from any store", Kind, Memory, Durable) {
  StreamWorld<Kind> world;
  const auto stream = world.begin("count");
  world.run(*stream, "three");
  CHECK(stream->finished());
  CHECK(stream->head() == 7);
  const auto found = world.manager->find(stream->id());
  REQUIRE(found);
  CHECK(StreamWorld<Kind>::bytes_of(**found) == StreamWorld<Kind>::bytes_of(*stream));
  CHECK(world.count("") == 1);
  CHECK(world.count("count three") == 1);
  CHECK(world.count("count four") == 0);
}

TEST_CASE_TEMPLATE("a purged stream is reported as gone", Kind, Memory, Durable) {
  StreamWorld<Kind> world;
  const auto stream = world.begin("count");
  world.run(*stream, "three");
  REQUIRE(world.manager->purge(stream->id()));
  CHECK(world.manager->find(stream->id()).error().code == ErrorCode::stream_gone);
  CHECK(world.manager->find(StreamId::random()).error().code == ErrorCode::stream_not_found);
  CHECK(world.count("") == 0);
}

TEST_CASE_TEMPLATE("opened again, a durable store has every finished stream unchanged and memory has none", Kind,
                   Memory, Durable) {
  StreamWorld<Kind> world;
  const auto stream = world.begin("count");
  world.run(*stream, "three");
  const StreamId id = stream->id();
  const std::string bytes = StreamWorld<Kind>::bytes_of(*stream), epoch = stream->encoder().epoch();
  world.reopen();
  const auto found = world.manager->find(id);
  CHECK(found.has_value() == Kind::persists);
  CHECK(world.count("count") == (Kind::persists ? 1 : 0));
  if (!found) return;
  CHECK(StreamWorld<Kind>::bytes_of(**found) == bytes);
  CHECK((*found)->encoder().epoch() == epoch);
  CHECK((*found)->finished());
  CHECK((*found)->info().spec.message_id == "m-1");
  CHECK((*found)->info().skipped == std::vector<SkippedMember>{{"x/y", "no key"}});
  CHECK((*found)->info().plan.json == R"({"a":"plan"})");
  REQUIRE((*found)->info().plan.workflow);
  CHECK(*(*found)->info().plan.workflow == *world.workflow_text);
  (*found)->with_state([&](const StreamState& state) {
    stream->with_state([&](const StreamState& before) {
      CHECK(state.status == before.status);
      CHECK(state.last_seq == before.last_seq);
      CHECK(state.result == before.result);
      REQUIRE(state.chunks.size() == 1);
      CHECK(state.chunks[0].text == "one two three");
      CHECK(state.members.size() == before.members.size());
      CHECK(state.members[0].status == before.members[0].status);
      CHECK(state.members[0].latency_ms == before.members[0].latency_ms);
      CHECK(state.started_at == before.started_at);
      CHECK(state.finished_at == before.finished_at);
    });
  });
}

TEST_CASE("an unfinished stream is restored with its head, and new events follow it") {
  StreamWorld<Durable> world;
  auto stream = world.begin("count");
  world.emit(*stream, {TaskStarted{"t", "single", {}, "trace"}, nullptr});
  world.emit(*stream, {SystemMessage{"info", "hello", "hello", {}}, nullptr});
  const StreamId id = stream->id();
  const std::string before = StreamWorld<Durable>::bytes_of(*stream);
  stream.reset();
  world.reopen();
  REQUIRE(world.unfinished.size() == 1);
  stream = world.unfinished[0].stream;
  CHECK(stream->id() == id);
  CHECK(stream->head() == 2);
  CHECK(stream->status() == TaskStatus::running);
  CHECK(StreamWorld<Durable>::bytes_of(*stream) == before);
  world.emit(*stream, {TaskCompleted{}, nullptr});
  CHECK(stream->head() == 3);
  CHECK(StreamWorld<Durable>::bytes_of(*stream).starts_with(before));
  stream.reset();
  world.reopen();
  CHECK(world.unfinished.empty());
  CHECK(world.manager->find(id).value()->head() == 3);
}

TEST_CASE("finished streams are evicted from full memory and loaded on demand") {
  ManagerOptions options;
  options.event_memory_bytes_max = 64 * 1024;
  StreamWorld<Durable> world(options);
  std::vector<StreamId> ids;
  std::vector<std::string> bytes;
  for (int i = 0; i < 30; ++i) {
    const auto stream = world.begin("count " + std::to_string(i));
    world.run(*stream, "three");
    ids.push_back(stream->id());
    bytes.push_back(StreamWorld<Durable>::bytes_of(*stream));
  }
  CHECK(world.manager->counts().log_bytes < 80 * 1024);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = world.manager->find(ids[i]);
    REQUIRE(found);
    CHECK(StreamWorld<Durable>::bytes_of(**found) == bytes[i]);
  }
  CHECK(world.manager->counts().log_bytes < 80 * 1024);
  CHECK(world.count("count") == 30);
}

TEST_CASE("loading a task from the store counts as a use") {
  StreamWorld<Durable> world;
  const auto stream = world.begin("count");
  world.run(*stream, "three");
  const StreamId id = stream->id();
  world.store_closed(
      [](storage::SqliteConnection& db) { db.execute("UPDATE streams SET used_at = used_at - 3000000"); });
  const auto expired_soon = [&] { return world.store->expired(world.clock.wall() + seconds(3500), 10).value(); };
  CHECK(expired_soon() == std::vector{id});
  REQUIRE(world.manager->find(id));
  world.manager->reap();
  for (int runs = 0; runs < 1000 && !expired_soon().empty(); ++runs) world.loops.at(0).run_once(milliseconds(2));
  CHECK(expired_soon().empty());
}

TEST_CASE("beyond the quota the oldest streams are deleted, but none with a subscriber") {
  StreamWorld<Durable> world;
  world.bytes_max = 1 << 20;
  world.reopen();
  std::vector<std::shared_ptr<Stream>> streams;
  for (int i = 0; i < 8; ++i) {
    streams.push_back(world.begin("count"));
    world.run(*streams.back(), std::string(200'000, 'x'));
  }
  streams[0]->add_subscribers(1);
  for (int rounds = 0; rounds < 20; ++rounds) world.manager->reap();
  CHECK(world.manager->find(streams[0]->id()).has_value());
  CHECK(world.manager->find(streams[1]->id()).error().code == ErrorCode::stream_gone);
  CHECK(world.manager->find(streams[7]->id()).has_value());
  const std::size_t left = world.count("count");
  CHECK(left >= 3);
  CHECK(left <= 5);
  world.manager->reap();
  CHECK(world.count("count") == left);
}

TEST_CASE("the state rebuilt without the tokens of finished chunks equals the state with them") {
  StreamWorld<Durable> world;
  const auto stream = world.begin("count");
  world.run(*stream, "three");
  core::Frames frames = core::copy_of(stream->frames_after(0, 1 << 20));
  const auto state = rebuild_state({frames});
  REQUIRE(state);
  CHECK(state->chunks.at(0).text == "one two three");
  CHECK(state->chunks.at(0).chars == 13);
  CHECK(state->last_seq == 7);
  frames.bytes[frames.bytes.size() - 20] = '\n';  // in the terminal event
  CHECK_FALSE(rebuild_state({frames}));
}

TEST_CASE("a change of the epoch changes every id and nothing else") {
  StreamWorld<Durable> world;
  const auto stream = world.begin("count");
  world.run(*stream, "three");
  core::Frames frames = core::copy_of(stream->frames_after(0, 1 << 20));
  const std::string before = frames.bytes, old = stream->encoder().epoch();
  change_epoch(frames, old, "zzzzzzzz");
  CHECK(frames.bytes.find("id: " + old) == std::string::npos);
  CHECK(frames.bytes.find("id: zzzzzzzz-7\n") != std::string::npos);
  change_epoch(frames, "zzzzzzzz", old);
  CHECK(frames.bytes == before);
}

TEST_CASE_TEMPLATE("conversations are listed by their newest task, page by page, with their counts", Kind, Memory,
                   Durable) {
  StreamWorld<Kind> world;
  const auto first = world.turn("a", "first?", "one");
  world.turn("b", "second?", "two");
  world.turn("", "without a conversation", "none");
  world.begin("third?", "a");
  world.turn("c/\u00e9 \n", "fourth?", "four");
  CHECK(world.ids() == "c/\u00e9 \n a b ");
  const auto page = world.manager->conversations().list({.limit = 2}).value();
  REQUIRE(page.size() == 2);
  CHECK(world.ids({.limit = 2, .before = page[1].newest}) == "b ");
  CHECK(page[1].tasks == 2);
  CHECK(page[1].completed == 1);
  CHECK(page[1].first_task == "first?");
  CHECK(page[1].title.empty());
  CHECK(page[1].created_at == first->info().created_at);
  CHECK(page[1].updated_at >= page[1].created_at);
  CHECK(world.manager->conversations().find("b")->completed == 1);
  CHECK(world.manager->conversations().find("d").error().code == ErrorCode::not_found);
  CHECK(world.manager->conversations().list({.before = StreamId::random()}).error().code == ErrorCode::invalid_cursor);
}

TEST_CASE_TEMPLATE("the tasks of a conversation are returned oldest first with their answers, in bounded pages", Kind,
                   Memory, Durable) {
  StreamWorld<Kind> world;
  const auto first = world.turn("a", "first?", "one");
  world.turn("b", "other?", "two");
  world.turn("a", "second?", "three");
  world.begin("third?", "a");
  CHECK(world.tasks({.conversation_id = "a"}) == "first?=one second?=three third?= ");
  CHECK(world.tasks({.conversation_id = "a", .limit = 1, .after = first->id()}) == "second?=three ");
  CHECK(world.tasks({.conversation_id = "a", .bytes_max = 15}) == "first?=one ");
  CHECK(world.tasks({.conversation_id = "a", .bytes_max = 1}) == "first?=one ");
  CHECK(world.tasks({.conversation_id = "unknown"}).empty());
  const auto unknown = world.manager->conversations().tasks({.conversation_id = "a", .after = StreamId::random()});
  CHECK(unknown.error().code == ErrorCode::invalid_cursor);
}

TEST_CASE_TEMPLATE("a conversation is found by words of its title, or of one of its tasks", Kind, Memory, Durable) {
  StreamWorld<Kind> world;
  world.turn("a", "capital of France", "Paris");
  world.turn("a", "and its river", "Seine");
  world.turn("b", "capital of Peru", "Lima");
  CHECK(world.ids({.words = "capital"}) == "b a ");
  CHECK(world.ids({.words = "river seine"}) == "a ");
  CHECK(world.ids({.words = "capital seine"}).empty());  // of two tasks
  REQUIRE(world.manager->conversations().rename("b", "South \"America\""));
  CHECK(world.ids({.words = "america south"}) == "b ");
  CHECK(world.ids({.words = "\"America\""}) == "b ");
  CHECK(world.ids({.words = "america north"}).empty());
}

TEST_CASE_TEMPLATE("a title lasts until it is removed, or until the last task of its conversation is deleted", Kind,
                   Memory, Durable) {
  StreamWorld<Kind> world;
  const auto title = [&](const std::string& id) { return world.manager->conversations().find(id)->title; };
  const auto first = world.turn("a", "first?", "one"), second = world.turn("a", "second?", "two");
  CHECK(world.manager->conversations().rename("b", "x").error().code == ErrorCode::not_found);
  REQUIRE(world.manager->conversations().rename("a", "Numbers"));
  CHECK(title("a") == "Numbers");
  REQUIRE(world.manager->purge(second->id()));
  CHECK(title("a") == "Numbers");
  CHECK(world.manager->conversations().find("a")->newest == first->id());
  REQUIRE(world.manager->purge(first->id()));
  CHECK(world.ids().empty());
  world.turn("a", "third?", "three");
  CHECK(title("a").empty());
  REQUIRE(world.manager->conversations().rename("a", "Three"));
  REQUIRE(world.manager->conversations().rename("a", ""));
  CHECK(title("a").empty());
}

TEST_CASE("conversations, their titles and the answers of their tasks survive a restart") {
  StreamWorld<Durable> world;
  world.turn("a", "first?", "one");
  world.turn("b", "second?", "two");
  REQUIRE(world.manager->conversations().rename("a", "Numbers"));
  world.reopen();
  CHECK(world.ids() == "b a ");
  CHECK(world.manager->conversations().find("a")->title == "Numbers");
  CHECK(world.tasks({.conversation_id = "a"}) == "first?=one ");
}

TEST_CASE("a title whose stored data is damaged is not returned") {
  StreamWorld<Durable> world;
  world.turn("a", "first?", "one");
  REQUIRE(world.manager->conversations().rename("a", "Numbers"));
  world.store_closed([](storage::SqliteConnection& db) { db.execute("UPDATE conversations SET title = 'Letters'"); });
  CHECK(world.manager->conversations().find("a")->title.empty());
  CHECK(world.ids() == "a ");
}

TEST_CASE_TEMPLATE("comparisons are returned in the order in which tasks ended, by workflow, tag and time", Kind,
                   Memory, Durable) {
  StreamWorld<Kind> world;
  const auto late = world.begin("late");
  world.compared("council", "code", "1");
  world.compared("vote", "", "2");
  const auto third = world.compared("council", "", "3");
  world.compared("council", "", "");
  CHECK(world.comparisons() == "1 2 3 ");
  CHECK(world.comparisons({.workflow = "council"}) == "1 3 ");
  CHECK(world.comparisons({.tag = "code"}) == "1 ");
  CHECK(world.comparisons({.workflow = "vote", .tag = "code"}).empty());
  CHECK(world.comparisons({.limit = 2}) == "2 3 ");
  CHECK(world.comparisons({.bytes_max = 1}) == "3 ");
  CHECK(world.comparisons({.since = world.clock.wall() + seconds(60)}).empty());
  // Tasks that end in one millisecond are in the order of their acceptance.
  const WallTime ended = world.clock.wall() + milliseconds(1);
  while (world.clock.wall() <= ended) {
  }
  TaskCompleted end;
  end.result.workflow = "council";
  end.result.answer = "done";
  end.result.comparisons_json = "4";
  world.emit(*late, {end, nullptr});
  CHECK(world.comparisons() == "1 2 3 4 ");
  REQUIRE(world.manager->purge(third->id()));
  CHECK(world.comparisons() == "1 2 4 ");
}

TEST_CASE_TEMPLATE("a task that failed is not compared", Kind, Memory, Durable) {
  StreamWorld<Kind> world;
  const auto stream = world.begin("count");
  TaskError end;
  end.result.comparisons_json = "1";
  world.emit(*stream, {end, nullptr});
  CHECK(world.comparisons().empty());
}

TEST_CASE("comparisons survive a restart, and damaged ones are omitted") {
  StreamWorld<Durable> world;
  world.compared("council", "", "1");
  world.compared("council", "", "2");
  world.reopen();
  CHECK(world.comparisons() == "1 2 ");
  world.store_closed(
      [](storage::SqliteConnection& db) { db.execute("UPDATE comparisons SET data = '7' WHERE data = '1'"); });
  CHECK(world.comparisons() == "2 ");
}
