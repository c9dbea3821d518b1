#include "tests/flow/fault_judge.h"

#include <nlohmann/json.hpp>

namespace plenum::tests {

namespace {

constexpr milliseconds grace{250};
constexpr int retries_max = 3;

struct Verdict {
  FaultRun& run;
  void demand(bool holds, const std::string& rule) const {
    if (!holds) run.wrong.push_back(rule);
  }
};

// An attempt's own bound; where attempts are made again, all of them have what the step has.
milliseconds allowed_time(const FaultRun& run) {
  return scaled((run.fault.retried ? step_bound : run.fault.bound) + grace);
}

std::string text_of_chunk(const std::vector<Frame>& frames, const Json& chunk) {
  std::string text;
  for (const Json& event : events_named(frames, "token_stream")) {
    if (event["chunk"] == chunk && event["kind"] == "text") text += event["tokens"].get<std::string>();
  }
  return text;
}

// The answer as the result has it; empty when it lacks the member.
std::string kept_text(const Json& result, const std::string& member) {
  for (const Json& answer : result["answers"]) {
    if (answer["member"] == member) return answer.value("text", std::string());
  }
  return {};
}

void judge_end(const Verdict& verdict, const Json& last) {
  const FaultRun& run = verdict.run;
  const bool whole = run.fault.expected.empty();
  if (run.place == Place::of_five) {
    verdict.demand(last["type"] == "task_completed", "the council ended with " + last["type"].get<std::string>());
    const std::string answer = last["result"].value("answer", std::string());
    verdict.demand(answer.find("|fine|fine|fine|fine") != std::string::npos, "the council's answer is " + answer);
    verdict.demand(last["result"].value("degraded", false) == !whole, "degraded is told wrongly");
  } else if (whole) {
    verdict.demand(last["type"] == "task_completed", "a whole answer ended with " + last.dump());
  } else {
    verdict.demand(last["type"] == "task_error", "a failure ended with " + last["type"].get<std::string>());
    verdict.demand(last.value("/error/code"_json_pointer, std::string()) == run.result, "chunk and task differ");
    verdict.demand(last.value("/error/remedy"_json_pointer, std::string()) != "", "no remedy");
  }
}

void judge_requests(const Verdict& verdict, const ScriptedUpstream& upstream) {
  const FaultRun& run = verdict.run;
  const std::size_t before = run.place == Place::retry ? 1 : 0;
  const std::size_t seen = upstream.request_count();
  verdict.demand(seen <= 1 + retries_max, std::to_string(seen) + " attempts");
  if (!run.fault.retried) {
    verdict.demand(seen == before + 1, "what may not be retried was asked " + std::to_string(seen) + " times");
  }
  // A whole answer's connection is kept for the next call.
  if (!run.fault.expected.empty()) {
    verdict.demand(eventually([&] { return upstream.open_connections() == 0; }, seconds(1)), "a connection stays open");
  }
}

}  // namespace

void judge(FaultRun& run, const std::string& provider, const std::vector<Frame>& frames,
           const ScriptedUpstream& upstream) {
  const Verdict verdict{run};
  run.allowed = allowed_time(run);
  verdict.demand(broken_rule(frames).empty(), broken_rule(frames));
  if (frames.empty()) return;
  const std::string member = provider + "/m";
  Json ended;
  for (const Json& event : events_named(frames, "chunk_completed")) {
    if (event["member"] == member) ended = event;
  }
  if (ended.is_null()) return verdict.demand(false, "no chunk_completed: " + frames.back().data);
  run.result = ended.contains("error") ? ended["error"]["code"].get<std::string>() : "ok";
  const std::string expected(run.fault.expected.empty() ? "ok" : run.fault.expected);
  verdict.demand(run.result == expected, "expected " + expected + ", got " + ended.value("error", Json()).dump());
  verdict.demand(run.took <= run.allowed, "too late");

  const std::string shown = text_of_chunk(frames, ended["chunk"]);
  const std::string output = ended.value("output", std::string());
  verdict.demand(shown == output, "the deltas are not the output");
  verdict.demand(output.starts_with(run.fault.shown) && (output.empty() == run.fault.shown.empty()),
                 "shown was: " + output.substr(0, 60));
  const Json last = frames.back().json();
  verdict.demand(kept_text(last["result"], member) == output, "the result lacks the text so far");
  judge_end(verdict, last);
  judge_requests(verdict, upstream);
}

}  // namespace plenum::tests
