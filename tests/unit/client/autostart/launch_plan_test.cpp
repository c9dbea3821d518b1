#include "client/autostart/launch_plan.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <map>

#include "client/autostart/local_address.h"
#include "tests/support/process/temp_dir.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

struct Installed {
  TempDir dir;
  std::string program = dir.write("plenumd", "#!/bin/sh\n");
  std::map<std::string, std::string> environment{{"PATH", "/nowhere"}, {"HOME", "/users/a"}};

  Installed() { REQUIRE(::chmod(program.c_str(), 0755) == 0); }
  Result<LaunchPlan> plan(const std::string& own_path) const {
    return launch_plan("127.0.0.1:8080", own_path, [this](const char* name) {
      const auto found = environment.find(name);
      return found == environment.end() ? nullptr : found->second.c_str();
    });
  }
  Result<LaunchPlan> plan() const { return plan((dir.path() / "plenum").string()); }
};

}  // namespace

TEST_CASE_FIXTURE(Installed, "the server is the one beside the client, and its files are in the state directory") {
  const auto made = plan();
  REQUIRE(made);
  CHECK(made->program == program);
  CHECK(made->arguments == std::vector<std::string>{"--listen", "127.0.0.1:8080"});
  CHECK(made->directory == "/users/a/.local/state/plenum");
  CHECK(made->pid_file == "/users/a/.local/state/plenum/plenumd.pid");
  CHECK(made->log_file == "/users/a/.local/state/plenum/plenumd.log");
  environment["XDG_STATE_HOME"] = "/state";
  CHECK(plan()->directory == "/state/plenum");
  environment["XDG_STATE_HOME"] = "relative";  // must be ignored by the specification
  CHECK(plan()->directory == "/users/a/.local/state/plenum");
}

TEST_CASE_FIXTURE(Installed, "a server is searched in PATH if there is none beside the client") {
  environment["PATH"] = "/nowhere::" + dir.path().string();
  CHECK(plan("/elsewhere/plenum")->program == program);
}

TEST_CASE_FIXTURE(Installed, "the server stops when it is idle for 15 minutes, or for the time of the environment") {
  CHECK(plan()->idle_time == "15m");
  CHECK(plan()->environment == std::vector<std::string>{"PLENUM_IDLE_EXIT_MS=15m"});
  environment["PLENUM_IDLE_EXIT_MS"] = "2h";
  CHECK(plan()->idle_time == "2h");
  CHECK(plan()->environment.empty());
}

TEST_CASE_FIXTURE(Installed, "a missing program or home directory is reported with a remedy") {
  const auto missing = plan("/elsewhere/plenum");
  REQUIRE_FALSE(missing);
  CHECK(row_of(missing.error().code).exit_code == 5);
  CHECK(missing.error().message == "no server is running, and none can be started: plenumd was not found");
  CHECK(missing.error().remedy.starts_with("Install plenumd in the directory of plenum or in PATH"));
  environment.erase("HOME");
  CHECK(plan().error().message.find("HOME") != std::string::npos);
}

TEST_CASE("the default address is the one at which plenumd would listen") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "http://127.0.0.1:8080"},           {"127.0.0.1:9090", "http://127.0.0.1:9090"},
      {"localhost:81", "http://localhost:81"}, {"0.0.0.0:9090", "http://127.0.0.1:9090"},
      {"[::]:9090", "http://[::1]:9090"},      {"[::1]:9090", "http://[::1]:9090"}};
  for (const auto& [listen, url] : cases) CHECK(local_address(listen).url == url);
  CHECK(local_address("0.0.0.0:9090").listen == "0.0.0.0:9090");
  // Not an address with a fixed port: the built-in default.
  for (const char* other : {"9090", ":9090", "127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:99999", "::1:80", "a/b:80"}) {
    CAPTURE(other);
    CHECK(local_address(other).url == "http://127.0.0.1:8080");
    CHECK(local_address(other).listen == "127.0.0.1:8080");
  }
}
