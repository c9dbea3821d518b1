#include "server/storage/sqlite/store.h"

#include <atomic>
#include <cerrno>
#include <fstream>

#include "tests/unit/storage/store_fixture.h"
#include "tests/unit/storage/sync_probe.h"

using namespace plenum;
using namespace plenum::storage;
using plenum::tests::StoreFixture;
using plenum::tests::SyncProbe;

namespace {

std::string whole(std::uint64_t first, const std::vector<std::string>& texts) {
  return StoreFixture::frames(first, texts)->bytes;
}

}  // namespace

TEST_CASE_FIXTURE(StoreFixture, "a finished task is loaded with its complete log after the store was opened again") {
  const auto made = accepted("compare two sorting algorithms");
  record(made.id, 1, {"one", "two"});
  record(made.id, 3, {"three"});
  record(made.id, 4, {"four"}, true, ending("quicksort"));
  reopen();
  const auto loaded = store->load(made.id).value();
  CHECK(bytes_of(loaded) == whole(1, {"one", "two", "three", "four"}));
  CHECK(loaded.task.last_seq == 4);
  CHECK(loaded.task.status == TaskStatus::completed);
  CHECK(loaded.task.task == "compare two sorting algorithms");
  CHECK(loaded.task.epoch == "epoch111");
  CHECK(loaded.task.finished_at);
  CHECK(loaded.task.total_chunks == 3);
  CHECK(store->load_unfinished()->empty());
}

TEST_CASE_FIXTURE(StoreFixture, "an unfinished task cannot be loaded, not even with an empty log") {
  const auto running = accepted();
  const auto loaded = store->load(running.id);
  REQUIRE(!loaded);
  CHECK(loaded.error().code == ErrorCode::stream_not_found);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "events reported as durable are present after the process was killed, in order and complete") {
  const auto busy = accepted("busy"), quiet = accepted("without events"), done = accepted("finished");
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    texts.push_back("token " + std::to_string(i));
    record(busy.id, static_cast<std::uint64_t>(i) + 1, {texts.back()});
  }
  record(done.id, 1, {"all"}, true, ending());
  const auto next = after_kill();
  const auto found = next->load_unfinished().value();
  REQUIRE(found.size() == 2);
  CHECK(found[0].task.id == busy.id);
  CHECK(found[0].complete);
  CHECK(bytes_of(found[0]) == whole(1, texts));
  CHECK(found[1].task.id == quiet.id);
  CHECK(found[1].parts.empty());
  CHECK(bytes_of(next->load(done.id).value()) == whole(1, {"all"}));
  CHECK(next->load_unfinished()->empty());
}

TEST_CASE("a long log moves from the journal to segments, and a kill in between loses nothing") {
  StoreFixture world({.journal = {.segment_bytes = 2'000, .journal_bytes_max = 20'000}});
  const auto busy = world.accepted("busy"), slow = world.accepted("slow");
  world.record(slow.id, 1, {"one word"});
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    texts.push_back(std::string(150, 'a') + std::to_string(i));
    world.record(busy.id, static_cast<std::uint64_t>(i) + 1, {texts.back()});
    if (i % 60 != 0) continue;
    const auto found = world.after_kill()->load_unfinished().value();
    REQUIRE(found.size() == 2);
    REQUIRE(found[0].complete);
    REQUIRE(StoreFixture::bytes_of(found[0]) == whole(1, texts));
    REQUIRE(StoreFixture::bytes_of(found[1]) == whole(1, {"one word"}));
  }
  world.store.reset();
  SqliteConnection db(world.path(), SqliteConnection::Mode::read_only);
  CHECK(db.integer("SELECT sum(length(data)) FROM journal") < 40'000);
  CHECK(db.integer("SELECT count(*) FROM segments") > 10);
}

TEST_CASE_FIXTURE(StoreFixture, "events after a kill are appended to the log of the earlier process") {
  const auto made = accepted();
  record(made.id, 1, {"one", "two"});
  store.reset();
  open();
  auto found = store->load_unfinished().value();
  REQUIRE(found.size() == 1);
  record(made.id, 3, {"three"});
  record(made.id, 4, {"four"}, true, ending());
  CHECK(bytes_of(store->load(made.id).value()) == whole(1, {"one", "two", "three", "four"}));
}

