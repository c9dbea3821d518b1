// Whole runs played by a script, and what another run makes of a part of their logs.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/sha256.h"
#include "server/workflow/catalog/catalog.h"
#include "server/workflow/run/restore/reused_run.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

struct Reply {
  std::string text;
  std::optional<ErrorCode> fails{};
  int retries = 0;  // of the provider, before its first token
  std::string finish_reason = "stop";
  bool hangs = false;                  // the call never ends by itself
  std::vector<std::string> omitted{};  // attachments
};
// The response of a provider to a prompt: always the same, so that equal answers prove equal prompts.
using Script = std::function<Reply(const std::string& provider, const std::string& prompt)>;

struct Play {
  std::string workflow;  // built in, or the text of a file
  std::size_t members = 3;
  std::vector<std::vector<workflow::AssignedMember>> fallbacks{};
  std::optional<core::ModelPrice> price{};
  double max_cost_usd = 0;
  milliseconds deadline{0};  // 0: the workflow's
  int rounds = 3;
  Script script{};
  bool search = false;            // of a task that is not its own query
  std::optional<bool> verdict{};  // the task option
  // By default no step starts early: which steps run then depends on the order of the ends.
  workflow::StartOptions start{{}, workflow::LatePolicy::wait};
  int rounds_min = 0;
  std::optional<double> converge{};
};

struct Played {
  std::vector<Event> events;
  std::vector<std::string> prompts;  // of all calls, each with its provider
};

inline bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// Ranks by the texts, whatever letters they have.
inline std::string ranking_in(const std::string& prompt) {
  std::vector<std::pair<std::string, char>> answers;
  constexpr std::string_view mark = " id=\"";
  for (std::size_t at = prompt.find(mark); at != std::string::npos; at = prompt.find(mark, at + 1)) {
    const std::size_t text = prompt.find('\n', at) + 1;
    answers.emplace_back(prompt.substr(text, prompt.find('\n', text) - text), prompt[at + mark.size()]);
  }
  std::sort(answers.begin(), answers.end());
  std::string ranking = "FINAL RANKING:";
  for (const auto& [text, label] : answers) ranking += fmt::format("\n1. Response {}", label);
  return ranking;
}

// The form that a repair requires, as it stands.
inline std::string form_in(const std::string& prompt) {
  const std::size_t form = prompt.find("FINAL RANKING:");
  return prompt.substr(form, prompt.find(" Write nothing else") - 1 - form);
}

// All answers but the last one of the prompt hold the same position.
inline std::string verdict_in(const std::string& prompt) {
  constexpr std::string_view mark = "letters of the answers: ";
  const std::size_t begin = prompt.find(mark) + mark.size();
  const std::string letters = prompt.substr(begin, prompt.find('.', begin) - begin);
  std::string votes;
  for (std::size_t at = 0; at < letters.size(); at += 3) {  // A, B, C
    votes += fmt::format(R"({}{{"member": "{}", "position_label": "{}"}})", votes.empty() ? "" : ", ", letters[at],
                         at + 3 < letters.size() ? "yes" : "no");
  }
  return fmt::format(R"({{"type": "decision", "headline": "{}", "positions": [{{"label": "yes"}}, {{"label": "no"}}], )"
                     R"("votes": [{}]}})",
                     sha256_hex(prompt).substr(0, 8), votes);
}

inline Reply usual_reply(const std::string& provider, const std::string& prompt) {
  if (holds(prompt, "end with your ranking")) return {provider == "c" ? "They are all fine." : ranking_in(prompt)};
  if (holds(prompt, "required form") && holds(prompt, "FINAL RANKING:")) return {form_in(prompt)};
  if (holds(prompt, "letters of the answers: ")) {
    return {holds(prompt, "required form") ? verdict_in(prompt) : "Yes, mostly."};
  }
  if (holds(prompt, "VOTE: X")) return {provider == "a" ? "VOTE: B" : "VOTE: A"};
  if (holds(prompt, "What to check")) {
    const bool issues = !holds(prompt, "The earlier review");
    return {fmt::format(R"({{"issues_found": {}, "suggestions": ["{}"]}})", issues, sha256_hex(prompt).substr(0, 8))};
  }
  return {fmt::format("{} writes {}", provider, sha256_hex(prompt).substr(0, 12))};
}

// Runs a workflow to its end; the seed determines which call continues next.
class Player {
 public:
  Player(const Play& of, unsigned seed) : play_(of), random_(seed * 2654435761u + 1) {
    fixture.fallbacks = of.fallbacks;
    fixture.price = of.price;
    fixture.start = of.start;
    fixture.rounds_min = of.rounds_min;
    fixture.converge = of.converge;
    fixture.choices = {"one", "two"};
    if (of.search) fixture.search = workflow::SearchMode::search;
    fixture.verdict = of.verdict;
  }

