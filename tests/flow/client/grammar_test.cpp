// Names of tasks, answers of past tasks, output formats, saved files, conversations and exit codes of the real client.
#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

struct Grammar : World {
  Finished plenum(std::vector<std::string> args) const {
    return run_to_end(plenum_command(server.url(), std::move(args)), seconds(60));
  }
  Finished run(std::vector<std::string> more) const {
    more.insert(more.begin(), {"run", "-w", "single", "-m", "bench/m1"});
    return plenum(std::move(more));
  }
  std::string ended(std::string_view task) {
    std::string id = submit("single", task);
    whole_stream(id);
    return id;
  }
};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_FIXTURE(Grammar, "a task is named by the beginning of its id, by last, or by its position") {
  upstream.always(whole_answer("ok"));
  CHECK(has(plenum({"status", "last"}).err, "there are no tasks yet"));
  const std::string first = ended("First?"), second = ended("Second?");
  CHECK(has(plenum({"status", "last"}).out, second));
  CHECK(has(plenum({"status", "@2"}).out, first));
  CHECK(has(plenum({"status", first.substr(0, 13)}).out, first));
  CHECK(plenum({"status", "@3"}).exit_code == 6);
  CHECK(plenum({"delete", "--yes", "@2"}).exit_code == 0);
  CHECK(plenum({"status", first}).exit_code == 6);
}

TEST_CASE_FIXTURE(Grammar, "wait returns at the end of a task, with its exit code and without output") {
  upstream.next(Script::silence());
  const std::string id = submit_single();
  ChildProcess wait(plenum_command(server.url(), {"wait", "last"}));
  REQUIRE(upstream.wait_for_requests(1, seconds(30)));
  CHECK(wait.running());
  CHECK(plenum({"cancel", id}).exit_code == 0);
  CHECK(wait.wait(seconds(60)) == 130);
  CHECK(wait.out().empty());
  const Finished again = plenum({"wait", id, "--json"});
  CHECK(again.exit_code == 130);
  CHECK(Json::parse(again.out)["status"] == "cancelled");
}

TEST_CASE_FIXTURE(Grammar, "result prints the answer of a finished task, and waits for nothing") {
  upstream.next(whole_answer("The answer is 42."));
  upstream.next(Script::silence());
  ended("What?");
  CHECK(plenum({"result", "last"}).out == "The answer is 42.\n");
  CHECK(Json::parse(plenum({"result", "last", "--json"}).out)["answer"] == "The answer is 42.");
  const std::string running = submit_single();
  const Finished early = plenum({"result", running});
  CHECK(early.exit_code == 2);
  CHECK(has(early.err, "plenum wait " + running));
  CHECK(plenum({"cancel", "last"}).exit_code == 0);
}

TEST_CASE_FIXTURE(Grammar, "logs prints past questions and answers, the newest last") {
  upstream.next(whole_answer("Paris."));
  upstream.next(whole_answer("Lima.\n"));
  const std::string france = ended("France?\nOne word."), peru = ended("Peru?");
  const std::string out = plenum({"logs"}).out;
  CHECK(out.starts_with(france));
  CHECK(has(out, "\n\n> France?\n> One word.\n\nParis.\n\n" + peru));
  CHECK(out.ends_with("\n\n> Peru?\n\nLima.\n"));
  CHECK_FALSE(has(plenum({"logs", "-n", "1"}).out, "Paris."));
  CHECK_FALSE(has(plenum({"logs", france}).out, "Lima."));
  const Json logs = Json::parse(plenum({"logs", "--search", "paris", "--json"}).out);
  REQUIRE(logs["tasks"].size() == 1);
  CHECK(logs["tasks"][0]["task"] == "France?\nOne word.");
  CHECK(logs["tasks"][0]["answer"] == "Paris.");
}

TEST_CASE_FIXTURE(Grammar, "with --output-format json standard output is one object, whatever the outcome is") {
  upstream.next(whole_answer("one two"));
  upstream.always(Script::answer(401, R"({"error":{"message":"Incorrect API key"}})"));
  const Finished good = run({"task", "--output-format", "json"});
  const Json outcome = Json::parse(good.out);
  CHECK(outcome["status"] == "completed");
  CHECK(outcome["answer"] == "one two");
  CHECK(outcome["exit_code"] == 0);
  CHECK(outcome["degraded"] == false);
  CHECK(outcome["stream_id"].get<std::string>().size() == 36);
  CHECK(outcome.contains("usage"));
  CHECK(outcome.contains("cost"));
  const Finished bad = run({"another task", "--output-format", "json"});
  CHECK(bad.exit_code == 4);
  CHECK(Json::parse(bad.out)["exit_code"] == 4);
  CHECK(Json::parse(bad.out)["error"]["code"] == "authentication");
  CHECK(Json::parse(plenum({"list", "--output-format", "json"}).out)["tasks"].size() == 2);
}

TEST_CASE_FIXTURE(Grammar, "the answer is also written to the file of --save, which must not exist") {
  const TempDir dir;
  const std::string path = (dir.path() / "answer.md").string();
  upstream.always(whole_answer("Saved."));
  const Finished saved = run({"task", "--save", path});
  CHECK(saved.exit_code == 0);
  CHECK(saved.out == "Saved.\n");
  CHECK(text_of(path) == "Saved.\n");
  const std::size_t calls = upstream.request_count();
  const Finished refused = run({"another", "--save", path});
  CHECK(refused.exit_code == 2);
  CHECK(has(refused.err, "--force"));
  CHECK(upstream.request_count() == calls);
  CHECK(run({"x", "--save", (dir.path() / "none/answer.md").string()}).exit_code == 2);
  CHECK(run({"another", "--save", path, "--force"}).exit_code == 0);
  CHECK(run({"a third", "--save", "/dev/full"}).exit_code == 1);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(dir.path())) ++files;
  CHECK(files == 1);  // no temporary file is left
}

