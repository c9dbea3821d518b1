// Where a reader starts: contract section 7.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

// A finished stream of a good dozen events.
struct Finished : World {
  Finished() {
    upstream.always(Script::stream().words_apart(split_words("one two three four five six seven eight")).finish());
    id = submit_single();
    frames = whole_stream(id);
    last = frames.size();
    epoch = frames[0].id.substr(0, frames[0].id.find('-'));
  }
  std::string at(std::size_t seq) const { return epoch + "-" + std::to_string(seq); }
  // The number of the first event that a reader gets; 0: none.
  std::uint64_t first_seq(const std::string& query, const Headers& headers = {}) const {
    SseReader reader = events(id, query, headers);
    REQUIRE(reader.status() == 200);
    REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
    return reader.numbered().empty() ? 0 : seq_of(reader.numbered().front().id);
  }

  std::string id, epoch;
  std::vector<Frame> frames;
  std::size_t last = 0;
};

// A stream that waits at a gate after its first words.
struct Waiting : World {
  Waiting() {
    upstream.always(Script::stream().words({"a", "b", "c"}).wait_for(more).words({"d"}).finish());
    id = submit_single();
    SseReader reader = events(id);
    REQUIRE(read_text(reader, "abc"));
    head = seq_of(reader.last_id());
  }
  Latch more{"more"};
  std::string id;
  std::uint64_t head = 0;
};

}  // namespace

TEST_CASE_FIXTURE(Finished, "a reader without a cursor starts at the first event") {
  CHECK(first_seq("") == 1);
  CHECK(first_seq("?from=start") == 1);
}

TEST_CASE_FIXTURE(Finished, "a subscriber with a cursor gets the events after it, marked as continued") {
  SseReader reader = events(id, "", {{"Last-Event-ID", at(4)}});
  reader.read_all(seconds(10));
  CHECK(numbered_bytes(reader.frames()) == numbered_bytes({frames.begin() + 4, frames.end()}));
  Json open = reader.frames().front().json();
  CHECK(open["code"] == "stream_open");
  CHECK(open["recovered"] == true);
  CHECK(open["resumed_from"] == 4);
}

TEST_CASE_FIXTURE(Finished, "the header wins over the queries, and the queries have their order") {
  CHECK(first_seq("?last_event_id=" + at(5) + "&after=7", {{"Last-Event-ID", at(3)}}) == 4);
  CHECK(first_seq("?last_event_id=" + at(5) + "&after=7") == 6);
  CHECK(first_seq("?after=7&from=start") == 8);
  CHECK(first_seq("?after=0&from=now") == 1);
}

TEST_CASE_FIXTURE(Finished, "an empty header counts as absent") {
  CHECK(first_seq("?after=2", {{"Last-Event-ID", ""}}) == 3);
  CHECK(first_seq("", {{"Last-Event-ID", ""}}) == 1);
}

TEST_CASE_FIXTURE(Finished, "a finished stream that was read to its end answers 204, again and again") {
  for (int i = 0; i < 3; ++i) CHECK(events(id, "", {{"Last-Event-ID", at(last)}}).status() == 204);
  CHECK(events(id, "?after=" + std::to_string(last)).status() == 204);
  CHECK(events(id, "?from=now").status() == 204);
}

TEST_CASE_FIXTURE(Finished, "every malformed cursor and every one beyond the end is a 400 invalid-cursor") {
  std::vector<std::string> bad = {"abc",
                                  "-5",
                                  epoch + "-",
                                  epoch + "-05",
                                  epoch + "-5x",
                                  epoch + "--5",
                                  epoch + "-+5",
                                  epoch + " 5",
                                  epoch,
                                  "ABCDEFGH-5",
                                  epoch + "-99999999999999999999999",
                                  epoch + "-5-6",
                                  epoch + "-1e3",
                                  epoch + "-0x5",
                                  std::string(200, 'a') + "-1",
                                  at(last + 1),
                                  at(1'000'000)};
  for (const std::string& cursor : bad) {
    HttpReply reply = get("/api/stream/events/" + id, {{"Last-Event-ID", cursor}});
    CHECK_MESSAGE(reply.status == 400, "Last-Event-ID: " << cursor << " gave " << reply.status);
    if (reply.status != 400) continue;
    CHECK(reply.json()["code"] == "invalid-cursor");
    CHECK(reply.header("content-type").find("application/problem+json") == 0);
  }
  std::vector<std::string> queries = {"?after=-1",
                                      "?after=x",
                                      "?after=1e3",
                                      "?after=",
                                      "?after=99999999999999999999999",
                                      "?after=" + std::to_string(last + 1),
                                      "?from=never",
                                      "?last_event_id=nonsense"};
  for (const std::string& query : queries) {
    HttpReply reply = get("/api/stream/events/" + id + query);
    CHECK_MESSAGE(reply.status == 400, query << " gave " << reply.status);
    if (reply.status == 400) CHECK_MESSAGE(reply.json()["code"] == "invalid-cursor", query << " gave " << reply.body);
  }
}

TEST_CASE_FIXTURE(Waiting, "a cursor of another epoch gets a notice, the folded state and then the tail") {
  SseReader reader = events(id, "", {{"Last-Event-ID", "zzzzzzzz-2"}});
  REQUIRE(reader.read_event("snapshot", seconds(10)));
  more.open();
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  const std::vector<Frame>& got = reader.frames();
  REQUIRE(got.size() > 4);
  CHECK(got[0].json()["code"] == "stream_open");
  CHECK(got[0].json()["recovered"] == false);
  Json notice = got[1].json();
  CHECK(notice["code"] == "gap");
  CHECK(got[1].id == "");
  CHECK(notice.contains("from"));
  CHECK(notice.contains("to"));
  Json snapshot = got[2].json();
  CHECK(got[2].event == "snapshot");
  CHECK(seq_of(got[2].id) == head);
  CHECK(snapshot["seq"] == head);
  CHECK(snapshot["status"] == "running");
  CHECK(snapshot["chunks"][0]["text"] == "abc");
  CHECK(seq_of(got[3].id) == head + 1);
  CHECK(got.back().terminal());
}

