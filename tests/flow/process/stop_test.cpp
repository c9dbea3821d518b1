// How the server stops when something does not: the reader of its log, its disk, a task.
#include <doctest/doctest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/process/stalled_disk.h"

namespace plenum::tests {

namespace {

// More lines than the log holds, while nothing reads them: each SIGHUP logs at least one.
bool overflow_log(ServerProcess& server) {
  return eventually(
      [&] {
        for (int i = 0; i < 200; ++i) server.signal(SIGHUP);
        const HttpReply status = get(server.port(), api::server_status);
        return status.status == 200 && status.json()["log_lines_dropped_total"].get<int>() > 0;
      },
      seconds(60));
}

std::string status_of(const ServerProcess& server, const std::string& id) {
  return get(server.port(), api::with_id(api::status, id)).json()["status"].get<std::string>();
}

}  // namespace

TEST_CASE("a log that is not read delays no request, and the server stops in time") {
  ScriptedUpstream upstream;
  upstream.always(whole_answer("An answer."));
  ServerProcess server({.settings = {{"shutdown_grace_ms", "0"}},
                        .tables = provider_table("bench", upstream.base_url()),
                        .err_is_stuck = true});
  REQUIRE(overflow_log(server));
  const HttpReply reply = post(server.port(), api::task, task_body("single", "Say something."));
  REQUIRE(reply.status == 202);
  SseReader reader(server.port(), api::with_id(api::events, reply.json()["stream_id"].get<std::string>()));
  CHECK(reader.read_all(seconds(10)) == StreamEnd::finished);
  server.signal(SIGTERM);
  CHECK(server.wait(seconds(5)) == 0);
}

TEST_CASE("a second stop signal ends a server with a running task and a log that is not read") {
  ScriptedUpstream upstream;
  upstream.always(Script::stream().words({"half "}).never_end());
  ServerProcess server({.settings = {{"shutdown_grace_ms", "600000"}},
                        .tables = provider_table("bench", upstream.base_url()),
                        .err_is_stuck = true});
  REQUIRE(overflow_log(server));
  const HttpReply reply = post(server.port(), api::task, task_body("single", "Say something."));
  REQUIRE(reply.status == 202);
  server.signal(SIGTERM);
  REQUIRE(eventually([&] { return get(server.port(), api::readyz).status == 503; }, seconds(10)));
  server.signal(SIGTERM);
  CHECK(server.wait(seconds(5)) == 0);
}

TEST_CASE("a server whose disk hangs stops in time, and what it acknowledged is there after the next start" *
          doctest::skip(sanitized())) {
  StalledDisk disk(Settings{}, true);
  const std::string id = disk.submit("The first task.");
  REQUIRE(eventually([&] { return status_of(disk.server, id) == "completed"; }, seconds(10)));
  disk.stall();
  const HttpConnection held = disk.send_task("A task that is not acknowledged.");
  REQUIRE(disk.holds_a_sync());
  disk.server.signal(SIGTERM);
  REQUIRE(disk.server.wait(seconds(10)) == 0);
  disk.resume();
  disk.server.start_again();
  CHECK(status_of(disk.server, id) == "completed");
}

TEST_CASE("a second stop signal ends a server whose disk hangs, before the end of its drain" *
          doctest::skip(sanitized())) {
  StalledDisk disk(Settings{{"shutdown_grace_ms", "600000"}});
  disk.stall();
  const HttpConnection held = disk.send_task("A task that is not acknowledged.");
  REQUIRE(disk.holds_a_sync());
  disk.server.signal(SIGTERM);
  disk.server.signal(SIGINT);
  REQUIRE(disk.server.wait(seconds(5)) == 0);
  CHECK(disk.server.log().find("was not complete in time") != std::string::npos);
  disk.resume();
  disk.server.start_again();
  CHECK(get(disk.server.port(), api::readyz).status == 200);
}

TEST_CASE("a stop signal during the start ends a server whose disk hangs" * doctest::skip(sanitized())) {
  StalledDisk disk;
  disk.server.signal(SIGTERM);
  REQUIRE(disk.server.wait(seconds(10)) == 0);
  disk.stall();
  ChildProcess starting(disk.server.command());
  REQUIRE(disk.holds_a_sync());
  starting.signal(SIGTERM);
  starting.signal(SIGINT);
  CHECK(starting.wait(seconds(5)) == 0);
  disk.resume();
  disk.server.start_again();
}

}  // namespace plenum::tests
