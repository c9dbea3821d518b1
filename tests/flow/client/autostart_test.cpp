// `plenum` with no server running: it starts plenumd by itself. Every case stops the server that it caused.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

// A listening socket (or one that is only bound, with backlog < 0) on a loopback address that no other test uses, so
// that a port stays free between its choice and the start of the server.
class PrivateAddress {
 public:
  PrivateAddress() : address_("127.8" + std::to_string(::getpid() % 10) + "." + octet(8) + "." + octet(0)) {
    bind(-1);
    occupied_ = Fd();
  }
  // Another program takes the port: rejects connections with backlog < 0.
  void bind(int backlog) {
    occupied_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port_);
    REQUIRE(::inet_pton(AF_INET, address_.c_str(), &where.sin_addr) == 1);
    REQUIRE(::bind(occupied_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    if (backlog >= 0) REQUIRE(::listen(occupied_.get(), backlog) == 0);
    socklen_t size = sizeof where;
    REQUIRE(::getsockname(occupied_.get(), reinterpret_cast<sockaddr*>(&where), &size) == 0);
    port_ = ntohs(where.sin_port);
  }
  int listener() const { return occupied_.get(); }
  std::string text() const { return address_ + ":" + std::to_string(port_); }
  std::string url() const { return "http://" + text(); }

 private:
  static std::string octet(int shift) { return std::to_string(1 + ((::getpid() >> shift) & 0xFF) % 254); }

  const std::string address_;
  std::uint16_t port_ = 0;
  Fd occupied_;
};

// A user without a running server, whose state directory and default address are those of this test.
struct Machine {
  TempDir dir;
  PrivateAddress address;
  std::map<std::string, std::string> env{
      {"XDG_STATE_HOME", dir.path().string()}, {"PLENUM_CONFIG_DIR", (dir.path() / "config").string()},
      {"PLENUM_LISTEN", address.text()},       {"PLENUM_OFFLINE_TOKEN_DELAY_MS", "0"},
      {"PLENUM_SHUTDOWN_GRACE_MS", "0"},       {"PLENUM_IDLE_EXIT_MS", "10m"}};

  ~Machine() { stop_server(); }