TEST_CASE_FIXTURE(Waiting, "a subscriber that is disconnected right after the snapshot resumes exactly there") {
  SseReader first = events(id, "?from=snapshot");
  REQUIRE(first.read_event("snapshot", seconds(10)));
  std::string cursor = first.last_id();
  first.leave();
  more.open();
  SseReader second = events(id, "", {{"Last-Event-ID", cursor}});
  REQUIRE(second.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(seq_of(second.numbered().front().id) == head + 1);
}

TEST_CASE_FIXTURE(Finished, "a reader from another epoch still learns how a finished stream ended") {
  SseReader reader = events(id, "", {{"Last-Event-ID", "zzzzzzzz-2"}});
  REQUIRE(reader.read_event("snapshot", seconds(10)));
  CHECK(reader.read_all(seconds(10)) == StreamEnd::finished);
  Json snapshot = events_named(reader.frames(), "snapshot").at(0);
  CHECK(snapshot["status"] == "completed");
  CHECK(snapshot["chunks"][0]["text"] == "one two three four five six seven eight");
  // The result follows with the terminal event; its texts are not sent twice.
  CHECK_FALSE(snapshot.contains("result"));
  CHECK(reader.frames().back().json()["result"]["answer"] == "one two three four five six seven eight");
}

TEST_CASE_FIXTURE(Finished, "a reader may ask to fail at a gap, or to skip it") {
  HttpReply refused = get("/api/stream/events/" + id + "?gap=fail", {{"Last-Event-ID", "zzzzzzzz-2"}});
  CHECK(refused.status == 410);
  CHECK(refused.json()["code"] == "cursor-expired");
  SseReader skipping = events(id, "?gap=skip", {{"Last-Event-ID", "zzzzzzzz-2"}});
  REQUIRE(skipping.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(skipping.frames()[1].json()["code"] == "gap");
  CHECK(numbered_bytes(skipping.frames()) == numbered_bytes(frames));
}

TEST_CASE_FIXTURE(Waiting, "a reader that starts now gets only what comes from now on") {
  SseReader reader = events(id, "?from=now");
  REQUIRE(reader.read_event("system_message", seconds(10)));
  more.open();
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(seq_of(reader.numbered().front().id) == head + 1);
  CHECK(streamed_text(reader.frames()) == "d");
}

TEST_CASE(
    "a stream over its memory limit retains its end and reports a gap to subscribers that request its beginning") {
  World world(Settings{{"stream_memory_bytes_max", "65536"}});
  Latch end("end");
  Script script = Script::stream();
  const std::string block(3000, 'z');
  for (int i = 0; i < 200; ++i) script.words({block, "."});
  world.upstream.always(script.wait_for(end).finish());
  const std::string running = world.submit_single();
  const std::size_t all = 200 * (block.size() + 1);
  const auto chars = [&] {
    const Json members = world.status(running)["members"];  // none before the run has begun
    return members.empty() ? std::size_t{0} : members[0].value("chars", std::size_t{0});
  };
  REQUIRE(eventually([&] { return chars() == all; }, seconds(20)));
  const auto first = world.status(running)["first_seq"].get<std::uint64_t>();
  CHECK(first > 1);
  end.open();
  // While it runs, a subscriber that is behind by more than the log holds is disconnected.
  REQUIRE(eventually([&] { return world.status(running)["status"] == "completed"; }, seconds(20)));
  SseReader reader = world.events(running);
  REQUIRE(reader.read_all(seconds(20)) == StreamEnd::finished);
  CHECK(reader.frames()[1].json()["code"] == "gap");
  CHECK(reader.frames()[1].json()["from"] == 1);
  REQUIRE(reader.frames()[2].event == "snapshot");
  const auto text = reader.frames()[2].json()["chunks"][0]["text"].get<std::string>();
  CHECK(text.size() + streamed_text(reader.frames()).size() == all);
  CHECK(reader.frames().back().terminal());
  CHECK(world.get("/api/stream/events/" + running + "?gap=fail", {{"Accept", "text/event-stream"}}).status == 410);
  SseReader other_words = world.events(running, "?dialect=conclave");
  CHECK(other_words.read_all(seconds(10)) == StreamEnd::finished);
}

TEST_CASE_FIXTURE(Finished, "a Range header changes nothing") {
  HttpReply reply = get("/api/stream/events/" + id, {{"Range", "bytes=10-20"}});
  CHECK(reply.status == 200);
  CHECK(reply.body.find("event: task_completed\n") != std::string::npos);
}

TEST_CASE_FIXTURE(Finished, "an id that never was is a 404, and one that is no id as well") {
  for (const char* route : {"events", "status", "result", "snapshot"}) {
    for (const char* name : {"00000000-0000-4000-8000-000000000000", "nonsense"}) {
      HttpReply reply = get("/api/stream/" + std::string(route) + "/" + name);
      CHECK_MESSAGE(reply.status == 404, route << " " << name << " gave " << reply.status);
      CHECK(reply.json()["code"] == "stream-not-found");
    }
  }
}

}  // namespace plenum::tests
