// Views of a stream: merged history, selected event types and members.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

const std::string page_type = "application/json";

// Two members that speak in pieces, and a chairman; everything is there already.
struct Panel : World {
  explicit Panel(const Settings& settings = {}) : World(settings) {
    upstream.on({.prompt_has = "What the members say"}, Script::stream().text("Both are right.").finish());
    for (const char* model : {"a", "b"}) {
      const std::string word = std::string("by-") + model + " ";
      upstream.on({.model = model}, Script::stream().words_apart(std::vector<std::string>(30, word)).finish());
    }
    upstream.always(Script::stream().text("In short: both.").finish());
    id = submit("synthesize", "Which?", R"("members":["bench/a","bench/b"],"chairman":"bench/chair")");
    frames = whole_stream(id);
  }
  std::vector<Frame> read(const std::string& query, const Headers& headers = {}) const {
    SseReader reader = events(id, query, headers);
    REQUIRE(reader.status() == 200);
    CHECK(reader.read_all(seconds(10)) == StreamEnd::finished);
    CHECK(reader.fault() == "");
    return reader.numbered();
  }
  // What a selection must be, taken from the whole stream.
  template <class Takes>
  std::string expected(Takes takes) const {
    std::string bytes;
    for (const Frame& frame : frames) {
      if (frame.terminal() || takes(frame.json())) bytes += frame.bytes;
    }
    return bytes;
  }
  // Cut at random and resumed with the last id each time.
  std::string read_with_cuts(const std::string& query, unsigned seed) const {
    std::mt19937 random(seed);
    std::string bytes, cursor;
    for (int connections = 0; connections < 500; ++connections) {
      SseReader reader = events(id, query, cursor.empty() ? Headers{} : Headers{{"Last-Event-ID", cursor}});
      if (reader.status() == 204) return bytes;
      reader.read_bytes_then_leave(random() % 4000 + 1, seconds(20));
      bytes += numbered_bytes(reader.frames());
      if (!reader.last_id().empty()) cursor = reader.last_id();
      if (!reader.frames().empty() && reader.frames().back().terminal()) return bytes;
    }
    return "it never ended";
  }
  std::string id;
  std::vector<Frame> frames;
};

}  // namespace

