#include "server/app/command_line.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <vector>

using namespace plenum::app;

namespace {

CommandLine parsed(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv = {"plenumd"};
  argv.insert(argv.end(), arguments);
  return read_command_line(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("a boolean setting is a flag without a value, which may be set to false") {
  CHECK(parsed({"--allow-public"}).flags.at("allow_public") == "true");
  CHECK(parsed({"--allow-public=false"}).flags.at("allow_public") == "false");
  CHECK(parsed({}).flags.empty());
}

TEST_CASE("other settings are passed on as text, to be validated with the table") {
  const auto line = parsed({"--heartbeat-ms", "15s", "--allowed-hosts", "a.example,b.example"});
  CHECK_FALSE(line.stop_now);
  CHECK(line.flags.at("heartbeat_ms") == "15s");
  CHECK(line.flags.at("allowed_hosts") == "a.example,b.example");
}

TEST_CASE("an unknown flag is a usage error") {
  const auto line = parsed({"--hartbeat-ms", "15s"});
  CHECK(line.stop_now);
  CHECK(line.exit_code == 2);
}
