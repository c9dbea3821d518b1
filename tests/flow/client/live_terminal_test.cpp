// The live view and the full-screen view of the real client in a real terminal multiplexer.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/types.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

// A tmux server with one window, in which a shell runs.
class Tmux {
 public:
  Tmux(std::size_t columns, std::size_t rows, std::map<std::string, std::string> env) : env_(std::move(env)) {
    run({"-f", "/dev/null", "new-session", "-d", "-x", std::to_string(columns), "-y", std::to_string(rows), "/bin/sh"});
  }
  ~Tmux() { run({"kill-server"}); }
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;

  void type(const std::string& line) {
    run({"send-keys", "-l", line});
    run({"send-keys", "Enter"});
  }
  void key(const std::string& name) { run({"send-keys", name}); }
  void resize(std::size_t columns, std::size_t rows) {
    run({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
  }
  std::string screen() const { return run({"capture-pane", "-p"}); }
  // With the scrollback; lines that the terminal wrapped are joined.
  std::string everything() const { return run({"capture-pane", "-p", "-J", "-S", "-1000"}); }
  // Of the cursor and of automatic wrapping, 1 or 0 each.
  std::string modes() const { return run({"display-message", "-p", "#{cursor_flag}#{wrap_flag}#{alternate_on}"}); }
  bool wait_for(const std::string& text) const {
    return eventually([&] { return everything().find(text) != std::string::npos; }, seconds(20));
  }

 private:
  std::string run(std::vector<std::string> args) const {
    std::vector<std::string> all{"tmux", "-u", "-S", directory_.path().string() + "/socket"};
    all.insert(all.end(), args.begin(), args.end());
    return run_to_end({"/usr/bin/env", std::move(all), env_, {}}, seconds(20)).out;
  }

  const std::map<std::string, std::string> env_;
  const TempDir directory_;
};

std::size_t times_in(const std::string& text, std::string_view words) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(words, at)) != text.npos; at += words.size()) ++count;
  return count;
}

struct LiveTerminal : World {
  LiveTerminal() {
    // Two members answer half, and the rest on demand; the third one merges.
    for (const char* model : {"m1", "m2"}) {
      upstream.on({.model = model}, Script::stream().text("First half. ").wait_for(more).text("Second half.").finish());
    }
    upstream.on({.model = "m3"}, Script::stream().text("The **merged** text.").finish());
  }
  ~LiveTerminal() { more.open(); }

  Tmux open(std::size_t columns, std::size_t rows) const {
    return Tmux(columns, rows, {{"PLENUM_SERVER", server.url()}, {"PS1", "$ "}, {"LC_ALL", "C.UTF-8"}});
  }
  std::string run_line() const {
    return plenum_command(server.url(), {}).program +
           " run -w synthesize -m bench/m1,bench/m2 --chairman bench/m3 'Which one is it?'";
  }

  Latch more{"more"};
};

}  // namespace

TEST_CASE_FIXTURE(LiveTerminal,
                  "in tmux every member has a row, also after a resize, and the end has everything once") {
  Tmux tmux = open(100, 30);
  tmux.type(run_line());
  REQUIRE(tmux.wait_for("First half."));
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "First half.") == 2; }, seconds(20)));
  CHECK(tmux.modes() == "010\n");
  tmux.resize(60, 20);
  // A row per member, each with its words on a line below, as only the narrow form has them.
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "\n  First half.") == 2; }, seconds(20)));
  CHECK(times_in(tmux.screen(), "bench/m1 ") == 1);
  more.open();
  REQUIRE(tmux.wait_for("Done · "));
  const std::string text = tmux.everything();
  CHECK(times_in(text, "▸ Which one is it?") == 1);
  CHECK(times_in(text, "✓ bench/m1 · answered") == 1);
  CHECK(times_in(text, "✓ bench/m2 · answered") == 1);
  CHECK(times_in(text, "\nThe merged text.\n") == 1);
  CHECK(text.find("✓ bench/m1") < text.find("The merged text."));
  CHECK(tmux.modes() == "110\n");
}