TEST_CASE_FIXTURE(StoreFixture,
                  "after a reboot the end of an unfinished log is uncertain, that of a finished one is not") {
  const auto open_task = accepted(), done = accepted();
  record(open_task.id, 1, {"one"});
  record(done.id, 1, {"all"}, true, ending());
  const auto next = after_kill("boot-2");
  const auto found = next->load_unfinished().value();
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].complete);
  CHECK(next->load(done.id));
}

TEST_CASE_FIXTURE(StoreFixture, "after a clean shutdown every log is certain, even after a reboot") {
  const auto made = accepted();
  record(made.id, 1, {"one"});
  store.reset();
  options.boot_id = "boot-2";
  open();
  CHECK(store->load_unfinished().value().at(0).complete);
}

TEST_CASE_FIXTURE(StoreFixture, "missing events that subscribers may have received are detected") {
  const auto made = accepted();
  record(made.id, 1, {"one"}, true);
  // A failing disk: the write-ahead log of the last commits is lost.
  std::filesystem::copy_file(path(), dir.path() / "old.db");
  std::filesystem::copy_file(path() + "-wal", dir.path() / "old.db-wal");
  record(made.id, 2, {"two"});
  std::filesystem::copy_file(path() + "-lock", dir.path() / "old.db-lock");
  options.path = (dir.path() / "old.db").string();
  store.reset();
  open();
  const auto found = store->load_unfinished().value();
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].complete);
  CHECK(bytes_of(found[0]) == whole(1, {"one"}));
}

TEST_CASE_FIXTURE(StoreFixture, "replacing an uncertain log removes its earlier content") {
  const auto made = accepted();
  record(made.id, 1, {"one", "two"});
  auto next = after_kill("boot-2");
  auto found = next->load_unfinished().value().at(0);
  found.task.epoch = "epoch222";
  found.parts.resize(1);
  REQUIRE(next->replace(found));
  store = std::move(next);
  record(made.id, 3, {"three"}, true, ending());
  const auto loaded = store->load(made.id).value();
  CHECK(loaded.task.epoch == "epoch222");
  CHECK(bytes_of(loaded) == whole(1, {"one", "two", "three"}));
}

TEST_CASE_FIXTURE(StoreFixture, "tasks are listed newest first, page by page, and found by words of task and answer") {
  std::vector<StreamId> ids;
  for (const char* text : {"sort a list", "bake bread", "Sort the mail", "write \"quoted\" words"})
    ids.push_back(accepted(text).id);
  record(ids[1], 1, {"x"}, true, ending("Knead, wait, bake. Sorting flour is not needed."));
  const auto all = store->list({10, std::nullopt, ""}).value();
  REQUIRE(all.size() == 4);
  CHECK(all[0].id == ids[3]);
  CHECK(all[3].task == "sort a list");
  const auto page = store->list({2, ids[2], ""}).value();
  REQUIRE(page.size() == 2);
  CHECK(page[0].id == ids[1]);
  CHECK_FALSE(store->list({2, StreamId::random(), ""}));
  const auto ids_of = [&](const std::string& words) {
    std::vector<StreamId> found;
    const auto tasks = store->list({10, std::nullopt, words}).value();
    for (const auto& task : tasks) found.push_back(task.id);
    return found;
  };
  CHECK(ids_of("sort") == std::vector{ids[2], ids[1], ids[0]});
  CHECK(ids_of("sort mail") == std::vector{ids[2]});
  CHECK(ids_of("flo") == std::vector{ids[1]});
  CHECK(ids_of("\"quoted\"") == std::vector{ids[3]});
  CHECK(ids_of("task:sort OR NOT -* \"").empty());
}

