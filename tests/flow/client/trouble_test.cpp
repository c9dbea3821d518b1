// The terminal client with files that are none, and with output that cannot be written.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

// An option with the path of a file, which replaces `@`.
struct FileOption {
  std::vector<std::string> args;
  bool is_text = true;  // must be UTF-8
};

const FileOption file_options[] = {
    {{"run", "-w", "single", "-m", "bench/m1", "task", "--file", "@"}},
    {{"run", "-w", "single", "-m", "bench/m1", "task", "--context", "@@"}},
    {{"run", "-w", "single", "-m", "bench/m1", "task", "--persona", "p=@@"}},
    {{"run", "-w", "single", "-m", "bench/m1", "task", "--response-format", "@"}},
    {{"workflows", "check", "@"}},
};

std::vector<std::string> with_path(const FileOption& option, const std::string& path) {
  std::vector<std::string> args = option.args;
  std::string& last = args.back();
  last.replace(last.size() - 1, 1, path);
  return args;
}

struct Trouble : World {
  Finished plenum(const std::vector<std::string>& args, const std::string& redirection = {}) const {
    Command command = plenum_command(server.url(), args);
    command.args.insert(command.args.begin(), {"-c", "exec \"$0\" \"$@\" " + redirection, command.program});
    command.program = "/bin/sh";
    return run_to_end(command, seconds(60));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Trouble, "a file option with a folder, a pipe, a device or other bytes ends with 2 and the cause") {
  const TempDir dir;
  const std::string pipe = (dir.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  struct Bad {
    std::string path, cause;
  };
  const std::vector<Bad> all{
      {dir.path().string(), "it is a directory"},  {"/nowhere/at/all", "No such file or directory"},
      {"/proc/self/mem", "Input/output error"},    {"/dev/zero", "it has more than "},
      {"/dev/full", "it has more than "},          {pipe, "it is a named pipe to which no program writes"},
      {dir.write("binary", "a \x96 dash"), "TF-8"}};
  for (const FileOption& option : file_options) {
    for (const Bad& bad : all) {
      const Finished run = plenum(with_path(option, bad.path));
      CAPTURE(option.args.back());
      CAPTURE(bad.path);
      const std::string text = run.out + run.err;
      CHECK(run.exit_code == 2);
      if (&option != &file_options[4] || bad.cause != "TF-8") {  // the TOML parser has its own words
        CHECK_MESSAGE(text.find(bad.cause) != std::string::npos, text);
      }
      CHECK_MESSAGE(text.find(bad.path) != std::string::npos, text);
      if (option.args.front() == "run") {
        CHECK_MESSAGE(text.find(option.args[option.args.size() - 2]) != std::string::npos, text);
      }
    }
  }
  CHECK(upstream.request_count() == 0);
}

TEST_CASE_FIXTURE(Trouble, "every command reports output that cannot be written, and ends with 1") {
  upstream.always(whole_answer("one two"));
  const std::string id = submit("single", "Say something.", R"("conversation_id":"talk")");
  whole_stream(id);
  const TempDir dir;
  const std::string file = dir.write("raw.toml", plenum({"workflows", "show", "single"}).out);
  const std::vector<std::vector<std::string>> commands{{"--help"},
                                                       {"--version"},
                                                       {"run", "--help"},
                                                       {"list"},
                                                       {"models"},
                                                       {"workflows"},
                                                       {"councils"},
                                                       {"standings"},
                                                       {"workflows", "show", "single"},
                                                       {"workflows", "check", file},
                                                       {"status", id},
                                                       {"export", id},
                                                       {"cancel", id},
                                                       {"conversations"},
                                                       {"conversations", "show", "talk"},
                                                       {"run", "-w", "single", "-m", "bench/m1", "task"},
                                                       {"attach", id},
                                                       {"retry", "--from", "all", id},
                                                       {"run", "--detach", "-w", "single", "-m", "bench/m1", "task"},
                                                       {"delete", "-y", id}};
  for (const std::vector<std::string>& args : commands) {
    const Finished run = plenum(args, ">/dev/full");
    CAPTURE(args.front());
    CHECK(run.exit_code == 1);
    CHECK_MESSAGE(run.err.find("cannot write to standard output: No space left on device") != std::string::npos,
                  run.err);
  }
}

TEST_CASE_FIXTURE(Trouble, "a reader that has read enough is no error to report") {
  const Finished run = plenum({"--help"}, "| head -1");
  CHECK(run.exit_code == 0);
  CHECK(run.err.empty());
}

}  // namespace plenum::tests
