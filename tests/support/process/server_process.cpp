#include "tests/support/process/server_process.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <cstdlib>

#include "tests/support/failure.h"

namespace plenum::tests {

std::string provider_table(std::string_view name, std::string_view base_url, std::string_view more) {
  std::string text =
      "[providers." + std::string(name) + "]\nkind = \"openai\"\nbase_url = \"" + std::string(base_url) + "\"\n";
  return text.append(more).append("\n");
}

ServerProcess::ServerProcess(const ServerOptions& options) {
  std::string config;
  auto settings = options.settings;
  settings.emplace("cache_bytes_max", "0");  // repeated requests of a test must reach the upstream
  settings.emplace("store", "\"memory\"");   // what is about the store names one
  for (const auto& [name, value] : settings) config += name + " = " + value + "\n";
  command_.program = PLENUMD_PATH;
  command_.args = {"--listen", "127.0.0.1:0", "--config", dir_.write("plenum.toml", config + "\n" + options.tables)};
  command_.args.insert(command_.args.end(), options.args.begin(), options.args.end());
  command_.env = options.env;
  command_.err_is_stuck = options.err_is_stuck;
  start();
}

void ServerProcess::start() {
  process_ = std::make_unique<ChildProcess>(command_);
  constexpr std::string_view ready = "plenumd ready on http://127.0.0.1:";
  if (!process_->wait_for_out("\n", seconds(20)) || process_->out().compare(0, ready.size(), ready) != 0) {
    throw Failure("plenumd did not get ready; its output:\n" + process_->out() + process_->err());
  }
  port_ = static_cast<std::uint16_t>(std::atoi(process_->out().c_str() + ready.size()));
}

void ServerProcess::kill_at_once() {
  process_->signal(SIGKILL);
  if (!process_->wait(seconds(10))) throw Failure("plenumd outlived SIGKILL");
  killed_ = true;
}

void ServerProcess::start_again() {
  start();
  killed_ = false;
}

ServerProcess::~ServerProcess() {
  if (killed_) return;
  if (process_->running()) process_->signal(SIGTERM);
  std::optional<int> code = process_->wait(seconds(30));
  bool well =
      code == 0 && log().find("Sanitizer") == std::string::npos && log().find("runtime error:") == std::string::npos;
  if (well) return;
  // A destructor must not throw, so this is a check and not a requirement.
  std::string how = code ? "ended with " + std::to_string(*code) : "had not ended 30 s after SIGTERM";
  FAIL_CHECK("plenumd " << how << "; its log:\n" << log());
}

}  // namespace plenum::tests
