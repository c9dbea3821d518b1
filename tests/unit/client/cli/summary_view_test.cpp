#include "client/cli/render/summary_view.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "client/cli/commands/outcome.h"
#include "tests/unit/client/client_fixtures.h"

using namespace plenum;
using namespace plenum::client;

namespace {

ReceivedEvent ended(EventPayload payload) {
  ReceivedEvent event;
  event.stream_id = "6f1c";
  event.seq = 9;
  event.t_ms = 1'500;
  event.terminal = true;
  event.payload = std::move(payload);
  return event;
}

Json shown(const ReceivedEvent& event) {
  tests::RecordingOutput output;
  SummaryView view(output, exit_code_of, false, false);
  view.on_event(event, "{}");
  REQUIRE(output.out_text.ends_with('\n'));
  CHECK(output.err_text.empty());
  return parse_json(output.out_text).value();
}

}  // namespace

TEST_CASE("the object of a stream has answer, cost, reasons and the exit code of the program") {
  TaskResult result;
  result.workflow = "raw";
  result.answer = "One.\n";
  result.degraded = true;
  result.reasons = {"lab/b failed"};
  result.cost = {0.25, CostOrigin::reported};
  const Json completed = shown(ended(TaskCompleted{result}));
  CHECK(completed["stream_id"] == "6f1c");
  CHECK(completed["status"] == "completed");
  CHECK(completed["answer"] == "One.\n");
  CHECK(completed["cost"]["usd"] == 0.25);
  CHECK(completed["reasons"] == Json::array({"lab/b failed"}));
  CHECK(completed["duration_ms"] == 1'500);
  CHECK(completed["exit_code"] == 3);
  CHECK_FALSE(completed.contains("error"));
}

TEST_CASE("a failed or cancelled stream has an object as well") {
  const Json failed = shown(ended(TaskError{{"deadline_exceeded", "too late", "Raise --deadline.", false, {}}, {}}));
  CHECK(failed["status"] == "error");
  CHECK(failed["exit_code"] == 124);
  CHECK(failed["error"]["message"] == "too late");
  const Json cancelled = shown(ended(TaskCancelled{"caller", "", {}}));
  CHECK(cancelled["status"] == "cancelled");
  CHECK(cancelled["exit_code"] == 130);
}

TEST_CASE("before the end nothing is written to standard output") {
  tests::RecordingOutput output;
  SummaryView view(output, exit_code_of, false, true);
  ReceivedEvent tokens;
  tokens.payload = TokenStream{};
  view.on_event(tokens, "{}");
  view.notice(Notice::warning, "Connected again.");
  view.notice(Notice::error, "Exiting.");
  CHECK(output.out_text.empty());
  CHECK(output.err_text == "Exiting.\n");
}
