#include "tests/flow/process/stalled_disk.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

std::filesystem::path flag_in(const TempDir& dir) { return dir.path() / "stall"; }

Settings with_durable_store(Settings settings, const TempDir& dir) {
  settings["store"] = "\"sqlite:" + (dir.path() / "plenum.db").string() + "\"";
  settings.emplace("shutdown_grace_ms", "0");
  return settings;
}

}  // namespace

StalledDisk::StalledDisk(Settings settings, bool err_is_stuck)
    : server({.settings = with_durable_store(std::move(settings), dir),
              .tables = provider_table("bench", upstream.base_url()),
              .env = {{"LD_PRELOAD", STALLED_SYNC_PATH}, {"PLENUM_STALL_SYNC", flag_in(dir).string()}},
              .err_is_stuck = err_is_stuck}) {
  upstream.on({.model = "m1"}, whole_answer("An answer."));
  upstream.on({.model = "m2"}, Script::stream().words({"half "}).never_end());
}

StalledDisk::~StalledDisk() { resume(); }

void StalledDisk::stall() const {
  std::filesystem::remove(flag_in(dir).string() + ".held");
  std::ofstream(flag_in(dir)) << "stalled";
}

void StalledDisk::resume() const { std::filesystem::remove(flag_in(dir)); }

bool StalledDisk::holds_a_sync() const {
  return eventually([&] { return std::filesystem::exists(flag_in(dir).string() + ".held"); }, seconds(10));
}

HttpConnection StalledDisk::send_task(const std::string& task, const Headers& headers) const {
  HttpConnection connection(server.port());
  if (!connection.send(request_text("POST", api::task, task_body("single", task), headers))) {
    throw Failure("the submission could not be sent");
  }
  return connection;
}

std::string StalledDisk::submit(const std::string& task, const std::string& model) const {
  const std::string members = R"("members":["bench/)" + model + R"("])";
  const HttpReply reply = post(server.port(), api::task, task_body("single", task, members));
  if (reply.status != 202) throw Failure("POST gave " + std::to_string(reply.status) + ": " + reply.body);
  return reply.json()["stream_id"].get<std::string>();
}

}  // namespace plenum::tests