TEST_CASE("a late compact subscriber gets merged history and unmerged live events") {
  World world;
  Latch more("more");
  world.upstream.always(
      Script::stream().words(std::vector<std::string>(200, "word ")).wait_for(more).words({"x", "y"}).finish());
  const std::string id = world.submit_single();
  SseReader raw = world.events(id);
  std::string words;
  for (int i = 0; i < 200; ++i) words += "word ";
  REQUIRE(read_text(raw, words));
  SseReader late = world.events(id, "?replay=compact");
  REQUIRE(read_text(late, words));
  const auto history = events_named(late.frames(), "token_stream");
  CHECK(history.size() == 1);
  CHECK(history[0]["tokens"] == words);
  more.open();
  REQUIRE(late.read_all(seconds(10)) == StreamEnd::finished);
  REQUIRE(raw.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(streamed_text(late.frames()) == streamed_text(raw.frames()));
  CHECK(late.numbered().back().bytes == raw.numbered().back().bytes);
}

TEST_CASE_FIXTURE(Panel, "a compact replay resumes from any event, each frame starting where the previous one ended") {
  for (std::size_t after = 0; after < frames.size(); after += 3) {
    CAPTURE(after);
    std::uint64_t last = after;
    std::string text;
    for (const Frame& frame : read("?replay=compact&after=" + std::to_string(after))) {
      const Json json = frame.json();
      CHECK(json.value("seq_from", json["seq"].get<std::uint64_t>()) == last + 1);
      last = json["seq"];
      CHECK(seq_of(frame.id) == last);
    }
    CHECK(last == frames.size());
  }
}

TEST_CASE_FIXTURE(Panel, "a selection of types or members is what the whole stream has of it") {
  CHECK(numbered_bytes(read("?types=chunk_completed,task_started")) == expected([](const Json& event) {
          return event["type"] == "chunk_completed" || event["type"] == "task_started";
        }));
  CHECK(numbered_bytes(read("?members=bench/a")) ==
        expected([](const Json& event) { return !event.contains("member") || event["member"] == "bench/a"; }));
  CHECK(numbered_bytes(read("?members=bench%2Fb,bench/a&types=token_stream")) == expected([](const Json& event) {
          return event["type"] == "token_stream" && (event["member"] == "bench/a" || event["member"] == "bench/b");
        }));
  CHECK(streamed_text(read("?members=bench/b&types=token_stream&replay=compact")).find("by-a") == std::string::npos);
}

TEST_CASE_FIXTURE(Panel, "a reader of a selection that is cut anywhere and resumes gets it whole, each event once") {
  const unsigned seed = std::random_device{}();
  MESSAGE("seed " << seed);
  const std::string of_a = "?members=bench/a&types=token_stream,chunk_completed";
  const std::string whole = numbered_bytes(read(of_a));
  for (unsigned i = 0; i < 5; ++i) CHECK(read_with_cuts(of_a, seed + i) == whole);
}

TEST_CASE_FIXTURE(Panel, "an unknown view is rejected with the list of known ones") {
  const auto refused = [&](const std::string& query, std::string_view expected) {
    const HttpReply reply = get("/api/stream/events/" + id + query);
    CHECK_MESSAGE(reply.status == 400, query << " gave " << reply.status);
    CHECK_MESSAGE(reply.body.find(expected) != std::string::npos, query << " returns " << reply.body);
  };
  refused("?types=tokens", "token_stream");
  refused("?types=", "task_started");
  refused("?members=", "empty");
  refused("?replay=fast", "raw or compact");
  refused("?types=token_stream&dialect=council", "dialect");
  refused("?replay=compact&dialect=process", "dialect");
  refused("?limit=5", "limit");
}

TEST_CASE("a running stream has a bounded number of views, and closing one frees its slot") {
  World world;
  Latch gate("go");
  world.upstream.always(Script::stream().words({"a"}).wait_for(gate).finish());
  const std::string id = world.submit_single();
  std::vector<SseReader> readers;
  for (int i = 0; i < 16; ++i) readers.push_back(world.events(id, "?members=bench/" + std::to_string(i)));
  for (const SseReader& reader : readers) CHECK(reader.status() == 200);
  const HttpReply refused = world.get("/api/stream/events/" + id + "?replay=compact");
  CHECK(refused.status == 503);
  CHECK(refused.json()["code"] == "busy");
  CHECK(refused.header("retry-after") != "");
  CHECK(world.events(id).status() == 200);
  CHECK(world.events(id, "?members=bench/7").status() == 200);
  readers.clear();
  CHECK(eventually([&] { return world.events(id, "?replay=compact").status() == 200; }, seconds(10)));
  gate.open();
}

TEST_CASE_FIXTURE(Panel, "pages that are followed to their end hold the stream, whole or selected") {
  const auto by_pages = [&](const std::string& query) {
    std::vector<std::uint64_t> seen;
    std::string cursor;
    while (true) {
      const std::string at = cursor.empty() ? "" : "&last_event_id=" + cursor;
      const HttpReply reply = get("/api/stream/events/" + id + "?limit=9" + query + at, {{"Accept", page_type}});
      REQUIRE(reply.status == 200);
      CHECK(reply.header("content-type") == page_type);
      const Json page = reply.json();
      CHECK(page["events"].size() <= 9);
      for (const Json& event : page["events"]) seen.push_back(event["seq"]);
      if (page["next"].is_null()) return seen;
      cursor = page["next"];
    }
  };
  const auto numbers = [](const std::vector<Frame>& of) {
    std::vector<std::uint64_t> seen;
    for (const Frame& frame : of) seen.push_back(seq_of(frame.id));
    return seen;
  };
  CHECK(by_pages("") == numbers(frames));
  CHECK(by_pages("&members=bench/b") == numbers(read("?members=bench/b")));
}

TEST_CASE_FIXTURE(Panel, "a page that was seen already is 304, also to HEAD, and at the end there is 204") {
  const std::string path = "/api/stream/events/" + id;
  const HttpReply page = get(path + "?after=3", {{"Accept", page_type}});
  CHECK(page.header("vary") == "Accept");
  const std::string tag = page.header("etag");
  REQUIRE(tag != "");
  const HttpReply again = get(path + "?after=3", {{"Accept", page_type}, {"If-None-Match", tag}});
  CHECK(again.status == 304);
  CHECK(again.body == "");
  CHECK(get(path + "?after=4", {{"Accept", page_type}, {"If-None-Match", tag}}).status == 200);
  HttpConnection connection(server.port());
  REQUIRE(connection.send(request_text("HEAD", path + "?after=3", {}, {{"Accept", page_type}})));
  const auto head = connection.read_reply(seconds(10), true);
  REQUIRE(head);
  CHECK(head->header("etag") == tag);
  CHECK(head->header("content-length") == std::to_string(page.body.size()));
  CHECK(get(path + "?after=" + std::to_string(frames.size()), {{"Accept", page_type}}).status == 204);
}

TEST_CASE_FIXTURE(Panel, "NDJSON has the same events, one per line, then the cursor to continue with") {
  const HttpReply reply = get("/api/stream/events/" + id + "?after=2", {{"Accept", "application/x-ndjson"}});
  REQUIRE(reply.status == 200);
  CHECK(reply.header("content-type") == "application/x-ndjson");
  std::string expected_lines;
  for (std::size_t i = 2; i < frames.size(); ++i) expected_lines += frames[i].data + "\n";
  REQUIRE(reply.body.size() > expected_lines.size());
  CHECK(reply.body.substr(0, expected_lines.size()) == expected_lines);
  const Json end = parse_json(reply.body.substr(expected_lines.size())).value();
  CHECK(end["type"] == "page_end");
  CHECK(end["next"].is_null());
}

TEST_CASE_FIXTURE(Panel, "a page reports a gap with a snapshot, and rejects what a stream rejects") {
  const std::string path = "/api/stream/events/" + id;
  const Json page = get(path, {{"Accept", page_type}, {"Last-Event-ID", "zzzzzzzz-2"}}).json();
  CHECK(page["gap"]["to"] == frames.size() - 1);
  CHECK(page["snapshot"]["chunks"].size() == 3);
  CHECK(page["events"].size() == 1);
  CHECK(page["next"].is_null());
  CHECK(get(path + "?after=x", {{"Accept", page_type}}).json()["code"] == "invalid-cursor");
  CHECK(get(path + "?gap=fail", {{"Accept", page_type}, {"Last-Event-ID", "zzzzzzzz-2"}}).status == 410);
  for (const char* query : {"?limit=0", "?limit=1001", "?limit=x", "?replay=compact", "?dialect=council"}) {
    CHECK_MESSAGE(get(path + query, {{"Accept", page_type}}).status == 400, query);
  }
  CHECK(get(path, {{"Accept", "text/html"}}).status == 406);
}

TEST_CASE("after a kill a stream on disk is the same in every form") {
  const TempDir dir;
  Panel panel({{"store", "\"sqlite:" + (dir.path() / "log.db").string() + "\""}});
  const auto answers = [&] {
    std::string all;
    for (const char* query :
         {"?replay=compact", "?members=bench/a", "?types=chunk_completed", "?after=7&replay=compact"}) {
      all += numbered_bytes(panel.read(query));
    }
    for (const char* type : {"application/json", "application/x-ndjson"}) {
      const HttpReply page = panel.get("/api/stream/events/" + panel.id + "?after=5", {{"Accept", type}});
      CHECK(page.status == 200);
      all += page.header("etag") + page.body;
    }
    return all;
  };
  const std::string before = answers();
  panel.server.kill_at_once();
  panel.server.start_again();
  CHECK((answers() == before));
  CHECK(numbered_bytes(panel.read("")) == numbered_bytes(panel.frames));
}

}  // namespace plenum::tests
