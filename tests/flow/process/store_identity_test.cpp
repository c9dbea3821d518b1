// Two servers, or one server and a maintenance script, at the files of one store.
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"
#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

std::string path_in(const TempDir& dir, const char* name) { return (dir.path() / name).string(); }

ServerOptions with_store(const std::string& path) {
  return {.settings = {{"store", "\"sqlite:" + path + "\""}, {"shutdown_grace_ms", "0"}},
          .tables = provider_table("bench", "http://127.0.0.1:9/v1")};
}

HttpReply submit(const ServerProcess& server) {
  return post(server.port(), api::task, task_body("single", "Say something."));
}

}  // namespace

TEST_CASE("one of two servers with the same file under two names does not start") {
  const TempDir dir;
  ServerProcess first(with_store(path_in(dir, "plenum.db")));
  std::filesystem::create_hard_link(path_in(dir, "plenum.db"), path_in(dir, "link.db"));
  CHECK_THROWS_WITH_AS(ServerProcess(with_store(path_in(dir, "link.db"))), doctest::Contains("another process uses"),
                       Failure);
}

TEST_CASE("a second server does not start after the lock file was removed") {
  const TempDir dir;
  ServerProcess first(with_store(path_in(dir, "plenum.db")));
  std::filesystem::remove(path_in(dir, "plenum.db-lock"));
  CHECK_THROWS_WITH_AS(ServerProcess(with_store(path_in(dir, "plenum.db"))), doctest::Contains("another process uses"),
                       Failure);
}

TEST_CASE("a server whose file was removed is not ready and accepts no task, and stops as usual") {
  const TempDir dir;
  ServerProcess server(with_store(path_in(dir, "plenum.db")));
  REQUIRE(submit(server).status == 202);
  for (const char* name : {"plenum.db", "plenum.db-wal", "plenum.db-shm"}) std::filesystem::remove(path_in(dir, name));
  const HttpReply reply = submit(server);
  CHECK(reply.status == 503);
  CHECK(reply.json()["code"] == "store-unavailable");
  CHECK(reply.json()["detail"].get<std::string>().find("plenum.db was removed") != std::string::npos);
  CHECK(get(server.port(), api::readyz).status == 503);
  CHECK(get(server.port(), api::livez).status == 200);
  server.signal(SIGTERM);
  CHECK(server.wait(seconds(20)) == 0);
}

TEST_CASE("a server whose file was replaced by a backup is not ready until it is started again") {
  const TempDir dir;
  ServerProcess server(with_store(path_in(dir, "plenum.db")));
  std::filesystem::copy_file(path_in(dir, "plenum.db"), path_in(dir, "backup.db"));
  std::filesystem::rename(path_in(dir, "backup.db"), path_in(dir, "plenum.db"));
  REQUIRE(eventually([&] { return get(server.port(), api::readyz).status == 503; }, seconds(20)));
  CHECK(submit(server).status == 503);
  server.signal(SIGTERM);
  REQUIRE(server.wait(seconds(20)) == 0);
  server.start_again();
  CHECK(submit(server).status == 202);
}

}  // namespace plenum::tests
