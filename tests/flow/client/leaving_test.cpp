// Leaving the terminal client in every way, then the command that it printed.
#include <doctest/doctest.h>
#include <signal.h>

#include <optional>
#include <regex>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"
#include "tests/support/failure.h"
#include "tests/support/net/tcp_proxy.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

constexpr int members = 3;

std::string word(int member, int number) {
  return std::string(1, static_cast<char>('a' + member)) + std::to_string(number);
}

struct Leaving : World {
  Latch more{"more"};
  TempDir dir;

  Leaving() {
    for (int i = 0; i < members; ++i) {
      upstream.next(Script::stream()
                        .words({word(i, 1) + " ", word(i, 2) + " "})
                        .wait_for(more)
                        .words({word(i, 3) + " ", word(i, 4)})
                        .finish());
    }
    upstream.always(whole_answer("the synthesis"));
  }

  // On a terminal without an own position control, whose texts are written one after the other.
  Command command(std::vector<std::string> args, const std::string& url = {}) const {
    Command command = plenum_command(url.empty() ? server.url() : url, std::move(args), {},
                                     {{"TERM", "dumb"}, {"XDG_STATE_HOME", dir.path().string()}});
    command.on_terminal = true;
    return command;
  }
  std::vector<std::string> run_args() const {
    return {"run", "-w", "synthesize", "-m", "bench/m1,bench/m2,bench/m3", "task", "--retry-for", "1s"};
  }
  // Until every member has written: the server has sent all of it, the client holds back what is not its turn.
  void wait_until_written(const std::string& id) const {
    for (int i = 0; i < members; ++i) {
      SseReader reader = events(id);
      REQUIRE(read_text(reader, word(i, 2) + " "));
    }
  }
  // The arguments of the command that the screen shows last.
  static std::vector<std::string> printed_command(const std::string& screen) {
    static const std::regex form("plenum (attach) ([0-9a-f-]{36})(?: (--after) ([0-9]+))?");
    std::vector<std::string> args;
    for (std::sregex_iterator at(screen.begin(), screen.end(), form), end; at != end; ++at) {
      args.clear();
      for (std::size_t i = 1; i < at->size(); ++i) {
        if ((*at)[i].matched) args.push_back((*at)[i]);
      }
    }
    return args;
  }
  // The id of the stream, of which the screen shows the beginning.
  std::string id_on(const std::string& screen) const {
    static const std::regex form("Stream ([0-9a-f-]{8,36})");
    std::smatch match;
    REQUIRE(std::regex_search(screen, match, form));
    const Json tasks = get(std::string(api::tasks)).json()["tasks"];
    for (const Json& task : tasks) {
      const auto id = task["stream_id"].get<std::string>();
      if (id.starts_with(match[1].str())) return id;
    }
    throw tests::Failure("no task has the id on the screen: " + match[1].str());
  }
  void check_whole(const std::string& screens) const {
    for (int i = 0; i < members; ++i) {
      for (int number = 1; number <= 4; ++number) {
        CHECK_MESSAGE(screens.find(word(i, number)) != std::string::npos, word(i, number) << " in " << screens);
      }
    }
  }
};

}  // namespace

TEST_CASE_FIXTURE(Leaving, "left by a signal, what was on the screen and what the printed command shows is all of it") {
  std::vector<int> signals;
  SUBCASE("SIGTERM") { signals = {SIGTERM}; }
  SUBCASE("a closed terminal") { signals = {SIGHUP}; }
  SUBCASE("Ctrl-\\") { signals = {SIGQUIT}; }
  ChildProcess run(command(run_args()));
  REQUIRE(run.wait_for_out(" · ", seconds(30)));
  REQUIRE(run.wait_for_out("1 ", seconds(30)));
  wait_until_written(id_on(run.out()));
  for (const int number : signals) run.signal(number);
  CHECK(run.wait(seconds(30)) == 130);
  const std::string first = run.out();
  CHECK_MESSAGE(first.find("The task continues.") != std::string::npos, first);
  more.open();
  const Finished attached = run_to_end(command(printed_command(first)), seconds(60));
  CHECK(attached.exit_code == 0);
  check_whole(first + attached.out);
}

TEST_CASE_FIXTURE(Leaving, "after a lost server, the printed command shows the rest once it is reachable again") {
  std::optional<TcpProxy> proxy(std::in_place, server.port());
  ChildProcess run(command(run_args(), "http://127.0.0.1:" + std::to_string(proxy->port())));
  REQUIRE(run.wait_for_out("1 ", seconds(30)));
  wait_until_written(id_on(run.out()));
  proxy.reset();
  CHECK(run.wait(seconds(60)) == 5);
  const std::string first = run.out();
  more.open();
  std::vector<std::string> args = printed_command(first);
  REQUIRE_MESSAGE(args.size() >= 2, first);
  const Finished attached = run_to_end(command(args), seconds(60));
  CHECK(attached.exit_code == 0);
  check_whole(first + attached.out);
}

TEST_CASE_FIXTURE(Leaving, "after a closed terminal, the next command on a terminal shows how to follow the task") {
  Command closed = command(run_args());
  closed.args.insert(closed.args.begin(), {"-c", "exec \"$0\" \"$@\" 2>/dev/full", closed.program});
  closed.program = "/bin/sh";
  ChildProcess run(closed);
  REQUIRE(run.wait_for_out("1 ", seconds(30)));
  run.signal(SIGHUP);
  CHECK(run.wait(seconds(30)) == 130);
  const std::string hint = "Follow it again with: plenum attach ";
  const Finished list = run_to_end(command({"list"}), seconds(60));
  CHECK_MESSAGE(list.out.find(hint) != std::string::npos, list.out);
  CHECK(run_to_end(command({"list"}), seconds(60)).out.find(hint) == std::string::npos);
  more.open();
}

}  // namespace plenum::tests