TEST_CASE_FIXTURE(Grammar, "the files of a program are written into the directory of --files") {
  const TempDir dir;
  script_consensus(upstream);
  const Finished run = plenum(
      {"run", "Build a login.", "-w", "consensus", "-m", "bench/m1", "--files", (dir.path() / "program").string()});
  CHECK(run.exit_code == 0);
  CHECK_MESSAGE(std::filesystem::exists(dir.path() / "program"), run.err);
  CHECK(has(run.err, "written to"));
}

TEST_CASE_FIXTURE(Grammar, "with -c a task is the next turn of the last conversation, from its first turn on") {
  upstream.always(whole_answer("Paris."));
  const Finished none = run({"-c", "And Peru?"});
  CHECK(none.exit_code == 2);
  CHECK(has(none.err, "there is no conversation to continue"));
  CHECK(run({"France?"}).exit_code == 0);
  CHECK(run({"-c", "And Peru?"}).exit_code == 0);
  CHECK(run({"-c", "And Chile?"}).exit_code == 0);
  const std::string prompt = upstream.request(upstream.request_count() - 1).prompt();
  CHECK(has(prompt, "France?"));
  CHECK(has(prompt, "And Peru?"));
  CHECK(has(prompt, "And Chile?"));
  CHECK(run({"Alone?"}).exit_code == 0);
  CHECK_FALSE(has(upstream.request(upstream.request_count() - 1).prompt(), "France?"));
}

TEST_CASE_FIXTURE(Grammar, "two runs with one idempotency key are one task, and another task with it is an error") {
  upstream.always(whole_answer("once"));
  const Finished one = run({"task", "--idempotency-key", "k1"}), two = run({"task", "--idempotency-key", "k1"});
  CHECK(one.out == "once\n");
  CHECK(two.out == "once\n");
  CHECK(upstream.request_count() == 1);
  const Finished other = run({"another task", "--idempotency-key", "k1"});
  CHECK(other.exit_code == 2);
  CHECK(has(other.err, "Use a new --idempotency-key for a different task."));
}

TEST_CASE_FIXTURE(Grammar, "faults of a task are named by options, with the name that was meant") {
  const Finished workflow = plenum({"run", "x", "-w", "counsil", "-m", "bench/m1"});
  CHECK(workflow.exit_code == 2);
  CHECK(has(workflow.err, "--workflow: unknown workflow \"counsil\" (did you mean council?)"));
  CHECK(has(run({"x", "-o", "round=2"}).err, "--option round: "));
  const Finished shown = plenum({"workflows", "show", "counsil"});
  CHECK(shown.exit_code == 6);
  CHECK(has(shown.err, "(did you mean council?)"));
  CHECK(has(plenum({"models", "bensh"}).err, "(did you mean bench?)"));
}

TEST_CASE_FIXTURE(Grammar, "a member deadline is that of each call, and the error names the option") {
  upstream.always(Script::silence());
  const Finished run = this->run({"x", "--member-deadline", "200ms"});
  CHECK(run.exit_code == 124);
  CHECK_FALSE(has(run.err, "member_deadline_ms"));
  CHECK(has(run.err, "--member-deadline"));
  const Finished whole = this->run({"y", "--deadline", "200ms"});
  CHECK(whole.exit_code == 124);
  CHECK_FALSE(has(whole.err, "deadline_ms"));
  CHECK(has(whole.err, "--deadline"));
}

TEST_CASE_FIXTURE(Grammar, "a wrong path of the server address is an error of the command") {
  const Finished list = plenum({"--server", server.url() + "/api", "list"});
  CHECK(list.exit_code == 2);
  CHECK(has(list.err, "Check the path of --server"));
  CHECK(plenum({"--server", "http://127.0.0.1:99999", "list"}).exit_code == 2);
}

TEST_CASE_FIXTURE(Grammar, "a new workflow file is valid, and an existing file is not overwritten") {
  const TempDir dir;
  const std::string path = (dir.path() / "my-council.toml").string();
  CHECK(plenum({"workflows", "new", "my-council", "-o", path}).exit_code == 0);
  const Finished check = plenum({"workflows", "check", path});
  CHECK_MESSAGE(check.exit_code == 0, (check.err + check.out));
  CHECK(has(check.out, "my-council"));
  CHECK(plenum({"workflows", "new", "my-council", "-o", path}).exit_code == 2);
  CHECK(plenum({"workflows", "new", "My Council"}).exit_code == 2);
  CHECK(plenum({"workflows", "new", "other", "-o", "-"}).out.find("name = \"other\"") != std::string::npos);
}

TEST_CASE_FIXTURE(Grammar, "version shows both versions, or that of the client alone") {
  const Json both = Json::parse(plenum({"version", "--json"}).out);
  CHECK(both["client"] == both["server"]);
  const Finished alone = plenum({"version", "--json", "--server", "http://127.0.0.1:1"});
  CHECK(alone.exit_code == 0);
  CHECK(Json::parse(alone.out)["server"].is_null());
  CHECK(plenum({"help", "run"}).out == plenum({"run", "--help"}).out);
}

}  // namespace plenum::tests
