// Several streams on one connection, with the real server, its event loops and its death.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/latch.h"

namespace plenum::tests {

namespace {

// More than one event loop, whatever the machine has, so that streams of one connection belong to several threads.
Settings settings_in(const TempDir& dir) {
  return {{"store", "\"sqlite:" + (dir.path() / "plenum.db").string() + "\""},
          {"shutdown_grace_ms", "0"},
          {"event_loops", "3"}};
}

struct Dashboard {
  Dashboard() : world(settings_in(dir)) {}

  std::vector<std::string> submit(int count) {
    std::vector<std::string> ids;
    // One after the other, so that the scripts apply in the order of the tasks.
    const std::size_t before = world.upstream.request_count();
    for (int i = 0; i < count; ++i) {
      ids.push_back(world.submit_single());
      REQUIRE(world.upstream.wait_for_requests(before + ids.size(), seconds(10)));
    }
    return ids;
  }
  static std::string joined(const std::vector<std::string>& ids) {
    std::string list;
    for (const std::string& id : ids) list += (list.empty() ? "" : ",") + id;
    return list;
  }
  SseReader connect(const std::string& query, const std::string& cursor = {}) const {
    Headers headers;
    if (!cursor.empty()) headers.push_back({"Last-Event-ID", cursor});
    return SseReader(world.server.port(), "/api/stream/events?" + query, headers);
  }
  void kill_and_start() {
    world.server.kill_at_once();
    world.server.start_again();
  }

  TempDir dir;
  World world;
};

using EventsByStream = std::map<std::string, std::vector<std::string>>;

// Adds the numbered events of the first `count` frames to those of their streams.
void receive(EventsByStream& received, const std::vector<Frame>& frames, std::size_t count = SIZE_MAX) {
  for (std::size_t i = 0; i < std::min(count, frames.size()); ++i) {
    const Json event = frames[i].json();
    if (event.contains("seq")) received[event["stream_id"]].push_back(frames[i].data);
  }
}

std::vector<std::string> data_of(const std::vector<Frame>& frames) {
  std::vector<std::string> data;
  for (const Frame& frame : frames) {
    if (!frame.id.empty()) data.push_back(frame.data);
  }
  return data;
}

bool has_code(const Frame& frame, const std::string& code) { return frame.json().value("code", "") == code; }

// The first frame that reports that a stream left the connection.
Json left_frame(const SseReader& reader) {
  const auto& frames = reader.frames();
  const auto found =
      std::find_if(frames.begin(), frames.end(), [](const Frame& frame) { return has_code(frame, "stream_left"); });
  REQUIRE(found != frames.end());
  return found->json();
}

}  // namespace

TEST_CASE("eight streams on one connection: after a kill and a restart, the last id gives every event once") {
  Dashboard dashboard;
  World& world = dashboard.world;
  for (int i = 0; i < 8; ++i) world.upstream.next(Script::stream().words_apart({"a ", "b ", "c ", "d "}).never_end());
  world.upstream.always(Script::stream().words_apart({"e ", "f ", "g "}).finish());
  const auto ids = dashboard.submit(8);
  const std::string query = "streams=" + Dashboard::joined(ids);
  SseReader reader = dashboard.connect(query);
  REQUIRE(reader.status() == 200);
  std::map<std::string, int> deltas;
  REQUIRE(reader.read_until(
      [&](const Frame& frame) {
        if (frame.event == "token_stream") ++deltas[frame.json()["stream_id"]];
        return deltas.size() == 8;
      },
      seconds(20)));
  // A connection can be lost after any frame: this one has a part of what it received.
  const std::size_t count = reader.frames().size() * 2 / 3;
  std::string cursor;
  for (std::size_t i = 0; i < count; ++i) {
    if (!reader.frames()[i].id.empty()) cursor = reader.frames()[i].id;
  }
  CHECK(cursor.size() <= 64);
  EventsByStream received;
  receive(received, reader.frames(), count);
  dashboard.kill_and_start();
  SseReader rest = dashboard.connect(query, cursor);
  REQUIRE(rest.status() == 200);
  REQUIRE(rest.read_all(seconds(30)) == StreamEnd::finished);
  CHECK(rest.fault() == "");
  receive(received, rest.frames());
  for (const std::string& id : ids) {
    CAPTURE(id);
    CHECK((received[id] == data_of(world.whole_stream(id))));
  }
  CHECK(dashboard.connect(query, rest.last_id()).status() == 204);
}

TEST_CASE(
    "a task that is deleted meanwhile is removed from the connection, and its id is reported as gone afterwards") {
  Dashboard dashboard;
  World& world = dashboard.world;
  const Latch more("more");
  world.upstream.next(Script::stream().words({"a"}).never_end());
  world.upstream.next(Script::stream().words({"a"}).wait_for(more).words({"b"}).finish());
  const auto ids = dashboard.submit(2);
  const std::string query = "streams=" + Dashboard::joined(ids);
  SseReader reader = dashboard.connect(query);
  REQUIRE(reader.read_event("token_stream", seconds(10)));
  REQUIRE(reader.read_event("token_stream", seconds(10)));
  CHECK(fetch(world.server.port(), request_text("DELETE", "/api/stream/task/" + ids[0])).status == 204);
  REQUIRE(reader.read_until([](const Frame& frame) { return has_code(frame, "stream_left"); }, seconds(10)));
  CHECK(left_frame(reader)["stream_id"] == ids[0]);
  const std::string cursor = reader.last_id();
  SseReader again = dashboard.connect(query, cursor);
  REQUIRE(again.read_until([](const Frame& frame) { return has_code(frame, "stream_left"); }, seconds(10)));
  CHECK(left_frame(again)["error"]["code"] == "stream-gone");
  more.open();
  for (SseReader* each : {&reader, &again}) {
    REQUIRE(each->read_all(seconds(10)) == StreamEnd::finished);
    CHECK(streamed_text(each->frames()).ends_with("b"));
  }
}

TEST_CASE("a scope has all tasks, of all event loops, and resumes with those that ran meanwhile") {
  Dashboard dashboard;
  World& world = dashboard.world;
  world.upstream.always(Script::stream().words_apart({"a ", "b "}).finish());
  SseReader reader = dashboard.connect("scope=mine");
  REQUIRE(reader.status() == 200);
  const auto ids = dashboard.submit(12);
  std::size_t left = 0;
  REQUIRE(reader.read_until([&](const Frame& frame) { return has_code(frame, "stream_left") && ++left == ids.size(); },
                            seconds(20)));
  EventsByStream received;
  receive(received, reader.frames());
  for (const std::string& id : ids) CHECK((received[id] == data_of(world.whole_stream(id))));
  const std::string cursor = reader.last_id();
  reader.leave();
  const auto meanwhile = dashboard.submit(2);
  for (const std::string& id : meanwhile) world.whole_stream(id);
  dashboard.kill_and_start();
  SseReader again = dashboard.connect("scope=mine", cursor);
  left = 0;
  EventsByStream later;
  REQUIRE(again.read_until([&](const Frame& frame) { return frame.terminal() && ++left == meanwhile.size(); },
                           seconds(20)));
  receive(later, again.frames());
  CHECK(later.size() == meanwhile.size());
  for (const std::string& id : meanwhile) CHECK((later[id] == data_of(world.whole_stream(id))));
}

}  // namespace plenum::tests