TEST_CASE_FIXTURE(LiveTerminal, "Ctrl-Z gives the terminal back to the shell, and fg draws the rows again") {
  Tmux tmux = open(80, 24);
  tmux.type(run_line());
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "First half.") == 2; }, seconds(20)));
  tmux.key("C-z");
  REQUIRE(tmux.wait_for("Stopped"));
  CHECK(tmux.modes() == "110\n");
  CHECK(times_in(tmux.everything(), "First half.") == 0);
  tmux.type("fg");
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "First half.") == 2; }, seconds(20)));
  more.open();
  CHECK(tmux.wait_for("Done · "));
}

TEST_CASE_FIXTURE(LiveTerminal, "the live view is used on a terminal with a cursor, unless lines are preferred") {
  more.open();
  struct Choice {
    std::map<std::string, std::string> env;
    const char* option;
    bool live;
  };
  const Choice choices[] = {{{{"TERM", "xterm"}}, "--show-reasoning", true},
                            {{{"TERM", "xterm"}}, "--plain", false},
                            {{{"TERM", "xterm"}}, "--quiet", false},
                            {{{"TERM", "xterm"}}, "--json", false},
                            {{{"TERM", "xterm"}, {"PLENUM_PLAIN", "1"}}, "--show-reasoning", false},
                            {{{"TERM", "dumb"}}, "--show-reasoning", false},
                            {{}, "--show-reasoning", false}};
  int number = 0;
  for (const Choice& choice : choices) {
    CAPTURE(choice.option);
    const std::string task = "Task " + std::to_string(++number);  // none is answered from the cache
    Command command =
        plenum_command(server.url(), {"run", "-w", "single", "-m", "bench/m3", choice.option, task}, {}, choice.env);
    command.on_terminal = true;
    const Finished run = run_to_end(command, seconds(60));
    CHECK(run.exit_code == 0);
    CHECK(run.out.find("merged") != std::string::npos);
    CHECK((run.out.find("\x1b[?25l") != std::string::npos) == choice.live);
    CHECK((run.out.find("\x1b[?25h") != std::string::npos) == choice.live);
  }
  Command command =
      plenum_command(server.url(), {"run", "-w", "single", "-m", "bench/m3", "Which one?"}, {}, {{"TERM", "xterm"}});
  CHECK(run_to_end(command, seconds(60)).out == "The **merged** text.\n");  // a pipe
}

TEST_CASE_FIXTURE(LiveTerminal, "every way out writes what was received and shows the cursor") {
  for (const int signal_number : {SIGTERM, SIGHUP, SIGQUIT, SIGINT}) {
    CAPTURE(signal_number);
    const TempDir directory;
    const std::string pid_file = directory.path().string() + "/pid";
    const std::string script =
        directory.write("run.sh", "echo $$ > " + pid_file + ".new; mv " + pid_file + ".new " + pid_file + "; exec " +
                                      run_line() + " --on-interrupt leave\n");
    Tmux tmux = open(80, 24);
    tmux.type("sh " + script);
    REQUIRE(eventually([&] { return times_in(tmux.screen(), "First half.") == 2; }, seconds(20)));
    pid_t client = 0;
    std::ifstream(pid_file) >> client;
    REQUIRE(client > 0);
    REQUIRE(::kill(client, signal_number) == 0);
    REQUIRE(tmux.wait_for("plenum attach "));
    const std::string text = tmux.everything();
    CHECK(times_in(text, "First half.") == 2);
    CHECK(text.find("– bench/m1 · unfinished") != std::string::npos);
    CHECK(eventually([&] { return tmux.modes() == "110\n"; }, seconds(20)));
  }
}

