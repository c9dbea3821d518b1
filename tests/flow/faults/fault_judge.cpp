#include "tests/flow/faults/fault_judge.h"

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

// An attempt's own bound; where the fault is met again, all attempts together have what the step has. A
// name that is not found meets it again even where the first attempt was to be refused.
milliseconds allowed_time(const FaultRun& run) {
  const bool unnamed = run.fault.host != "127.0.0.1" && run.place == Place::retry;
  const bool again = run.fault.retried && (run.place == Place::of_five || unnamed);
  return scaled((again ? step_bound : run.fault.bound) + grace);
}

// What one attempt of a member has shown.
std::string shown_by(const std::vector<Frame>& frames, const std::string& member, const Json& attempt) {
  std::string text;
  for (const Json& event : events_named(frames, "token_stream")) {
    if (event["member"] == member && event["attempt"] == attempt && event["kind"] == "text") {
      text += event["tokens"].get<std::string>();
    }
  }
  return text;
}

// The event that ends what the member does; null when there is none.
Json end_of(const std::vector<Frame>& frames, std::string_view name, const std::string& member) {
  Json found;
  for (const Json& event : events_named(frames, name)) {
    if (event["member"] == member) found = event;
  }
  return found;
}

// The answer as the result has it; empty when it lacks the member.
std::string text_of(const Json& result, const std::string& member) {
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
    verdict.demand(last["result"].value("degraded", false) == !whole, "degraded is wrong");
  } else if (whole) {
    verdict.demand(last["type"] == "task_completed", "a whole answer ended with " + last.dump());
  } else {
    verdict.demand(last["type"] == "task_error", "a failure ended with " + last["type"].get<std::string>());
    verdict.demand(last.value("/error/code"_json_pointer, std::string()) == run.result, "chunk and task differ");
    verdict.demand(last.value("/error/remedy"_json_pointer, std::string()) != "", "no remedy");
  }
}

// Whether an attempt of the member failed with this error and was repeated.
bool retried_after(const std::vector<Frame>& frames, std::string_view code) {
  for (const Json& event : events_named(frames, "system_message")) {
    if (event["code"] == "retry" && event.value("/error/code"_json_pointer, std::string()) == code) return true;
  }
  return false;
}

void judge_requests(const Verdict& verdict, const std::vector<Frame>& frames, const ScriptedUpstream& upstream) {
  const FaultRun& run = verdict.run;
  const std::size_t before = run.place == Place::retry ? 1 : 0;
  const std::size_t seen = upstream.request_count();
  verdict.demand(seen <= 1 + retries_max, std::to_string(seen) + " attempts");
  // A busy machine can delay the scripted provider past a timeout, which may be retried: that run was late.
  if (!run.fault.retried && run.fault.expected != "timeout" && retried_after(frames, "timeout")) {
    verdict.demand(false, too_late);
  } else if (!run.fault.retried) {
    verdict.demand(seen == before + 1, "a fault without retries caused " + std::to_string(seen) + " requests");
  }
  // The connection of a complete response is reused for the next call.
  if (!run.fault.expected.empty()) {
    verdict.demand(eventually([&] { return upstream.open_connections() == 0; }, seconds(1)), "a connection stays open");
  }
}

void judge_text(const Verdict& verdict, const std::string& shown) {
  const std::string_view wanted = verdict.run.fault.shown;
  verdict.demand(shown.starts_with(wanted) && shown.empty() == wanted.empty(), "shown was: " + shown.substr(0, 60));
}

// A fallback member has replaced it: the failed attempt is discarded, and the answer is the fallback's.
void judge_fallback(const Verdict& verdict, const std::string& member, const std::vector<Frame>& frames) {
  FaultRun& run = verdict.run;
  const Json reset = end_of(frames, "chunk_reset", member);
  const Json last = frames.back().json();
  if (reset.is_null()) return verdict.demand(false, "no chunk_reset: " + last.dump());
  run.result = "fallback";
  judge_text(verdict, shown_by(frames, member, reset["attempt"]));
  verdict.demand(last["type"] == "task_completed", "it ended with " + last.dump());
  verdict.demand(last["result"].value("answer", std::string()) == "fine", "the answer is not the fallback's");
  verdict.demand(last["result"].value("degraded", false), "a fallback's answer is not called degraded");
}

}  // namespace

void judge(FaultRun& run, const std::string& provider, const std::vector<Frame>& frames,
           const ScriptedUpstream& upstream) {
  const Verdict verdict{run};
  run.allowed = allowed_time(run);
  verdict.demand(broken_rule(frames).empty(), broken_rule(frames));
  verdict.demand(run.took <= run.allowed, too_late);
  if (frames.empty()) return;
  const std::string member = provider + "/m";
  judge_requests(verdict, frames, upstream);
  const std::string_view expected = run.fault.expected.empty() ? "ok" : run.fault.expected;
  // A full stream has no capacity for another answer.
  if (run.place == Place::fallback && expected != "ok" && expected != "stream_limit") {
    return judge_fallback(verdict, member, frames);
  }

  const Json ended = end_of(frames, "chunk_completed", member);
  if (ended.is_null()) return verdict.demand(false, "no chunk_completed: " + frames.back().data);
  run.result = ended.contains("error") ? ended["error"]["code"].get<std::string>() : "ok";
  verdict.demand(run.result == expected, "not " + std::string(expected) + ": " + ended.value("error", Json()).dump());
  const std::string output = ended.value("output", std::string());
  judge_text(verdict, output);
  verdict.demand(shown_by(frames, member, ended["attempt"]) == output, "the deltas are not the output");
  const Json last = frames.back().json();
  verdict.demand(text_of(last["result"], member) == output, "the result lacks the text so far");
  judge_end(verdict, last);
}

}  // namespace plenum::tests