  void begin(std::optional<workflow::Resume> resume = std::nullopt) {
    fixture.resume = std::move(resume);
    TaskSpec spec = RunFixture::a_task();
    spec.max_cost_usd = play_.max_cost_usd;
    spec.deadline = play_.deadline;
    if (play_.search) spec.task = "Some material.\nWhat is new?";
    auto found = workflow::Catalog::built_in()->find(play_.workflow);
    if (!found) found = RunFixture::load(play_.workflow);
    fixture.begin(std::move(found), std::move(spec), play_.members, play_.rounds);
  }
  // False when it has ended.
  bool step() {
    if (fixture.run->finished()) return false;
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < fixture.providers.count(); ++i) {
      const auto& call = fixture.providers.call(i);
      if (call.open() && !reply_to(call).hangs) open.push_back(i);
    }
    if (open.empty()) {
      REQUIRE_MESSAGE(++idle_ < 10, "the run waits without an open call");
      fixture.turn();
      return true;
    }
    idle_ = 0;
    speak(open[draw() % open.size()]);
    if (draw() % 2 == 0) fixture.turn();  // sometimes several things happen in one
    return true;
  }
  Played play(std::optional<workflow::Resume> resume = std::nullopt) {
    begin(std::move(resume));
    while (step()) continue;
    return played();
  }
  Played played() {
    fixture.turn();
    Played out{fixture.sink.events, {}};
    for (std::size_t i = 0; i < fixture.providers.count(); ++i) {
      const auto& call = fixture.providers.call(i);
      out.prompts.push_back(call.provider + ": " + call.user_prompt());
    }
    return out;
  }

  RunFixture fixture;

 private:
  unsigned draw() {
    random_ = random_ * 1103515245u + 12345u;
    return random_ >> 16;
  }
  Reply reply_to(const ScriptedProviders::Call& call) const {
    return play_.script ? play_.script(call.provider, call.user_prompt())
                        : usual_reply(call.provider, call.user_prompt());
  }
  void speak(std::size_t index) {
    auto& call = fixture.providers.call(index);
    const Reply reply = reply_to(call);
    const int turn = sent_[index]++;
    const std::size_t half = reply.text.size() / 2;
    if (turn < reply.retries) {
      core::ChatNotice notice;
      notice.kind = core::ChatNotice::Kind::retrying;
      notice.error = Error{ErrorCode::timeout, "too slow"};
      notice.cost = {0.0, CostOrigin::estimated};
      notice.generation = {call.provider + "-actual", fmt::format("retried-{}", index), "upstream"};
      call.notice(notice);
    } else if (turn == reply.retries) {
      call.reasoning("hm");
    } else if (turn == reply.retries + 1) {
      call.text(reply.text.substr(0, half));
    } else if (reply.fails) {
      call.break_off(*reply.fails, "it fell over");
    } else if (turn == reply.retries + 2) {
      call.text(reply.text.substr(half));
    } else if (!reply.omitted.empty()) {
      call.end_without(reply.omitted);
    } else {
      call.end_well({10, 20, 30, {}, {}, {}}, {0.25, CostOrigin::reported}, reply.finish_reason,
                    {call.provider + "-actual", fmt::format("done-{}", index), "upstream"});
    }
  }

  const Play& play_;
  unsigned random_;
  std::map<std::size_t, int> sent_;  // by call
  int idle_ = 0;
};

// The contents of a log, parsed from its JSON encoding.
inline workflow::RecordedRun recorded_in(const std::vector<Event>& events, std::size_t count) {
  const EventEncoder encoder(StreamId{}, "", "", "");
  workflow::RecordedRun past;
  for (std::size_t i = 0; i < count; ++i) {
    std::string json;
    encoder.append_json(json, events[i], {i + 1, {}, static_cast<std::int64_t>(i)});
    const auto read = parse_event(json);
    past.add(read.value());
  }
  return past;
}

inline workflow::Resume continuation(const std::vector<Event>& log, std::size_t count) {
  return {recorded_in(log, count), workflow::Resume::Mode::continue_log, milliseconds(0)};
}

inline const TaskResult& result_of(const Event& terminal) {
  if (const auto* completed = std::get_if<TaskCompleted>(&terminal.payload)) return completed->result;
  if (const auto* error = std::get_if<TaskError>(&terminal.payload)) return error->result;
  return std::get<TaskCancelled>(terminal.payload).result;
}

inline std::size_t place_of(const Played& played, EventType type, std::size_t which) {
  for (std::size_t i = 0; i < played.events.size(); ++i) {
    if (played.events[i].type() == type && which-- == 0) return i;
  }
  FAIL("there is no such event");
  return 0;
}

inline Play play_of(const char* workflow, Script script = {}) {
  Play play{workflow};
  play.script = std::move(script);
  return play;
}

}  // namespace plenum::tests
