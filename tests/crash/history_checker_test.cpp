#include "tests/crash/history_checker.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/base/sha256.h"
#include "common/json/json_writer.h"

namespace plenum::tests {

namespace {

constexpr const char* chunk = "answer:bench/m1";

// A stream of one chunk, reported to a checker event by event; every case spoils one event.
struct Story {
  HistoryChecker checker;
  HistoryChecker::Reader reader = 0;
  std::string epoch = "abc";

  Story() {
    checker.accepted("k1", "s1");
    checker.upstream_call("k1", chunk, "Hello you.");
    reader = checker.new_reader("s1");
    checker.connected(reader);
  }

  std::string data_of(std::uint64_t seq, const std::string& type, const std::string& more) const {
    return R"({"v":1,"type":")" + type + R"(","seq":)" + std::to_string(seq) + more + "}";
  }
  void say_to(HistoryChecker::Reader to, std::uint64_t seq, const std::string& type, const std::string& more = {}) {
    const std::string id = epoch + "-" + std::to_string(seq), data = data_of(seq, type, more);
    checker.frame(to, id, data, "id: " + id + "\nevent: " + type + "\ndata: " + data + "\n\n");
  }
  void say(std::uint64_t seq, const std::string& type, const std::string& more = {}) {
    say_to(reader, seq, type, more);
  }
  void delta(std::uint64_t seq, const std::string& text) {
    say(seq, "token_stream", R"(,"chunk":"answer:bench/m1","kind":"text","tokens":)" + quoted(text));
  }
  void complete(std::uint64_t seq, const std::string& output) {
    say(seq, "chunk_completed",
        R"(,"chunk":"answer:bench/m1","status":"ok","sha256":")" + sha256_hex(output) + R"(","output":)" +
            quoted(output));
  }
  void end(std::uint64_t seq, const std::string& text) {
    say(seq, "task_completed",
        R"(,"terminal":true,"result":{"answers":[{"chunk":"answer:bench/m1","text":)" + quoted(text) + "}]}");
  }
  static std::string quoted(const std::string& text) {
    std::string json;
    append_json_string(json, text);
    return json;
  }
  // task_started, two deltas, the end of the chunk; the terminal event would be 5.
  void until_chunk_end() {
    say(1, "task_started");
    delta(2, "Hello ");
    delta(3, "you.");
    complete(4, "Hello you.");
  }
  void all() {
    until_chunk_end();
    end(5, "Hello you.");
  }

