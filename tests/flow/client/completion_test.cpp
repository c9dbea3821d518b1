// The completion scripts in the real shells, against the real server. scripts/setup --test installs the shells.
#include <doctest/doctest.h>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

namespace {

struct Shells : World {
  // The output of a script of this shell, in which plenum is in PATH.
  Finished shell(const std::string& program, const std::vector<std::string>& options, const std::string& script) const {
    const Command client = plenum_command(server.url(), {});
    const std::string directory = client.program.substr(0, client.program.rfind('/'));
    std::vector<std::string> args = options;
    args.insert(args.end(), {"-c", "PATH=" + directory + ":$PATH\n" + script});
    return run_to_end({program, args, client.env, {}}, seconds(60));
  }
  // What bash would insert for the last of these words.
  std::string in_bash(const std::string& words) const {
    const Finished done = shell("/bin/bash", {"--norc"},
                                "source <(plenum completion bash) || exit 9\n"
                                "COMP_WORDS=(" +
                                    words +
                                    "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _plenum\n"
                                    "printf '%s\\n' \"${COMPREPLY[@]}\"");
    CHECK_MESSAGE(done.exit_code == 0, done.err);
    return done.out;
  }
  // What zsh would offer: _describe is the function that shows candidates.
  std::string in_zsh(const std::string& words) const {
    const Finished done = shell("/usr/bin/zsh", {"-f"},
                                "autoload -U compinit && compinit -D -u || exit 9\n"
                                "source <(plenum completion zsh) || exit 8\n"
                                "[[ $_comps[plenum] == _plenum ]] || exit 7\n"
                                "_describe() { print -l -- ${(P)4} }\n_files() { print files $* }\n"
                                "words=(" +
                                    words + "); CURRENT=${#words}; _plenum");
    CHECK_MESSAGE(done.exit_code == 0, done.err);
    return done.out;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Shells, "bash completes commands, options, values, and what the server knows") {
  upstream.always(whole_answer("ok"));
  const std::string id = submit_single();
  CHECK(in_bash("plenum workf") == "workflows\n");
  CHECK(in_bash("plenum run --work") == "--workflow\n");
  CHECK(in_bash("plenum run --color = al") == "always\n");
  CHECK(in_bash("plenum run -w counc") == "council\n");
  CHECK(in_bash("plenum run -m 'ben'") == "bench\n");
  CHECK(in_bash("plenum status " + id.substr(0, 5)) == id.substr(0, 8) + "\n");
  CHECK(in_bash("plenum status ''") == "last\n" + id.substr(0, 8) + "\n");
}

TEST_CASE_FIXTURE(Shells, "zsh completes the same, with descriptions") {
  upstream.always(whole_answer("ok"));
  const std::string id = submit("single", "Which index?");
  CHECK(in_zsh("plenum workf").starts_with("workflows:List the server's workflows"));
  CHECK(in_zsh("plenum run --work").starts_with("--workflow:Workflow of the task"));
  CHECK(in_zsh("plenum run -w counc").starts_with("council:Every member answers and ranks"));
  CHECK(in_zsh("plenum status " + id.substr(0, 5)) == id.substr(0, 8) + ":Which index?\n");
  CHECK(in_zsh("plenum run --file ''") == "files\n");
  CHECK(in_zsh("plenum run --files ''") == "files -/\n");
}

TEST_CASE_FIXTURE(Shells, "without a server completion is silent, and starts none") {
  const auto complete = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"--server", "http://127.0.0.1:1", "__complete", "--"});
    return run_to_end(plenum_command(server.url(), words), seconds(60));
  };
  const Finished ids = complete({"status", ""});
  CHECK(ids.exit_code == 0);
  CHECK(ids.out.empty());
  CHECK(ids.err.empty());
  CHECK(complete({"run", "--workf"}).out.starts_with("--workflow\t"));
}

}  // namespace plenum::tests
