#include "tests/crash/server_life.h"

#include <signal.h>

#include <cstdlib>

#include "tests/support/failure.h"

namespace plenum::tests {

std::string bench_table(const std::string& base_url) {
  return "[providers.bench]\nkind = \"openai\"\nbase_url = \"" + base_url + "\"\n";
}

std::string sqlite_store(const std::string& directory) { return "sqlite:" + directory + "/plenum.db"; }

void ServerLife::start() {
  std::string config;
  auto settings = options_.settings;
  settings.emplace("cache_bytes_max", "0");  // every call must reach the upstream
  settings.emplace("shutdown_grace_ms", "0");
  for (const auto& [name, value] : settings) config += name + " = " + value + "\n";
  Command command;
  command.program = PLENUMD_PATH;
  command.args = {"--listen", "127.0.0.1:" + std::to_string(port_),
                  "--config", dir_.write("plenum.toml", config + "\n" + options_.tables),
                  "--store",  options_.store};
  command.env = options_.env;
  ready_ = false;
  ++number_;
  process_ = std::make_unique<ChildProcess>(command);
}

bool ServerLife::ready() {
  if (ready_) return true;
  const std::string output = process_->out();
  constexpr std::string_view words = "plenumd ready on http://127.0.0.1:";
  if (output.find('\n') == std::string::npos) {
    if (running()) return false;
    throw Failure("plenumd ended with " + std::to_string(exit_code().value_or(-1)) +
                  " instead of getting ready; its output:\n" + process_->out() + process_->err());
  }
  if (output.compare(0, words.size(), words) != 0) throw Failure("unexpected output of plenumd: " + output);
  port_ = static_cast<std::uint16_t>(std::atoi(output.c_str() + words.size()));
  return ready_ = true;
}

bool ServerLife::wait_until_ready(Deadline deadline) {
  while (!ready()) {
    if (deadline.over()) return false;
    process_->wait_for_out("\n", milliseconds(5));
  }
  return true;
}

void ServerLife::kill_at_once() {
  process_->signal(SIGKILL);
  process_->wait(seconds(20));
}

std::optional<int> ServerLife::stop(Deadline deadline) {
  process_->signal(SIGTERM);
  return process_->wait(deadline);
}

}  // namespace plenum::tests
