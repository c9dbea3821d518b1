// The programs of docs/examples, as a reader would start them, against a server whose connections break.
#include <doctest/doctest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/flow/examples/external_program.h"
#include "tests/flow/world.h"
#include "tests/support/net/tcp_proxy.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

const Settings one_member{{"default_workflow", "\"single\""}};

const std::string more_of_bench = "models = [\"m1\"]\n";

struct Example {
  std::string program;
  std::vector<std::string> args;  // without the task
};

std::string example_file(const char* name) { return std::string(EXAMPLES_DIR) + "/" + name; }

Finished run_example(const Example& example, std::uint16_t port, const std::string& task = "Say something.") {
  std::vector<std::string> args = example.args;
  args.push_back(task);
  return run_to_end(
      external_command(
          example.program, args,
          {{"PLENUM_URL", "http://127.0.0.1:" + std::to_string(port)}, {"LC_ALL", "C.UTF-8"}, {"TMPDIR", "/tmp"}}),
      seconds(120));
}

const std::vector<std::string> answer_words{"Grüße ", "aus ", "dem ", "Plenum: ", "日本語, ", "one ", "and ", "two."};
const std::string answer = "Grüße aus dem Plenum: 日本語, one and two.";

std::string all_deltas(const std::vector<Frame>& frames) {
  std::string text;
  for (const Json& event : events_named(frames, "token_stream")) text += event["tokens"].get<std::string>();
  return text;
}

// Three connections break: in the response to the submission, in the events, and in the events that follow a resume
// while the task still runs.
void check_broken_connections(const Example& example) {
  World world(one_member, more_of_bench);
  Latch rest{"the rest of the answer"};
  world.upstream.always(Script::stream()
                            .words_apart({answer_words.begin(), answer_words.begin() + 4})
                            .wait_for(rest)
                            .words_apart({answer_words.begin() + 4, answer_words.end()})
                            .finish());
  TcpProxy proxy(world.server.port());
  proxy.cut_next_after({100, 3500, 1200}, Cut::fin);
  std::atomic<bool> ended{false};
  std::thread opener([&] {
    eventually([&] { return proxy.connections() >= 4 || ended; }, seconds(60));
    rest.open();
  });
  const Finished finished = run_example(example, proxy.port());
  ended = true;
  opener.join();
  CAPTURE(finished.err);
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == answer + "\n");
  CHECK(world.upstream.request_count() == 1);  // the repeated submission did not start a second task
  CHECK(proxy.connections() >= 4);
  const Json tasks = world.get("/api/stream/tasks").json()["tasks"];
  REQUIRE(tasks.size() == 1);
  // curl's own message about the cut may come first.
  const std::string deltas = all_deltas(world.whole_stream(tasks[0]["stream_id"].get<std::string>()));
  CHECK(finished.err.ends_with(deltas));
}

void check_failed_task(const Example& example) {
  World world(one_member, more_of_bench);
  world.upstream.always(Script::answer(401, R"({"error":{"message":"bad key"}})"));
  const Finished failed = run_example(example, world.server.port());
  CHECK(failed.exit_code == 1);
  CHECK(failed.out == "\n");
  CHECK(failed.err.find("bad key") != std::string::npos);

  const Finished rejected = run_example(example, world.server.port(), " ");
  CHECK(rejected.exit_code == 1);
  CHECK(rejected.out.empty());
  CHECK(rejected.err.find("/task") != std::string::npos);  // the problem document names the field
}

std::string frame(const std::string& id, const std::string& type, const std::string& fields) {
  return (id.empty() ? "" : "id: " + id + "\n") + "event: " + type + "\ndata: {\"v\":1,\"type\":\"" + type + "\"," +
         fields + "}\n\n";
}

// A server that plays what the real one does rarely: events are gone when the client resumes, and a connection
// delivers nothing more, not even heartbeats.
Script scripted_stream(const UpstreamRequest& request) {
  if (request.method == "POST") {
    return Script::answer(202, R"({"stream_id":"s","events_url":"/api/stream/events/s","heartbeat_s":1})");
  }
  const auto cursor = request.headers.find("last-event-id");
  Script script = Script::stream(Framing::until_close);
  script.send("retry: 100\n" + frame("", "system_message", R"("code":"stream_open","level":"info")"));
  if (cursor == request.headers.end()) {
    return script.send(frame("e-1", "token_stream", R"("tokens":"first ","kind":"text")"))
        .send(frame("", "heartbeat", R"("last_seq":1)"))
        .send("id: e-2\nevent: token_stream\ndata: {\"v\":1,\"type\":\"token_stream\",\"tokens\":\"lo")
        .cut(Cut::fin);
  }
  if (cursor->second == "e-1") {
    return script.send(frame("", "system_message", R"("code":"gap","level":"warning","from":2,"to":7)"))
        .send(frame("e-7", "snapshot", R"("chunks":[{"chunk":"answer","text":"first second "}])"))
        .never_end();
  }
  if (cursor->second == "e-7") {
    return script.send(frame("e-8", "token_stream", R"("tokens":"third","kind":"text")"))
        .send(frame("e-9", "task_completed", R"("terminal":true,"result":{"answer":"first second third"})"));
  }
  return Script::answer(400, R"({"detail":"unexpected cursor"})");
}

void check_gap_and_silence(const Example& example) {
  ScriptedUpstream server;
  server.always_by(scripted_stream);
  const Finished finished = run_example(example, server.port());
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == "first second third\n");
  CHECK(finished.err == "first [events 2 to 7 are gone]\nfirst second third");
  REQUIRE(server.request_count() == 4);
  CHECK(server.request(0).headers["idempotency-key"].size() >= 16);
  CHECK(server.request(2).headers["last-event-id"] == "e-1");
  CHECK(server.request(3).headers["last-event-id"] == "e-7");
}

void check_everything(const Example& example) {
  SUBCASE("connections break in the middle") { check_broken_connections(example); }
  SUBCASE("the task fails or is rejected") { check_failed_task(example); }
  SUBCASE("events are gone, and a connection falls silent") { check_gap_and_silence(example); }
}

}  // namespace

TEST_CASE("the curl example prints the whole answer over broken connections") {
  check_everything({"bash", {example_file("curl.sh")}});
}

TEST_CASE("the Python example prints the whole answer over broken connections") {
  check_everything({"python3", {example_file("python.py")}});
}

TEST_CASE("the Node example prints the whole answer over broken connections") {
  check_everything({"node", {example_file("node.mjs")}});
}

TEST_CASE("the fetch example prints the whole answer over broken connections") {
  check_everything({"node", {example_file("fetch.mjs")}});
}

// These need large packages, so scripts/matrix runs them, with --no-skip.

TEST_CASE("the Go example prints the whole answer over broken connections" * doctest::skip()) {
  check_everything({"go", {"run", example_file("follow.go")}});
}

TEST_CASE("the Java example prints the whole answer over broken connections" * doctest::skip()) {
  check_everything({"java", {"-cp", "/usr/share/java/gson.jar", example_file("Follow.java")}});
}

TEST_CASE("the C# example prints the whole answer over broken connections" * doctest::skip()) {
  TempDir dir;
  const std::string program = (dir.path() / "Follow.exe").string();
  const Finished compiled =
      run_to_end(external_command("mcs", {"-r:System.Net.Http.dll", "-r:System.Runtime.Serialization.dll",
                                          "-r:System.Xml.Linq.dll", "-out:" + program, example_file("Follow.cs")}),
                 seconds(60));
  REQUIRE_MESSAGE(compiled.exit_code == 0, compiled.err);
  check_everything({"mono", {program}});
}