  // What was found, "" for nothing, everything when there is more than one.
  std::string found() const {
    std::string text;
    for (const std::string& finding : checker.findings()) text += text.empty() ? finding : "\n" + finding;
    return text;
  }
  bool found_only(std::string_view part) const {
    INFO(found());
    const bool only = checker.finding_count() == 1 && found().find(part) != std::string::npos;
    CHECK(only);
    return only;
  }
};

}  // namespace

TEST_CASE("a history without a fault is found to be one") {
  Story story;
  story.all();
  story.checker.body_ended(story.reader);
  story.checker.accepted("k1", "s1");
  story.checker.finish();
  CHECK(story.found() == "");
  CHECK(story.checker.counts().events == 5);
  CHECK(story.checker.counts().ended_completed == 1);
}

TEST_CASE("a reader that resumes may get again what it had, but nothing else") {
  Story story;
  story.until_chunk_end();
  story.checker.connected(story.reader);
  story.complete(4, "Hello you.");
  story.end(5, "Hello you.");
  CHECK(story.found() == "");
  CHECK(story.checker.counts().wire_repeats == 1);
}

TEST_CASE("other bytes under a known id are found, for the same reader and for another") {
  Story story;
  story.until_chunk_end();
  story.checker.connected(story.reader);
  story.delta(3, "me.");
  story.found_only("abc-3 has other bytes than before");

  Story other;
  other.until_chunk_end();
  const auto second = other.checker.new_reader("s1");
  other.checker.connected(second);
  other.say_to(second, 1, "task_progress");
  other.found_only("abc-1 has other bytes than before");
}

TEST_CASE("a gap, a disorder and a repeat on one connection are found") {
  Story gap;
  gap.say(1, "task_started");
  gap.say(3, "task_progress");
  gap.found_only("a gap: abc-3 follows 1");

  Story disorder;
  disorder.say(1, "task_started");
  disorder.say(2, "task_progress");
  disorder.say(1, "task_started");
  disorder.found_only("abc-1 comes after 2 on one connection");

  Story repeat;
  repeat.say(1, "task_started");
  repeat.say(1, "task_started");
  repeat.found_only("abc-1 comes after 1 on one connection");
}

TEST_CASE("a resumed reader that begins too late is found") {
  Story story;
  story.say(1, "task_started");
  story.checker.connected(story.reader);
  story.say(3, "task_progress");
  story.found_only("a gap: abc-3 follows 1");
}

TEST_CASE("a second terminal event and anything behind the first are found") {
  Story story;
  story.all();
  story.end(6, "Hello you.");
  story.found_only("abc-6 (task_completed) comes after the terminal event 5");

  Story later;
  later.all();
  later.say(6, "task_progress");
  later.found_only("abc-6 (task_progress) comes after the terminal event 5");
}

TEST_CASE("a new epoch is found, in a frame and in a control frame") {
  Story story;
  story.say(1, "task_started");
  story.epoch = "xyz";
  story.say(2, "task_progress");
  story.found_only("the epoch changes from abc at xyz-2");

  Story control;
  control.say(1, "task_started");
  control.checker.control_frame(control.reader, R"({"type":"system_message","code":"stream_open","epoch":"xyz"})");
  control.found_only("the epoch abc has become xyz");
}

TEST_CASE("a gap notice and a snapshot in place of events are found") {
  Story notice;
  notice.checker.control_frame(notice.reader, R"({"type":"system_message","code":"gap","from":1,"to":7})");
  notice.found_only("a gap notice");

  Story snapshot;
  snapshot.say(1, "snapshot");
  snapshot.found_only("a snapshot at abc-1");
}

TEST_CASE("an accepted task that never ends is found, also one without any visible event") {
  Story story;
  story.until_chunk_end();
  story.checker.finish();
  story.found_only("was accepted and never ended; 4 events were seen");

  Story unseen;
  unseen.all();
  unseen.checker.accepted("k2", "s2");
  unseen.checker.finish();
  unseen.found_only("stream s2 (key k2) was accepted and never ended");
}

TEST_CASE("a reader that never gets to the end is found") {
  Story story;
  story.all();
  story.checker.new_reader("s1");
  story.checker.finish();
  story.found_only("a reader never got beyond 0 of 5");
}

TEST_CASE("two streams for one key and one stream for two keys are found") {
  Story story;
  story.checker.accepted("k1", "s2");
  story.found_only("key k1 got the stream s1 first and s2 later");

  Story shared;
  shared.checker.accepted("k2", "s1");
  shared.found_only("the keys k1 and k2 got one stream, s1");
}

TEST_CASE("a call for a chunk whose end was seen is found, and so is one for a stream that has ended") {
  Story story;
  story.until_chunk_end();
  story.checker.life_begins();
  story.checker.upstream_call("k1", chunk, "Again.");
  story.found_only("was called again after a client had seen its end");

  Story ended;
  ended.all();
  ended.checker.life_begins();
  ended.checker.upstream_call("k1", chunk, "Again.");
  ended.found_only("was called again after a client had seen its end");
}

TEST_CASE("a call that is seen behind the end of a cancelled task is right in that life and found in a later one") {
  Story story;
  story.say(1, "task_cancelled", R"(,"terminal":true,"result":{})");
  story.checker.upstream_call("k1", "answer:bench/m2", "Late.");
  CHECK(story.found() == "");
  story.checker.life_begins();
  story.checker.upstream_call("k1", "answer:bench/m3", "Later.");
  story.found_only("was called again after a client had seen its end");
}

TEST_CASE("two calls for one chunk in one life of the server are found; in two lives the second is right") {
  Story story;
  story.checker.upstream_call("k1", chunk, "Again.");
  story.found_only("was called twice in one life");

  Story two;
  two.checker.life_begins();
  two.checker.upstream_call("k1", chunk, "Again.");
  CHECK(two.found() == "");
  CHECK(two.checker.counts().calls_again == 1);
}

TEST_CASE("a call for a task that was cancelled in an earlier life is found") {
  Story story;
  story.checker.cancelled("k1");
  CHECK(story.found() == "");
  story.checker.life_begins();
  story.checker.upstream_call("k1", chunk, "Again.");
  story.found_only("was called after its task had been cancelled");
}

TEST_CASE("an output that an earlier call gave was paid for twice and is found") {
  Story story;
  story.checker.life_begins();
  story.checker.upstream_call("k1", chunk, "Again.");
  story.until_chunk_end();
  story.found_only("is not the text of the last of 2 upstream calls");
}

TEST_CASE("deltas that are not the output are found; a reset makes those before it void") {
  Story story;
  story.say(1, "task_started");
  story.delta(2, "Hello ");
  story.complete(3, "Hello you.");
  story.found_only("the deltas (6 bytes) joined are not the output (10 bytes)");

  Story reset;
  reset.say(1, "task_started");
  reset.delta(2, "Hel");
  reset.say(3, "chunk_reset", R"(,"chunk":"answer:bench/m1")");
  reset.delta(4, "Hello you.");
  reset.complete(5, "Hello you.");
  CHECK(reset.found() == "");
  CHECK(reset.checker.counts().resets == 1);
}

TEST_CASE("deltas of an interrupted attempt without a reset are found") {
  Story story;
  story.say(1, "task_started");
  story.delta(2, "Hel");
  story.delta(3, "Hello you.");
  story.complete(4, "Hello you.");
  story.found_only("the deltas (13 bytes) joined are not the output (10 bytes)");
}

TEST_CASE("a chunk that continues or ends again after its end is found") {
  Story story;
  story.until_chunk_end();
  story.delta(5, "More.");
  story.found_only("token_stream of answer:bench/m1 at abc-5 comes after its chunk_completed");

  Story twice;
  twice.until_chunk_end();
  twice.complete(5, "Hello you.");
  twice.found_only("chunk_completed of answer:bench/m1 at abc-5 comes after its chunk_completed");
}

TEST_CASE("a wrong checksum, a result with another text and an end over an open chunk are found") {
  Story sum;
  sum.say(1, "task_started");
  sum.delta(2, "Hello you.");
  sum.say(3, "chunk_completed", R"(,"chunk":"answer:bench/m1","status":"ok","sha256":"00","output":"Hello you.")");
  sum.found_only("sha256 is not that of the output");

  Story result;
  result.until_chunk_end();
  result.end(5, "Hello me.");
  result.found_only("the result has another text of answer:bench/m1");

  Story open;
  open.say(1, "task_started");
  open.delta(2, "Hello ");
  open.end(3, "");
  open.found_only("comes while answer:bench/m1 is open");
}

TEST_CASE("a body that ends too early and a refused reader are found") {
  Story story;
  story.until_chunk_end();
  story.checker.body_ended(story.reader);
  story.found_only("the body ended behind 4, without a terminal event");

  Story refused;
  refused.until_chunk_end();
  refused.checker.refused(refused.reader, 404, "no such stream");
  refused.found_only("a reader behind 4 was answered 404: no such stream");
}

TEST_CASE("a frame that cannot be read is found") {
  Story json;
  json.checker.frame(json.reader, "abc-1", "{", "id: abc-1\nevent: x\ndata: {\n\n");
  json.found_only("abc-1 is no JSON object");

  Story id;
  id.checker.frame(id.reader, "first", "{}", "id: first\nevent: x\ndata: {}\n\n");
  id.found_only("no event id: first");

  Story seq;
  seq.checker.frame(seq.reader, "abc-1", R"({"type":"task_started","seq":2})", "x");
  seq.found_only("abc-1 has another seq inside");
}

}  // namespace plenum::tests
