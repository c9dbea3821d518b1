// Many readers of one stream: contract sections 3 and 6.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

// A run in three parts, each behind its gate, with words of many lengths.
struct LongRun : World {
  LongRun() {
    Script script = Script::stream();
    int word = 0;
    for (const Latch* gate : {&first, &second, &third}) {
      script.wait_for(*gate);
      for (int i = 0; i < 60; ++i, ++word) {
        script.words_apart(
            {"w" + std::to_string(word) + std::string(static_cast<std::size_t>(word * word % 97), '.') + " "});
      }
    }
    upstream.always(script.finish());
    id = submit_single();
  }
  // Waits until the stream holds so many events.
  void await_head(std::uint64_t seq) {
    REQUIRE(eventually([&] { return status(id)["last_seq"].get<std::uint64_t>() >= seq; }, seconds(20)));
  }
  Latch first{"first"}, second{"second"}, third{"third"};
  std::string id;
};

struct Outcome {
  std::string bytes;  // of the frames with ids
  StreamEnd end = StreamEnd::open;
  std::string fault;
  int connections = 0;
};

// Reads random amounts, is cut wherever that ends, and resumes with the last id that came whole.
Outcome read_with_cuts(const LongRun& run, unsigned seed) {
  std::mt19937 random(seed);
  Outcome outcome;
  std::string cursor;
  while (outcome.end == StreamEnd::open && outcome.connections < 2000) {
    ++outcome.connections;
    SseReader reader = run.events(run.id, "", cursor.empty() ? Headers{} : Headers{{"Last-Event-ID", cursor}});
    bool cut = outcome.connections < 40;
    if (cut) reader.read_bytes_then_leave(random() % 6000 + 1, seconds(60));
    if (!cut) reader.read_all(seconds(60));
    outcome.bytes += numbered_bytes(reader.frames());
    outcome.fault += reader.fault();
    if (!reader.last_id().empty()) cursor = reader.last_id();
    bool whole = !reader.frames().empty() && reader.frames().back().terminal();
    if (!cut || whole || reader.status() == 204)
      outcome.end = whole || reader.status() == 204 ? StreamEnd::finished : reader.end();
    if (reader.status() != 200 && reader.status() != 204) outcome.fault += " status " + std::to_string(reader.status());
    if (!outcome.fault.empty()) break;
  }
  return outcome;
}

Outcome read_straight(const LongRun& run) {
  SseReader reader = run.events(run.id);
  StreamEnd end = reader.read_all(seconds(60));
  return {numbered_bytes(reader.frames()), end, reader.fault(), 1};
}

}  // namespace

TEST_CASE_FIXTURE(
    LongRun,
    "readers that join early, late or after the end, and readers that are cut at random, all see the same bytes") {
  const unsigned seed = std::random_device{}();
  MESSAGE("seed " << seed);
  std::vector<Outcome> outcomes(40);
  std::vector<std::thread> readers;
  auto join = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      readers.emplace_back([&, i] {
        outcomes[i] = i < 20 ? read_straight(*this) : read_with_cuts(*this, seed + static_cast<unsigned>(i));
      });
    }
  };
  join(0, 7);
  join(20, 27);
  first.open();
  await_head(60);
  join(7, 14);
  join(27, 34);
  second.open();
  await_head(200);
  third.open();
  std::vector<Frame> reference = whole_stream(id);
  join(14, 20);
  join(34, 40);
  for (std::thread& reader : readers) reader.join();

  CHECK(broken_rule(reference) == "");
  CHECK(reference.size() > 360);  // sixty words behind each gate, two events a word
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    CHECK_MESSAGE(outcomes[i].fault == "", "reader " << i);
    CHECK_MESSAGE(outcomes[i].end == StreamEnd::finished, "reader " << i);
    CHECK_MESSAGE((outcomes[i].bytes == numbered_bytes(reference)),
                  "reader " << i << " of " << outcomes[i].connections << " connections");
  }
  CHECK(events(id, "", {{"Last-Event-ID", reference.back().id}}).status() == 204);
}

TEST_CASE("the answer's head and its first frame come before any event exists") {
  World world;
  world.upstream.always(Script::silence());
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(reader.status() == 200);
  CHECK(reader.header("content-type") == "text/event-stream; charset=utf-8");
  CHECK(reader.header("cache-control") == "no-store, no-transform");
  CHECK(reader.header("x-accel-buffering") == "no");
  CHECK(reader.header("x-content-type-options") == "nosniff");
  CHECK(reader.header("stream-id") == id);
  CHECK(reader.header("content-encoding") == "");
  REQUIRE(reader.read_event("system_message", seconds(10)));
  const Frame& frame = reader.frames().front();
  CHECK(frame.id == "");
  CHECK(frame.bytes.find("retry: ") == 0);
  CHECK(reader.retry_ms() >= 1000);
  CHECK(reader.retry_ms() <= 3000);
  Json open = frame.json();
  CHECK(open["code"] == "stream_open");
  CHECK(open["epoch"] == reader.header("stream-epoch"));
  for (const char* field : {"first_seq", "last_seq", "recovered", "gap", "status", "heartbeat_s", "expires_at",
                            "memory_expires_at", "store"}) {
    CHECK_MESSAGE(open.contains(field), field);
  }
}

