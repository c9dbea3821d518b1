// The terminal client against the real server.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/flow/world.h"
#include "tests/support/net/tcp_proxy.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

struct Terminal : World {
  Finished plenum(std::vector<std::string> args, std::string stdin_text = {}) const {
    return run_to_end(plenum_command(server.url(), std::move(args), std::move(stdin_text)), seconds(60));
  }
  // Started by a shell with this redirection of the descriptors.
  Finished redirected(const std::string& redirection, std::vector<std::string> args) const {
    Command command = plenum_command(server.url(), std::move(args));
    command.args.insert(command.args.begin(), {"-c", "exec \"$0\" \"$@\" " + redirection, command.program});
    command.program = "/bin/sh";
    return run_to_end(command, seconds(60));
  }
  std::vector<std::string> single(std::vector<std::string> more) const {
    more.insert(more.end(), {"--workflow", "single", "--member", "bench/m1"});
    return more;
  }
};

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::string without_last_newline(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// The lines of --json that are events of the stream, not of one connection.
std::vector<std::string> numbered_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (line.find("\"seq\":") != std::string::npos && Json::parse(line).contains("timestamp")) lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE_FIXTURE(Terminal, "run puts the answer on standard output and everything else on standard error") {
  upstream.always(whole_answer("The answer is 42."));
  Finished run = plenum(single({"run", "What is the answer?"}));
  CHECK(run.exit_code == 0);
  CHECK(without_last_newline(run.out) == "The answer is 42.");
  CHECK(run.err.find("bench/m1") != std::string::npos);
  CHECK(run.err.find("\x1b[") == std::string::npos);
  CHECK(upstream.request(0).prompt().find("What is the answer?") != std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "run shows every agent of consensus by name") {
  script_consensus(upstream);
  Finished run = plenum({"run", "Build a login.", "-w", "consensus", "--member", "bench/m1"});
  CHECK(run.exit_code == 0);
  for (const char* agent : {"Architect", "Coder", "Reviewer", "Refiner", "Documenter"}) {
    CHECK_MESSAGE(run.err.find(agent) != std::string::npos, agent);
  }
  CHECK(run.out.find(consensus::bare_refined) != std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "run takes its task from standard input") {
  upstream.always(whole_answer("read"));
  CHECK(plenum(single({"run", "-"}), "The task came through the pipe.").exit_code == 0);
  CHECK(upstream.request(0).prompt().find("came through the pipe.") != std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "bytes that are not UTF-8 are rejected in every input, and no model receives them") {
  const TempDir dir;
  const std::string bad = dir.write("bad", "a \x96 dash in cp1252\n");
  const std::string bad_json = dir.write("bad.json", "{\"a\": \"\x96\"}");
  const auto is_rejected = [](const Finished& run) {
    CHECK(run.exit_code == 2);
    CHECK_MESSAGE(run.err.find("byte 0x96 in line 1, column ") != std::string::npos, run.err);
    CHECK(run.err.find("iconv -f WINDOWS-1252 -t UTF-8") != std::string::npos);
  };
  is_rejected(plenum(single({"run"}), "a \x96 dash in cp1252\n"));
  is_rejected(plenum(single({"run", "a \x96 dash"})));
  is_rejected(plenum(single({"run", "task", "--context", "@" + bad_json})));
  is_rejected(plenum(single({"run", "task", "--persona", "p=@" + bad})));
  is_rejected(plenum(single({"run", "task", "--file", bad})));
  is_rejected(plenum(single({"run", "task", "--response-format", bad_json})));
  CHECK(upstream.request_count() == 0);
}

TEST_CASE_FIXTURE(Terminal, "a byte order mark is not part of the task, its line ends are") {
  upstream.always(whole_answer("ok"));
  CHECK(plenum(single({"run"}), "\xEF\xBB\xBFline one\r\nline two\n").exit_code == 0);
  const std::string prompt = upstream.request(0).prompt();
  CHECK(prompt.find("line one\r\nline two") != std::string::npos);
  CHECK(prompt.find("\xEF\xBB\xBF") == std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "a task that starts with a dash is taken after --, which the error names") {
  upstream.always(whole_answer("ok"));
  const Finished wrong = plenum(single({"run", "--find me"}));
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.err.find("plenum run -- \"--find me\"") != std::string::npos);
  CHECK(plenum({"run", "-w", "single", "-m", "bench/m1", "--", "--find me"}).exit_code == 0);
  CHECK(upstream.request(0).prompt().find("--find me") != std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "with --json every line is one event and nothing else is written") {
  upstream.always(whole_answer("one two"));
  Finished run = plenum(single({"--json", "run", "task"}));
  CHECK(run.exit_code == 0);
  std::vector<Json> lines = lines_of(run.out);
  REQUIRE(lines.size() > 4);
  CHECK(lines.back()["type"] == "task_completed");
  CHECK(lines.back()["terminal"] == true);
  std::string id = lines.back()["stream_id"].get<std::string>();
  std::string expected;
  for (const Frame& frame : whole_stream(id)) expected += frame.data + "\n";
  CHECK(run.out == expected);
}

TEST_CASE_FIXTURE(Terminal, "after lost output the attach hint starts at the first event") {
  upstream.always(whole_answer("one two"));
  std::string id = submit_single();
  whole_stream(id);
  Finished attach = redirected(">/dev/full", {"--json", "attach", id});
  CHECK(attach.exit_code == 1);
  CHECK(attach.err.find("plenum attach " + id) != std::string::npos);
  CHECK(attach.err.find("--after") == std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "a closed descriptor is empty input, or output that fails") {
  upstream.always(whole_answer("The answer"));
  Finished without_input = redirected("<&-", single({"run", "task"}));
  CHECK(without_input.exit_code == 0);
  CHECK(without_input.out == "The answer\n");
  CHECK(redirected(">&-", single({"run", "task"})).exit_code == 1);
  CHECK(redirected("2>&-", single({"run", "task"})).out == "The answer\n");
}

TEST_CASE_FIXTURE(Terminal, "a failed task ends the client with 1, the cause and the partial text") {
  upstream.always(Script::stream(Framing::until_close)
                      .words({"Half an answer"})
                      .send(data_line(R"({"error":{"message":"The engine fell over","type":"server_error"}})")));
  Finished run = plenum(single({"run", "task"}));
  CHECK(run.exit_code == 1);
  CHECK(run.err.find("The engine fell over") != std::string::npos);
}

TEST_CASE("an unreachable server ends the client with 5 and a remedy") {
  std::uint16_t port = 0;
  listen_loopback(port).close();
  Finished run = run_to_end(plenum_command("http://127.0.0.1:" + std::to_string(port), {"run", "task"}), seconds(30));
  CHECK(run.exit_code == 5);
  CHECK(run.out == "");
  CHECK(run.err.find(std::to_string(port)) != std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "a usage error ends the client with 2") {
  CHECK(plenum({"sing"}).exit_code == 2);
  CHECK(plenum({"run", "task", "--no-such-option"}).exit_code == 2);
  CHECK(plenum({"run", "task", "--workflow", "no-such-workflow"}).exit_code == 2);
  CHECK(plenum({"--help"}).exit_code == 0);
}

TEST_CASE_FIXTURE(Terminal, "an unknown stream ends the client with 6") {
  for (const char* command : {"attach", "status", "cancel"}) {
    CHECK_MESSAGE(plenum({command, "00000000-0000-4000-8000-000000000000"}).exit_code == 6, command);
  }
}

TEST_CASE_FIXTURE(Terminal, "Ctrl-C once cancels the task, closes the upstream and ends with 130") {
  Latch never("never");
  upstream.always(Script::stream().words({"Half", " an", " answer"}).wait_for(never));
  ChildProcess run(plenum_command(server.url(), single({"--json", "run", "task"})));
  REQUIRE(run.wait_for_out(" answer", seconds(20)));
  run.signal(SIGINT);
  CHECK(upstream.wait_until_closed(0, seconds(2)));
  CHECK(run.wait(seconds(20)) == 130);
  CHECK(lines_of(run.out()).back()["type"] == "task_cancelled");
}

TEST_CASE_FIXTURE(Terminal, "a client that is killed cancels nothing") {
  Latch more("more");
  upstream.always(Script::stream().words({"first"}).wait_for(more).words({" second"}).finish());
  ChildProcess run(plenum_command(server.url(), single({"--json", "run", "task"})));
  REQUIRE(run.wait_for_out("\"first\"", seconds(20)));
  std::string id = lines_of(run.out()).back()["stream_id"].get<std::string>();
  run.signal(SIGKILL);
  CHECK(run.wait(seconds(20)) == 137);
  more.open();
  CHECK(streamed_text(whole_stream(id)) == "first second");
}

TEST_CASE_FIXTURE(Terminal, "a detached task is attached to later and gives the same answer") {
  Latch more("more");
  upstream.always(Script::stream().words({"The", " same"}).wait_for(more).words({" answer"}).finish());
  Finished detached = plenum(single({"run", "task", "--detach"}));
  REQUIRE(detached.exit_code == 0);
  std::string id = without_last_newline(detached.out);
  CHECK(id.size() == 36);
  CHECK(detached.err.find("attach " + id) != std::string::npos);
  more.open();
  Finished attached = plenum({"attach", id});
  CHECK(attached.exit_code == 0);
  CHECK(without_last_newline(attached.out) == "The same answer");
  CHECK(without_last_newline(plenum({"attach", id}).out) == "The same answer");
}

TEST_CASE_FIXTURE(Terminal, "repeated connection losses do not change the output of the client") {
  upstream.always(Script::stream().words_apart(std::vector<std::string>(100, "word ")).finish());
  std::string id = submit_single();
  std::vector<std::string> expected;
  for (const Frame& frame : whole_stream(id)) expected.push_back(frame.data);
  for (Cut how : {Cut::fin, Cut::reset}) {
    TcpProxy proxy(server.port());
    // The first connection is not cut: attach requests the status before it follows.
    proxy.cut_next_after({1 << 20, 40, 2345, 7777}, how);
    std::string url = "http://127.0.0.1:" + std::to_string(proxy.port());
    Finished run = run_to_end(plenum_command(url, {"--json", "attach", id}), seconds(60));
    CHECK_MESSAGE(run.exit_code == 0, run.err);
    CHECK(proxy.connections() >= 5);
    CHECK((numbered_lines(run.out) == expected));
  }
}

TEST_CASE_FIXTURE(Terminal, "status, list and cancel show the state of the task") {
  upstream.always(Script::silence());
  std::string id = submit_single();
  CHECK(plenum({"status", id}).out.find("single") != std::string::npos);
  CHECK(plenum({"list"}).out.find(id) != std::string::npos);
  CHECK(plenum({"cancel", id}).exit_code == 0);
  whole_stream(id);
  CHECK(plenum({"status", id}).out.find("cancelled") != std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "a running task and a finished one can be exported, to a pipe and into a file") {
  upstream.next(Script::stream().words({"half of # it"}).never_end());
  const std::string running = submit_single();
  SseReader reader = events(running);
  REQUIRE(read_text(reader, "half of # it"));
  const Finished partial = plenum({"export", running});
  CHECK(partial.exit_code == 0);
  CHECK(partial.out.starts_with("# Say something."));
  CHECK(partial.out.find("**Partial:** this text was still being written.\n\n```markdown\nhalf of # it\n```") !=
        std::string::npos);
  cancel(running);

  script_consensus(upstream);
  const std::string whole = submit("consensus", "Build a | login.");
  whole_stream(whole);
  const TempDir dir;
  const std::string path = dir.path() / "login.md";
  const Finished written = plenum({"export", whole, "-o", path});
  CHECK(written.exit_code == 0);
  CHECK(written.out.empty());
  CHECK(std::filesystem::exists(path));
  const Finished again = plenum({"export", whole, "-o", path});
  CHECK(again.exit_code == 2);
  CHECK(again.err.find("--force") != std::string::npos);
  CHECK(plenum({"export", whole, "-o", path, "--force"}).exit_code == 0);
  const Finished json = plenum({"export", whole, "--json"});
  CHECK(json.exit_code == 0);
  const Json all = Json::parse(json.out);
  CHECK(all["format"] == "plenum-export");
  CHECK(all["status"] == "completed");
  CHECK(all["result"] == result(whole));
  CHECK(all["chunks"].size() == all["progress"]["completed"]);
  std::ifstream file(path);
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  CHECK(document == plenum({"export", whole}).out);
  for (const char* part : {"# Build a \\| login.", "## Review", "## Answer", "## Receipts", consensus::bare_refined}) {
    CHECK_MESSAGE(document.find(part) != std::string::npos, part);
  }
  CHECK(plenum({"export", "00000000-0000-4000-8000-000000000000"}).exit_code == 6);
}

TEST_CASE_FIXTURE(Terminal, "on a terminal an export is filtered, and the list does not wrap") {
  upstream.always(whole_answer("red \x1b[31m"));
  const std::string id =
      submit("single", "一个很长的任务一个很长的任务一个很长的任务一个很长的任务一个很长的任务一个很长的任务");
  whole_stream(id);
  for (const std::vector<std::string>& args : {std::vector<std::string>{"export", id}, {"list"}}) {
    Command command = plenum_command(server.url(), args);
    command.on_terminal = true;
    const Finished run = run_to_end(command, seconds(60));
    CHECK(run.exit_code == 0);
    CHECK(run.out.find('\x1b') == std::string::npos);
    if (args[0] == "export") continue;
    CHECK(run.out.starts_with(id.substr(0, 8) + "  completed"));
    CHECK(run.out.find("…") != std::string::npos);
    CHECK(std::count(run.out.begin(), run.out.end(), '\n') == 1);
  }
}

TEST_CASE("without any key the offline provider runs a whole workflow, and marks its text as simulated") {
  ServerProcess server({.settings = {{"offline_token_delay_ms", "0"}}});
  Finished run =
      run_to_end(plenum_command(server.url(), {"run", "-w", "consensus", "Build a REST API with JWT authentication"}),
                 seconds(60));
  CHECK(run.exit_code == 0);
  for (const char* agent : {"Architect", "Coder", "Reviewer", "Refiner", "Documenter"}) {
    CHECK_MESSAGE(run.err.find(agent) != std::string::npos, agent);
  }
  CHECK(run.out.find("offline") != std::string::npos);
}

TEST_CASE_FIXTURE(Terminal, "control bytes of a model never reach the terminal unfiltered") {
  upstream.always(whole_answer("red \x1b[31m bell \x07 title \x1b]0;owned\x07 end"));
  for (const std::string how : {"--on-interrupt=cancel", "--json"}) {  // text and JSON
    Command command = plenum_command(server.url(), single({"run", "task", "--color", "never", how}));
    command.on_terminal = true;
    Finished run = run_to_end(command, seconds(60));
    CHECK(run.exit_code == 0);
    CHECK(run.out.find("owned") != std::string::npos);
    CHECK_MESSAGE(run.out.find('\x1b') == std::string::npos, how);
    CHECK_MESSAGE(run.out.find('\x07') == std::string::npos, how);
  }
}

}  // namespace plenum::tests