TEST_CASE_FIXTURE(LiveTerminal, "--full takes keys on the whole screen, and q gives the screen back with the answer") {
  Tmux tmux = open(100, 30);
  tmux.type(run_line() + " --full; echo rc=$?; stty -a");
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "First half.") == 1; }, seconds(20)));
  CHECK(tmux.modes() == "001\n");
  tmux.key("2");
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "┬── bench/m2 ─") == 1; }, seconds(20)));
  tmux.resize(60, 20);
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "\n── bench/m2 ─") == 1; }, seconds(20)));
  tmux.key("Up");
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "\n── bench/m1 ─") == 1; }, seconds(20)));
  more.open();
  REQUIRE(tmux.wait_for("The run has ended."));
  tmux.key("q");
  REQUIRE(tmux.wait_for("rc=0"));
  REQUIRE(tmux.wait_for(" icanon"));
  const std::string text = tmux.everything();
  CHECK(times_in(text, "▸ Which one is it?") == 1);
  CHECK(times_in(text, "✓ bench/m1 · answered") == 1);
  CHECK(times_in(text, "\nThe merged text.\n") == 1);
  CHECK(times_in(text, "── bench/m1") == 0);
  CHECK(text.find(" echo ") != std::string::npos);
  CHECK(tmux.modes() == "110\n");
}

TEST_CASE_FIXTURE(LiveTerminal,
                  "q during a run does not cancel the task: exit code 0, and all text in the scrollback") {
  Tmux tmux = open(80, 24);
  tmux.type(run_line() + " --full; echo rc=$?");
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "First half.") == 1; }, seconds(20)));
  tmux.key("q");
  REQUIRE(tmux.wait_for("rc=0"));
  const std::string text = tmux.everything();
  CHECK(times_in(text, "First half.") == 2);
  CHECK(text.find("The task continues. Follow it again with: plenum attach ") != std::string::npos);
  CHECK(tmux.modes() == "110\n");
}

TEST_CASE_FIXTURE(LiveTerminal, "Ctrl-Z gives the terminal back from the whole screen, and so does a signal") {
  const TempDir directory;
  const std::string pid_file = directory.path().string() + "/pid";
  const std::string script = directory.write("run.sh", "echo $$ > " + pid_file + ".new; mv " + pid_file + ".new " +
                                                           pid_file + "; exec " + run_line() + " --full\n");
  Tmux tmux = open(80, 24);
  tmux.type("sh " + script);
  REQUIRE(eventually([&] { return times_in(tmux.screen(), "First half.") == 1; }, seconds(20)));
  tmux.key("C-z");
  REQUIRE(tmux.wait_for("Stopped"));
  CHECK(tmux.modes() == "110\n");
  tmux.type("fg");
  REQUIRE(eventually([&] { return tmux.modes() == "001\n"; }, seconds(20)));
  pid_t client = 0;
  std::ifstream(pid_file) >> client;
  REQUIRE(client > 0);
  REQUIRE(::kill(client, SIGTERM) == 0);
  REQUIRE(tmux.wait_for("plenum attach "));
  CHECK(times_in(tmux.everything(), "First half.") == 2);
  tmux.type("stty -a");
  CHECK(tmux.wait_for(" icanon"));
  CHECK(tmux.modes() == "110\n");
}

TEST_CASE_FIXTURE(LiveTerminal, "a signal to a stopped client writes what was received") {
  for (const char* option : {"", " --full"}) {
    CAPTURE(option);
    Tmux tmux = open(80, 24);
    tmux.type(run_line() + option);
    REQUIRE(eventually([&] { return times_in(tmux.screen(), "First half.") > 0; }, seconds(20)));
    tmux.key("C-z");
    REQUIRE(tmux.wait_for("Stopped"));
    tmux.type("kill %1; fg");
    REQUIRE(tmux.wait_for("plenum attach "));
    CHECK(times_in(tmux.everything(), "First half.") == 2);
  }
}

TEST_CASE_FIXTURE(LiveTerminal,
                  "--full without a terminal, or with an output for programs, is an error in the command") {
  Tmux tmux = open(80, 24);
  tmux.type(run_line() + " --full | cat");
  CHECK(tmux.wait_for("--full needs a terminal"));
  tmux.type(run_line() + " --full --json; echo rc=$?");
  CHECK(tmux.wait_for("--full cannot be combined with --json"));
  CHECK(tmux.wait_for("rc=2"));
}

}  // namespace plenum::tests
