// Everything runs from a fresh installation: no key, no configuration, no members named.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/failure.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

namespace {

struct Fresh {
  Fresh() : server({.settings = {{"offline_token_delay_ms", "0"}, {"shutdown_grace_ms", "0"}}}) {}
  Json run(const std::string& fields) {
    const auto reply = post(server.port(), "/api/stream/task", R"({"task":"Shall we rewrite it?",)" + fields + "}");
    if (reply.status != 202) throw Failure("POST gave " + std::to_string(reply.status) + ": " + reply.body);
    SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
    if (reader.read_all(seconds(60)) != StreamEnd::finished) throw Failure("the stream did not end");
    return reader.numbered().back().json();
  }
  Finished client(std::vector<std::string> args) {
    return run_to_end(plenum_command(server.url(), std::move(args)), seconds(60));
  }
  ServerProcess server;
};

}  // namespace

TEST_CASE_FIXTURE(Fresh, "every built-in workflow runs without a key and without members, undegraded") {
  int workflows = 0;
  const Json catalog = get(server.port(), "/api/workflows").json();
  for (const Json& workflow : catalog["workflows"]) {
    const auto name = workflow["name"].get<std::string>();
    CAPTURE(name);
    ++workflows;
    const std::string choices = name == "vote" ? R"(,"options":{"choices":["yes","no"]})" : "";
    const Json last = run(R"("workflow":")" + name + "\"" + choices);
    CHECK(last["type"] == "task_completed");
    CHECK_MESSAGE(last["result"]["degraded"] == false, last["result"]["reasons"].dump());
    CHECK(last["result"]["cost"]["usd"] == 0.0);
    CHECK_FALSE(last["result"]["answer"].get<std::string>().empty());
  }
  CHECK(workflows >= 10);
}

TEST_CASE_FIXTURE(Fresh, "three offline members answer, rank, vote and debate") {
  const Json council = run(R"("workflow":"council")");
  CHECK(council["result"]["answers"].size() >= 3);
  CHECK(council["result"]["rankings"]["standings"].size() == 3);
  const Json vote = run(R"("workflow":"vote","options":{"choices":["yes","no"]})");
  CHECK(vote["result"]["votes"]["by_member"].size() == 3);
  for (const auto& [member, choice] : vote["result"]["votes"]["by_member"].items()) {
    CAPTURE(member);
    CHECK(choice.is_string());
  }
}

TEST_CASE_FIXTURE(Fresh, "plenum run without options merges the answers of the three offline members") {
  const Finished done = client({"run", "Shall we rewrite it?"});
  CHECK(done.exit_code == 0);
  for (const char* member : {"sample-a", "sample-b", "sample-c"}) {
    CHECK_MESSAGE(done.err.find(member) != std::string::npos, member);
  }
}

TEST_CASE_FIXTURE(Fresh, "failures and cut answers on demand are usable from the command line") {
  const Finished retried =
      client({"run", "-w", "single", "-m", "offline/sample-a+fail:rate_limit+times:1+retry_after_ms:1", "Say."});
  CHECK(retried.exit_code == 0);
  CHECK(retried.err.find("simulated failure: rate_limit; retrying") != std::string::npos);
  const Json partly =
      run(R"("workflow":"raw","members":["offline/sample-a+cut:5","offline/sample-b","offline/x+empty"])");
  CHECK(partly["type"] == "task_completed");
  CHECK(partly["result"]["degraded"] == true);
  CHECK(partly["result"]["answers"][0]["error"]["code"] == "truncated");
  CHECK(partly["result"]["answers"][1]["status"] == "ok");
  CHECK(partly["result"]["answers"][2]["error"]["code"] == "server");
  const Json hangs =
      run(R"("workflow":"raw","member_deadline_ms":300,"members":["offline/sample-a+hang:3","offline/sample-b"])");
  CHECK(hangs["result"]["answers"][0]["status"] == "timeout");
  const Json wrong = run(R"("workflow":"single","members":["offline/sample-a+fly"])");
  CHECK(wrong["error"]["message"].get<std::string>().find("no behavior \"fly\"") != std::string::npos);
}

TEST_CASE_FIXTURE(Fresh, "the same offline model takes part several times in every workflow of several members") {
  for (const char* workflow : {"council", "debate", "arena", "synthesize", "adversarial", "raw"}) {
    CAPTURE(workflow);
    const Json last = run(R"("members":["offline/sample-a*3"],"workflow":")" + std::string(workflow) + "\"");
    CHECK(last["type"] == "task_completed");
    CHECK_MESSAGE(last["result"]["degraded"] == false, last["result"]["reasons"].dump());
  }
}

}  // namespace plenum::tests
