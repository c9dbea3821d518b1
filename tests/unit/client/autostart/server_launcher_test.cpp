// The launcher with shell scripts in place of plenumd. No script outlives its test.
#include "client/autostart/server_launcher.h"

#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/net/sockets.h"
#include "tests/support/process/temp_dir.h"
#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/scripted_server.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

// An address at which nothing listens: the port is bound, but not listened on.
struct UnusedAddress {
  std::uint16_t port = 0;
  UnusedAddress() { listen_loopback(port); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }
};

struct Launch {
  TempDir dir;
  UnusedAddress nowhere;
  ManualWaiter waiting;
  LaunchPlan plan;

  Launch() {
    plan.directory = dir.path() / "state" / "plenum";
    plan.pid_file = plan.directory + "/plenumd.pid";
    plan.log_file = plan.directory + "/plenumd.log";
    plan.arguments = {"--listen", "127.0.0.1:1"};
    plan.environment = {"IDLE=15m"};
  }
  Result<StartedServer> start(std::string_view script) { return start_at(nowhere.url(), script); }
  Result<StartedServer> start_at(const std::string& url, std::string_view script) {
    plan.program = dir.write("plenumd", "#!/bin/sh\ncd " + dir.path().string() + "\n" + std::string(script));
    REQUIRE(::chmod(plan.program.c_str(), 0755) == 0);
    auto started = ServerLauncher(plan, url, waiting).start();
    if (started && started->pid > 0) ::waitpid(started->pid, nullptr, 0);
    return started;
  }
  std::string text_of(const std::string& path) const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string written(std::string_view name) const { return text_of((dir.path() / name).string()); }
  int permissions_of(const std::string& path) const {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Launch, "a started server gets its arguments, the environment and a session of its own") {
  REQUIRE(::setenv("TEST_PROVIDER_KEY", "k", 1) == 0);
  const auto started = start(
      "echo \"$@\" > arguments; echo $IDLE $TEST_PROVIDER_KEY > environment\n"
      "cut -d' ' -f6 /proc/$$/stat > session; readlink /proc/$$/fd/0 > input; ls /proc/$$/fd > descriptors\n"
      "echo 'time info no key is set' >&2; echo plenumd ready on x\n");
  REQUIRE(::unsetenv("TEST_PROVIDER_KEY") == 0);
  REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error().message));
  CHECK(started->pid > 0);
  CHECK(started->notices == std::vector<std::string>{"no key is set"});
  CHECK(written("arguments") == "--listen 127.0.0.1:1\n");
  CHECK(written("environment") == "15m k\n");
  CHECK(written("session") == std::to_string(started->pid) + "\n");
  CHECK(written("input") == "/dev/null\n");
  CHECK(text_of(plan.pid_file) == std::to_string(started->pid) + "\n");
}

TEST_CASE_FIXTURE(Launch, "a started server holds no other descriptor of the client") {
  int pipe_of_client[2];
  REQUIRE(::pipe(pipe_of_client) == 0);
  REQUIRE(start("test -e /proc/$$/fd/" + std::to_string(pipe_of_client[1]) +
                " && echo open > inherited\necho plenumd ready on x\n"));
  CHECK(written("inherited").empty());
  for (const int fd : pipe_of_client) ::close(fd);
}

TEST_CASE_FIXTURE(Launch, "its directory and files are for this user only") {
  REQUIRE(start("echo plenumd ready on x\n"));
  CHECK(permissions_of(plan.directory) == 0700);
  CHECK(permissions_of(plan.log_file) == 0600);
  CHECK(permissions_of(plan.pid_file) == 0600);
}

TEST_CASE_FIXTURE(Launch, "a server that does not start is reported with its cause, its remedy and its log") {
  const auto started = start("echo 'plenumd: the store is broken' >&2; echo 'Repair it.' >&2; exit 2\n");
  REQUIRE_FALSE(started);
  CHECK(row_of(started.error().code).exit_code == 5);
  CHECK(started.error().message == "no server is running, and none can be started: the store is broken");
  CHECK(started.error().remedy == "Repair it. Its log is " + plan.log_file + ".");
}

TEST_CASE_FIXTURE(Launch, "several errors of a server are all reported, with its remedy") {
  const auto started = start("printf 'plenumd: a: wrong\\nb: wrong\\nCorrect them.\\n' >&2; exit 2\n");
  REQUIRE_FALSE(started);
  CHECK(started.error().message ==
        "no server is running, and none can be started: a: wrong\n  b: wrong\nCorrect them. Its log is " +
            plan.log_file + ".");
}