TEST_CASE_FIXTURE(StoreFixture, "a deleted task is removed with every word of it, and its id is reported as gone") {
  const std::string secret = "xylophone-quagmire";
  const auto made = accepted("about " + secret);
  record(made.id, 1, {"tokens of " + secret});
  record(made.id, 2, {"end of " + secret}, true, ending("an answer with " + secret));
  record(accepted("other").id, 1, {"stays"});
  REQUIRE(store->remove({made.id}, clock.wall() + seconds(60), core::Removal::explicit_));
  CHECK(store->load(made.id).error().code == ErrorCode::stream_gone);
  CHECK(store->list({10, std::nullopt, "xylophone"})->empty());
  CHECK(store->list({10, std::nullopt, ""})->size() == 1);
  store.reset();
  std::ifstream file(path(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  CHECK(bytes.find("quagmire") == std::string::npos);
  CHECK(bytes.find("xylophone") == std::string::npos);
  open();
  CHECK(store->load(made.id).error().code == ErrorCode::stream_gone);
}

TEST_CASE_FIXTURE(
    StoreFixture,
    "tasks deleted one after another are removed with every word, whatever the compactor does meanwhile") {
  std::vector<StreamId> ids;
  for (int i = 0; i < 60; ++i) {
    ids.push_back(accepted("about quagmire" + std::to_string(i)).id);
    record(ids.back(), 1, {"x"}, true, ending("xylophone" + std::to_string(i)));
  }
  for (int i = 0; i < 40; ++i) record(accepted("this stays " + std::to_string(i)).id, 1, {"y"}, true, ending());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    REQUIRE(store->remove({ids[i]}, clock.wall() + seconds(60), core::Removal::explicit_));
    loops.at(0).run_once(milliseconds(i % 4));  // the compactor is at a different step each time
  }
  store.reset();
  std::ifstream file(path(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  CHECK(bytes.find("quagmire") == std::string::npos);
  CHECK(bytes.find("xylophone") == std::string::npos);
}

TEST_CASE("beyond the quota the oldest finished tasks are returned, and no more than necessary") {
  StoreFixture world;
  world.options.bytes_max = 1 << 20;
  world.reopen();
  std::vector<StreamId> ids;
  const auto running = world.accepted("a task that runs");
  for (int i = 0; i < 12; ++i) {
    ids.push_back(world.accepted().id);
    world.record(ids.back(), 1, {std::string(100'000, 'x')}, true, world.ending());
    if (i == 5) CHECK(world.store->over_quota(100)->empty());
  }
  const auto first = world.store->over_quota(1).value();
  CHECK(first == std::vector{ids[0]});
  for (int rounds = 0; rounds < 10; ++rounds) {
    const auto beyond = world.store->over_quota(100).value();
    if (beyond.empty()) break;
    REQUIRE(world.store->remove(beyond, world.clock.wall() + seconds(60), core::Removal::by_age));
  }
  CHECK(world.store->over_quota(100)->empty());
  const auto left = world.store->list({100, std::nullopt, ""}).value();
  CHECK(left.size() >= 8);
  CHECK(left.size() <= 11);
  CHECK(left.front().id == ids.back());
  CHECK(left.back().id == running.id);  // the oldest, but unfinished
}

TEST_CASE_FIXTURE(StoreFixture, "the response for a key is stored with its task") {
  const auto made = task();
  REQUIRE(store->accept(made, core::KeyedResponse{"key-1", "digest", made.id, "{\"a\":1}"}));
  reopen();
  const auto found = store->find_idempotent_response("key-1").value();
  REQUIRE(found);
  CHECK(found->response == "{\"a\":1}");
  CHECK(found->stream == made.id);
  CHECK(found->body_sha256 == "digest");
  CHECK_FALSE(store->find_idempotent_response("key-2").value());
}

TEST_CASE_FIXTURE(StoreFixture, "a confirmed cancel is known after a restart") {
  const auto made = accepted();
  REQUIRE(store->request_cancel(made.id));
  CHECK(after_kill()->load_unfinished().value().at(0).task.cancel_requested);
}

TEST_CASE_FIXTURE(StoreFixture, "a conversation returns the newest completed turns, oldest first") {
  for (int i = 0; i < 4; ++i) {
    auto made = task("question " + std::to_string(i));
    made.conversation_id = "talk";
    REQUIRE(store->accept(made, std::nullopt));
    if (i != 1) record(made.id, 1, {"x"}, true, ending("answer " + std::to_string(i)));
  }
  const auto turns = store->turns("talk", 2).value();
  REQUIRE(turns.size() == 2);
  CHECK(turns[0] == Turn{"question 2", "answer 2"});
  CHECK(turns[1] == Turn{"question 3", "answer 3"});
}

TEST_CASE_FIXTURE(StoreFixture, "expired tasks are returned, counted from their last use") {
  const auto made = accepted(), running = accepted();
  record(made.id, 1, {"x"}, true, ending());
  CHECK(store->expired(clock.wall() + seconds(3500), 10)->empty());
  CHECK(store->expired(clock.wall() + seconds(3700), 10).value() == std::vector{made.id});
  store->touch({{made.id, clock.wall() + seconds(600)}});
  record(running.id, 1, {"y"});
  CHECK(store->expired(clock.wall() + seconds(3700), 10)->empty());
}

TEST_CASE_FIXTURE(StoreFixture, "a second process cannot open the file") {
  const auto second = SqliteStore::open(loops, clock, options);
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("another process uses") != std::string::npos);
}

TEST_CASE_FIXTURE(StoreFixture, "a workflow is stored once for all tasks that use it") {
  const auto source = std::make_shared<const std::string>("as it is written");
  auto first = task("first"), second = task("second");
  first.workflow = second.workflow = source;
  for (const auto& one : {first, second}) {
    REQUIRE(store->accept(one, std::nullopt));
    record(one.id, 1, {"a"}, true, ending());
  }
  reopen();
  for (const auto& one : {first, second}) {
    const auto loaded = store->load(one.id);
    REQUIRE(loaded);
    REQUIRE(loaded->task.workflow);
    CHECK(*loaded->task.workflow == *source);
  }
  store.reset();
  {
    SqliteConnection db(path(), SqliteConnection::Mode::write);
    CHECK(db.integer("SELECT count(*) FROM workflows") == 1);
    db.execute("UPDATE workflows SET source = 'something else'");
  }
  open();
  const auto loaded = store->load(first.id);
  REQUIRE(loaded);
  CHECK(loaded->task.workflow == nullptr);  // never another one
}

TEST_CASE_FIXTURE(StoreFixture, "a file of the first layout is migrated with all its data") {
  auto ended = task("an old task");
  ended.conversation_id = "talk";
  REQUIRE(store->accept(ended, std::nullopt));
  const auto running = accepted("one that runs");
  record(ended.id, 1, {"a", "b"}, true, ending("an old answer"));
  record(running.id, 1, {"c"}, true);
  store.reset();
  {
    SqliteConnection db(path(), SqliteConnection::Mode::write);
    db.execute(
        "DROP TABLE comparisons; DROP TABLE conversations; DROP INDEX by_conversation;"
        "CREATE INDEX by_conversation ON streams (conversation, ordinal) WHERE conversation <> '';"
        "DROP TABLE answers; DROP TABLE answer_owners;"
        "ALTER TABLE streams DROP COLUMN workflow; DROP TABLE workflows;"
        "ALTER TABLE streams RENAME COLUMN info TO facts; ALTER TABLE streams RENAME COLUMN retention_s TO ke"
        "pt_for;"
        "PRAGMA user_version = 1");
  }
  open();
  const auto loaded = store->load(ended.id);
  REQUIRE(loaded);
  CHECK(bytes_of(*loaded) == frames(1, {"a", "b"})->bytes);
  const auto unfinished = store->load_unfinished().value();
  REQUIRE(unfinished.size() == 1);
  CHECK(unfinished[0].complete);
  CHECK(bytes_of(unfinished[0]) == frames(1, {"c"})->bytes);
  CHECK(store->list({10, std::nullopt, "old answer"})->size() == 1);
  const auto conversations = store->conversations({}).value();
  REQUIRE(conversations.size() == 1);
  CHECK(conversations[0].id == "talk");
  CHECK(conversations[0].newest == ended.id);
  CHECK(conversations[0].completed == 1);
}

TEST_CASE_FIXTURE(StoreFixture,
                  "a file of a newer version, of another program or of no format is rejected and not changed") {
  store.reset();
  std::filesystem::remove(path() + "-wal");
  SUBCASE("newer") { SqliteConnection(path(), SqliteConnection::Mode::write).execute("PRAGMA user_version = 999"); }
  SUBCASE("another program") {
    std::filesystem::remove(path());
    SqliteConnection(path(), SqliteConnection::Mode::write).execute("CREATE TABLE other (x); PRAGMA user_version = 3");
  }
  SUBCASE("no database") { std::ofstream(path()) << std::string(5000, 'x'); }
  const auto before = std::filesystem::file_size(path());
  const auto opened = SqliteStore::open(loops, clock, options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::config_invalid);
  CHECK(std::filesystem::file_size(path()) == before);
}

TEST_CASE_FIXTURE(StoreFixture, "a folder that cannot be created is reported with its own reason" *
                                    doctest::skip(!std::filesystem::is_directory("/sys"))) {
  options.path = "/sys/plenum/plenum.db";  // no folder can be made there, not even by root
  const auto rejected = SqliteStore::open(loops, clock, options);
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().code == ErrorCode::config_invalid);
  CHECK(rejected.error().message.find(std::make_error_code(std::errc::no_such_file_or_directory).message()) ==
        std::string::npos);
}

TEST_CASE_FIXTURE(StoreFixture, "only the owner can read prompts and answers") {
  using std::filesystem::perms;
  for (const char* end : {"", "-wal", "-lock"}) {
    CHECK((std::filesystem::status(path() + end).permissions() & (perms::group_all | perms::others_all)) ==
          perms::none);
  }
}

TEST_CASE("events that must survive a power failure do not wait for the commit interval") {
  WriterOptions slow;
  slow.commit.group = std::chrono::seconds(60);
  StoreFixture fixture(slow);
  const auto began = std::chrono::steady_clock::now();
  const auto made = fixture.accepted();
  fixture.record(made.id, 1, {"one"}, true);
  fixture.record(made.id, 2, {"two"}, true, fixture.ending());
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
}

TEST_CASE("the lock file is synced with an unclean state before anything else of the store") {
  StoreFixture fixture;
  fixture.store.reset();  // a clean shutdown, as the lock file records
  std::vector<std::string> synced;
  std::string line;
  const SyncProbe probe([&](const std::string& path) {
    if (synced.empty()) {
      std::ifstream file(path);
      std::getline(file, line);
    }
    synced.push_back(path);
    return 0;
  });
  fixture.open();
  REQUIRE_FALSE(synced.empty());
  CHECK(synced.front() == fixture.path() + "-lock");
  CHECK(line.ends_with(" 0"));
  fixture.store.reset();
}

TEST_CASE("after a failed sync all stored data is written and synced again") {
  WriterOptions quick;
  quick.retry = milliseconds(10);
  StoreFixture fixture(quick);
  const auto made = fixture.accepted();
  fixture.record(made.id, 1, {"one"}, true);
  REQUIRE(fixture.store->list({}));  // a reader's connection keeps the write-ahead log when the writer's is closed
  std::atomic<int> failures{0}, database_syncs{0};
  const SyncProbe probe([&](const std::string& path) {
    if (path == fixture.path() && failures > 0) ++database_syncs;
    return path == fixture.path() + "-wal" && failures == 0 ? ++failures, EIO : 0;
  });
  CHECK_FALSE(fixture.store->accept(fixture.task(), std::nullopt));
  CHECK(failures == 1);
  fixture.run_until([&] { return fixture.store->state().writable; });
  fixture.record(made.id, 2, {"two"}, true);
  CHECK(database_syncs > 0);
  fixture.store.reset();
}
