// What the server serves and reports while its disk hangs. The disk hangs until the test lets it continue, so a
// response proves that nothing waited for it.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/process/stalled_disk.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

namespace {

constexpr int waiting_tasks = 100;  // more than there are write threads
const std::string key = "the-key";
const Settings quick_timeout{{"response_timeout_ms", "300"}};

Json server_status(const StalledDisk& disk) { return get(disk.server.port(), api::server_status).json(); }

std::string finished_task(const StalledDisk& disk) {
  const std::string id = disk.submit("The first task.");
  SseReader reader(disk.server.port(), api::with_id(api::events, id));
  REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
  return id;
}

std::size_t task_count(const StalledDisk& disk) {
  return get(disk.server.port(), std::string(api::tasks) + "?limit=100").json()["tasks"].size();
}

}  // namespace

TEST_CASE("while the disk hangs and submissions wait, health checks, reads and new subscribers are served" *
          doctest::skip(sanitized())) {
  const StalledDisk disk;
  const std::string id = finished_task(disk);
  disk.stall();
  std::vector<HttpConnection> waiting;
  for (int i = 0; i < waiting_tasks; ++i) waiting.push_back(disk.send_task("Task " + std::to_string(i)));
  REQUIRE(disk.holds_a_sync());
  REQUIRE(
      eventually([&] { return server_status(disk)["connections"]["requests_total"] > waiting_tasks; }, seconds(10)));
  for (const std::string& path :
       {std::string(api::livez), std::string(api::readyz), std::string(api::server_status), std::string(api::tasks),
        api::with_id(api::status, id), api::with_id(api::snapshot, id), api::with_id(api::result, id)}) {
    CAPTURE(path);
    CHECK(get(disk.server.port(), path).status == 200);
  }
  SseReader subscriber(disk.server.port(), api::with_id(api::events, id));
  CHECK(subscriber.read_all(seconds(10)) == StreamEnd::finished);
  disk.resume();
  for (HttpConnection& connection : waiting)
    CHECK(connection.read_reply(seconds(30)).value_or(HttpReply()).status == 202);
}

TEST_CASE("a submission that the disk holds past the response timeout is 504, and its key returns the task" *
          doctest::skip(sanitized())) {
  const StalledDisk disk(quick_timeout);
  disk.stall();
  HttpConnection connection = disk.send_task("A task.", {{"Idempotency-Key", key}});
  const auto late = connection.read_reply();
  REQUIRE(late);
  CHECK(late->status == 504);
  CHECK(late->json()["code"] == "timeout");
  disk.resume();
  std::optional<HttpReply> repeated;
  const auto is_known = [&] {
    HttpConnection again = disk.send_task("A task.", {{"Idempotency-Key", key}});
    repeated = again.read_reply();
    return repeated && repeated->status == 202;
  };
  REQUIRE(eventually(is_known, seconds(30)));
  CHECK(repeated->header("idempotency-replayed") == "true");
  CHECK(task_count(disk) == 1);
}

TEST_CASE("a deletion and a cancel that the disk holds are 504 and take effect" * doctest::skip(sanitized())) {
  const StalledDisk disk(quick_timeout);
  const std::string removed = finished_task(disk);
  const std::string cancelled = disk.submit("A task that does not end.", "m2");
  SseReader reader(disk.server.port(), api::with_id(api::events, cancelled));
  REQUIRE(read_text(reader, "half "));
  disk.stall();
  const HttpReply deletion = fetch(disk.server.port(), request_text("DELETE", std::string(api::task) + "/" + removed));
  CHECK(deletion.status == 504);
  CHECK(post(disk.server.port(), api::with_id(api::cancel, cancelled)).status == 504);
  disk.resume();
  const auto status_of = [&](const std::string& id) { return get(disk.server.port(), api::with_id(api::status, id)); };
  CHECK(eventually([&] { return status_of(removed).status == 410; }, seconds(10)));
  CHECK(eventually([&] { return status_of(cancelled).json()["status"] == "cancelled"; }, seconds(10)));
}

TEST_CASE("plenum repeats a submission whose outcome is unknown, and the task runs once" * doctest::skip(sanitized())) {
  const StalledDisk disk(quick_timeout);
  disk.stall();
  ChildProcess client(plenum_command(disk.server.url(), {"run", "-m", "bench/m1", "-w", "single", "Say something."}));
  REQUIRE(eventually([&] { return server_status(disk)["connections"]["rejected_total"].contains("timeout"); },
                     seconds(10)));
  disk.resume();
  CHECK(client.wait(seconds(30)) == 0);
  CHECK(client.out().find("An answer.") != std::string::npos);
  CHECK(task_count(disk) == 1);
}

}  // namespace plenum::tests