TEST_CASE_FIXTURE(Launch, "a server that ends without a word is reported with its exit code or signal") {
  CHECK(start("exit 3\n").error().message.ends_with("plenumd did not start: it exited with code 3"));
  CHECK(start("kill -9 $$\n").error().message.ends_with("plenumd did not start: it was ended by signal 9"));
}

TEST_CASE_FIXTURE(Launch, "a second attempt succeeds where a stopping server still held the store") {
  const auto started = start("test -e tried && { echo plenumd ready on x; exit; }; touch tried; exit 2\n");
  CHECK(started.has_value());
  CHECK(waiting.pauses.size() == 1);
}

TEST_CASE_FIXTURE(Launch, "no server is started where a program listens already") {
  ScriptedServer server([](const ScriptedRequest&, ScriptedReply& reply, int) { reply.answer(200, "text/plain", ""); });
  const auto started = start_at(server.url(), "touch ran\n");
  REQUIRE(started);
  CHECK(started->pid == 0);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "ran"));
}

TEST_CASE_FIXTURE(Launch, "while another client starts a server, this one waits and can be interrupted") {
  REQUIRE(std::filesystem::create_directories(plan.directory));
  const Fd other(::open(plan.pid_file.c_str(), O_RDWR | O_CREAT, 0600));
  REQUIRE(::flock(other.get(), LOCK_EX) == 0);
  waiting.pauses_max = 3;
  const auto started = start("touch ran\n");
  REQUIRE_FALSE(started);
  CHECK(started.error().code == ErrorCode::cancelled);
  CHECK(waiting.pauses.size() == 3);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "ran"));
}

TEST_CASE_FIXTURE(Launch, "a stop request ends the wait for a starting server, and not the server") {
  struct Stopped final : ManualWaiter {
    Stopped() {
      REQUIRE(::pipe(wake) == 0);
      REQUIRE(::write(wake[1], "x", 1) == 1);
    }
    ~Stopped() override {
      for (const int fd : wake) ::close(fd);
    }
    // Once the server has been started.
    int wake_fd() const override {
      std::error_code error;
      return std::filesystem::file_size(pid_file, error) > 0 && !error ? wake[0] : -1;
    }
    bool woken() override { return false; }
    int wake[2]{};
    std::string pid_file;
  } stopped;
  stopped.pid_file = plan.pid_file;
  plan.program = dir.write("plenumd", "#!/bin/sh\nread -r line < \"" + (dir.path() / "gate").string() + "\"\nexit 7\n");
  REQUIRE(::chmod(plan.program.c_str(), 0755) == 0);
  const std::string gate = (dir.path() / "gate").string();
  REQUIRE(::mkfifo(gate.c_str(), 0600) == 0);
  const auto started = ServerLauncher(plan, nowhere.url(), stopped).start();
  REQUIRE_FALSE(started);
  CHECK(started.error().code == ErrorCode::cancelled);
  const pid_t server = std::stoi(text_of(plan.pid_file));
  std::ofstream(gate) << "go\n";  // it still waits for this line
  int status = 0;
  REQUIRE(::waitpid(server, &status, 0) == server);
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE_FIXTURE(Launch, "a long log is renamed before the next start") {
  REQUIRE(std::filesystem::create_directories(plan.directory));
  std::ofstream(plan.log_file) << std::string(2 << 20, 'x');
  REQUIRE(start("echo 'a line' >&2; echo plenumd ready on x\n"));
  CHECK(text_of(plan.log_file) == "a line\n");
  CHECK(std::filesystem::file_size(plan.log_file + ".1") == 2 << 20);
}

TEST_CASE_FIXTURE(Launch, "a directory that cannot be created is reported with a remedy") {
  plan.directory = dir.write("file", "") + "/plenum";
  plan.pid_file = plan.directory + "/plenumd.pid";
  const auto started = start("touch ran\n");
  REQUIRE_FALSE(started);
  CHECK(row_of(started.error().code).exit_code == 5);
  CHECK(started.error().message.find("cannot be created") != std::string::npos);
  CHECK(started.error().remedy.find("XDG_STATE_HOME") != std::string::npos);
}