  std::string state(std::string_view name) const { return (dir.path() / "plenum" / name).string(); }
  Command command(std::vector<std::string> args) const {
    Command command = plenum_command({}, std::move(args));
    command.env = env;  // without PLENUM_SERVER
    return command;
  }
  Finished plenum(std::vector<std::string> args) const { return run_to_end(command(std::move(args)), seconds(60)); }
  std::string text_of(const std::string& path) const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Of the server that was started last; 0: none.
  pid_t server_pid() const {
    pid_t pid = 0;
    std::ifstream(state("plenumd.pid")) >> pid;
    return pid;
  }
  // Waits until the server has ended by itself.
  bool server_ended(pid_t pid, Deadline deadline) const {
    const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process) return true;
    pollfd end{process.get(), POLLIN, 0};
    return ::poll(&end, 1, deadline.left_ms()) == 1;
  }
  void stop_server() const {
    const pid_t pid = server_pid();
    if (pid <= 0) return;
    ::kill(pid, SIGTERM);
    if (server_ended(pid, seconds(20))) return;
    ::kill(pid, SIGKILL);
    FAIL_CHECK("the started server did not stop");
  }
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE_FIXTURE(Machine, "a stored key reaches the server that is started, unless the environment has one") {
  Command set = command({"keys", "set", "openai"});
  set.stdin_text = "sk-stored-secret\n";
  CHECK(run_to_end(set, seconds(60)).exit_code == 0);
  const Finished models = plenum({"models", "--json"});
  REQUIRE_MESSAGE(models.exit_code == 0, models.err);
  bool is_present = false;
  const Json body = Json::parse(models.out);
  for (const Json& provider : body["providers"]) {
    is_present = is_present || (provider["name"] == "openai" && provider["key_present"] == true);
  }
  CHECK(is_present);
  CHECK_FALSE(has(models.out + models.err + text_of(state("plenumd.log")) + text_of(state("plenumd.variables")),
                  "sk-stored-secret"));
}

TEST_CASE_FIXTURE(Machine, "run is the first command that works: it starts a server, which outlives it") {
  const Finished run = plenum({"run", "-w", "single", "Name three birds"});
  CHECK_MESSAGE(run.exit_code == 0, run.err);
  CHECK(has(run.out, "offline"));
  CHECK(count_of(run.err, "Started a local server at " + address.url() + " (process ") == 1);
  CHECK(has(run.err, "it stops when it is unused for 10m. Log: " + state("plenumd.log")));
  CHECK(has(run.err, "key"));  // why the offline provider is used
  const pid_t server = server_pid();
  REQUIRE(server > 0);

  const Finished list = plenum({"list", "--json"});
  CHECK(list.exit_code == 0);
  CHECK(list.err.empty());  // the same server
  CHECK(Json::parse(list.out)["tasks"].size() == 1);
  CHECK(server_pid() == server);
  struct stat found {};
  REQUIRE(::stat(state("").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0700);
  CHECK(std::filesystem::exists(state("plenum.db")));
}

TEST_CASE_FIXTURE(Machine, "answers outlive the server: the next command starts another one with the same store") {
  REQUIRE(plenum({"run", "-q", "-w", "single", "Name three birds"}).exit_code == 0);
  const pid_t first = server_pid();
  stop_server();
  const Finished list = plenum({"list"});
  CHECK(list.exit_code == 0);
  CHECK(has(list.out, "Name three birds"));
  CHECK(has(list.err, "Started a local server"));
  CHECK(server_pid() != first);
}

TEST_CASE_FIXTURE(Machine, "two clients at once start one server") {
  ChildProcess one(command({"run", "-w", "single", "one"})), two(command({"run", "-w", "single", "two"}));
  CHECK(one.wait(seconds(60)) == 0);
  CHECK(two.wait(seconds(60)) == 0);
  CHECK(count_of(one.err() + two.err(), "Started a local server") == 1);
  CHECK(Json::parse(plenum({"list", "--json"}).out)["tasks"].size() == 2);
}

TEST_CASE_FIXTURE(Machine, "a started server stops by itself when it is idle, without an error") {
  env["PLENUM_IDLE_EXIT_MS"] = "200ms";
  REQUIRE(plenum({"workflows"}).exit_code == 0);
  const pid_t server = server_pid();
  REQUIRE(server > 0);
  CHECK(server_ended(server, seconds(30)));
  CHECK(has(text_of(state("plenumd.log")), "stopping: no task, subscriber or request for 200 ms"));
}

TEST_CASE_FIXTURE(Machine, "without autostart no server is started, and the error names the address") {
  for (const std::vector<std::string>& args : {std::vector<std::string>{"list", "--no-autostart"}, {"list"}}) {
    if (args.size() == 1) env["PLENUM_AUTOSTART"] = "false";
    const Finished list = plenum(args);
    CHECK(list.exit_code == 5);
    CHECK(has(list.err, "no server is reachable at " + address.url()));
    CHECK_FALSE(std::filesystem::exists(state("plenumd.pid")));
  }
}

TEST_CASE_FIXTURE(Machine, "commands that need no server, and usage errors, start none") {
  const std::string bad = dir.write("bad", "x\x96");
  CHECK(plenum({"--help"}).exit_code == 0);
  CHECK(plenum({"run", "--help"}).exit_code == 0);
  CHECK(plenum({"--version"}).exit_code == 0);
  CHECK(plenum({"run", "--persona", "p=@" + bad, "x"}).exit_code == 2);
  CHECK(plenum({"workflows", "check", bad}).exit_code == 2);
  CHECK(plenum({"--server", address.url() + "/prefix", "list"}).exit_code == 5);
  CHECK_FALSE(std::filesystem::exists(state("plenumd.pid")));
}

TEST_CASE_FIXTURE(Machine, "a port that another program holds is reported with cause and remedy") {
  address.bind(-1);
  const Finished run = plenum({"run", "x"});
  CHECK(run.exit_code == 5);
  CHECK_MESSAGE(has(run.err, "no server is running, and none can be started: "), run.err);
  CHECK(has(run.err, address.text()));
  CHECK(has(run.err, "Another program already listens"));
  CHECK(has(run.err, "PLENUM_LISTEN"));
  CHECK(has(run.err, state("plenumd.log")));
  CHECK(server_pid() == 0);
}

TEST_CASE_FIXTURE(Machine, "another program at the address is recognized and left alone") {
  address.bind(8);
  ChildProcess run(command({"list"}));
  const Fd client(::accept(address.listener(), nullptr, nullptr));
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    REQUIRE(receive(client.get(), request, seconds(20)) == Received::bytes);
  }
  REQUIRE(send_all(client.get(),
                   "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<p> ",
                   seconds(20)));
  CHECK(run.wait(seconds(60)) == 5);
  CHECK_MESSAGE(has(run.err(), "a proxy or another program answered HTTP 200 with text/html at " + address.url()),
                run.err());
  CHECK_FALSE(std::filesystem::exists(state("plenumd.pid")));
}

TEST_CASE_FIXTURE(Machine, "a store that cannot be opened is reported with cause and remedy") {
  env["PLENUM_STORE"] = "sqlite:" + dir.write("file", "") + "/plenum.db";
  const Finished run = plenum({"run", "x"});
  CHECK(run.exit_code == 5);
  CHECK_MESSAGE(has(run.err, "no server is running, and none can be started: store: "), run.err);
  CHECK(server_pid() == 0);
}

TEST_CASE_FIXTURE(Machine, "a wrong setting of the environment is reported with its name") {
  env["PLENUM_HEARTBEAT_MS"] = "often";
  const Finished run = plenum({"run", "x"});
  CHECK(run.exit_code == 5);
  CHECK_MESSAGE(has(run.err, "PLENUM_HEARTBEAT_MS"), run.err);
}

TEST_CASE_FIXTURE(Machine, "a provider key in the environment of the client reaches the server") {
  env["OPENAI_API_KEY"] = "sk-test-0123456789abcdef";
  const Finished models = plenum({"models", "openai", "--json"});
  REQUIRE_MESSAGE(models.exit_code == 0, models.err);
  CHECK(Json::parse(models.out)["providers"][0]["key_present"] == true);
}

TEST_CASE_FIXTURE(Machine, "a key that was exported after the server was started is reported as unknown to it") {
  REQUIRE(plenum({"list"}).exit_code == 0);
  const auto run = [this] { return plenum({"run", "-w", "single", "-m", "offline/sample-a", "birds"}).err; };
  CHECK_FALSE(has(run(), "was started without"));
  env["XAI_API_KEY"] = "xai-test-0123456789abcdef";
  const std::string pid = std::to_string(server_pid());
  CHECK(has(run(), "The running server (process " + pid +
                       ") was started without XAI_API_KEY. To use it, stop it with `kill " + pid +
                       "` and repeat the command."));
  stop_server();
  CHECK_FALSE(has(run(), "was started without"));  // the new server has it
}

TEST_CASE_FIXTURE(Machine, "on a terminal and with standard output in a pipe, the server holds neither") {
  Command shell = command({"-c", "\"$0\" run -q -w single birds | cat"});
  shell.args.push_back(shell.program);
  shell.program = "/bin/sh";
  const Finished piped = run_to_end(shell, seconds(60));  // ends only when no process holds the pipe
  CHECK(piped.exit_code == 0);
  CHECK(has(piped.out, "offline"));
  stop_server();
  Command terminal = command({"list"});
  terminal.on_terminal = true;
  const Finished list = run_to_end(terminal, seconds(60));
  CHECK(list.exit_code == 0);
  CHECK(has(list.out, "Started a local server"));
}

}  // namespace plenum::tests