TEST_CASE("every frame is an id, an event, one data line and a blank line") {
  World world;
  world.upstream.always(whole_answer("line one\nline two\r\nid: forged\n\nevent: forged\n\n\xE2\x80\xA8 end"));
  std::vector<Frame> frames = world.whole_stream(world.submit_single());
  CHECK(broken_rule(frames) == "");
  for (const Frame& frame : frames) {
    CHECK(frame.event != "forged");
    std::string expected = "id: " + frame.id + "\nevent: " + frame.event + "\ndata: " + frame.data + "\n\n";
    CHECK(frame.bytes.substr(frame.bytes.find("id: ")) == expected);
  }
}

TEST_CASE("a silent stream sends heartbeats that carry no id") {
  World world(Settings{{"heartbeat_ms", "500"}});
  world.upstream.always(Script::silence());
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(reader.read_event("heartbeat", seconds(10)));
  REQUIRE(reader.read_event("heartbeat", seconds(10)));
  const Frame& beat = reader.frames().back();
  CHECK(beat.id == "");
  CHECK(beat.json()["last_seq"] == seq_of(reader.last_id()));
  CHECK(beat.json()["epoch"] == reader.header("stream-epoch"));
  CHECK(beat.json()["ts"].get<std::string>().size() == 24);
  CHECK(world.status(id)["status"] == beat.json()["status"]);
}

TEST_CASE("a stream's last frame is followed by the end of the body within a second") {
  World world;
  world.upstream.always(whole_answer("short"));
  SseReader reader = world.events(world.submit_single());
  REQUIRE(reader.read_until([](const Frame& f) { return f.terminal(); }, seconds(10)));
  CHECK(reader.read_all(seconds(1)) == StreamEnd::finished);
}

TEST_CASE("a closed subscriber connection is noticed at once") {
  World world;
  world.upstream.always(Script::silence());
  std::string id = world.submit_single();
  std::vector<SseReader> readers;
  for (int i = 0; i < 5; ++i) readers.push_back(world.events(id));
  CHECK(eventually([&] { return world.status(id)["readers"] == 5; }, seconds(1)));
  readers.clear();
  CHECK(eventually([&] { return world.status(id)["readers"] == 0; }, seconds(1)));
}

TEST_CASE("a subscriber that accepts no bytes is disconnected and does not affect others") {
  // Long enough that the healthy reader is never taken for a stuck one on a busy machine.
  World world(Settings{{"subscriber_write_timeout_ms", scaled_text(milliseconds(1000))}});
  Latch start("start"), end("end");
  const std::string block(48 * 1024, 'x');
  Script script = Script::stream().wait_for(start);
  for (int i = 0; i < 150; ++i) script.words({block});  // 7 MB: more than the system buffers for one socket
  world.upstream.always(script.wait_for(end).finish());
  std::string id = world.submit_single();
  SseReader stuck(world.server.port(), "/api/stream/events/" + id, {}, 2048);
  REQUIRE(stuck.status() == 200);
  SseReader healthy = world.events(id);
  REQUIRE(eventually([&] { return world.status(id)["readers"] == 2; }, seconds(5)));
  start.open();
  std::size_t taken = 0;
  auto all_taken = [&](const Frame& frame) { return (taken += streamed_text({frame}).size()) == 150 * block.size(); };
  REQUIRE(healthy.read_until(all_taken, seconds(30)));
  CHECK(eventually([&] { return world.status(id)["readers"] == 1; }, seconds(10)));
  end.open();
  CHECK(healthy.read_all(seconds(10)) == StreamEnd::finished);
  CHECK(broken_rule(healthy.numbered()) == "");
  // At once, and not after the megabytes that the system had taken for it: those go with the connection.
  CHECK(stuck.read_all(seconds(30)) == StreamEnd::lost);
  CHECK(streamed_text(stuck.frames()).size() < 1024 * 1024);
}

TEST_CASE("a reader that falls far behind catches up and is not cut") {
  World world;
  const std::string block(32 * 1024, 'y');
  Script script = Script::stream();
  for (int i = 0; i < 250; ++i) script.words({block});
  world.upstream.always(script.finish());
  std::string id = world.submit_single();
  SseReader late = world.events(id);  // reads nothing before the run is over
  std::vector<Frame> reference = world.whole_stream(id);
  REQUIRE(late.read_all(seconds(60)) == StreamEnd::finished);
  CHECK((numbered_bytes(late.frames()) == numbered_bytes(reference)));
}

TEST_CASE("streams do not mix") {
  World world;
  Latch go("go");
  for (int i = 0; i < 20; ++i) {
    std::string word = "stream" + std::to_string(i) + " ";
    world.upstream.on({.model = "m" + std::to_string(i)},
                      Script::stream().wait_for(go).words({word, word, word}).finish());
  }
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i)
    ids.push_back(world.submit("single", "task", R"("members":["bench/m)" + std::to_string(i) + "\"]"));
  go.open();
  for (int i = 0; i < 20; ++i) {
    std::string word = "stream" + std::to_string(i) + " ";
    CHECK(streamed_text(world.whole_stream(ids[static_cast<std::size_t>(i)])) == word + word + word);
  }
}

}  // namespace plenum::tests
