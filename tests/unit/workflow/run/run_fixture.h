// One run on a loop whose clock stands still, with its events written down.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/core/event_sink.h"
#include "server/runtime/event_loop.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "server/workflow/run/run.h"
#include "tests/support/manual_clock.h"
#include "tests/support/upstream/scripted_providers.h"
#include "tests/unit/workflow/run/assignments.h"

namespace plenum::tests {

using Lines = std::vector<std::string>;

// Accepts up to `capacity` events until it is raised.
class WritingSink final : public core::EventSink {
 public:
  bool push(Event event) override {
    if (capacity == 0) return false;
    --capacity;
    if (on_push) on_push(event);
    events.push_back(std::move(event));
    return true;
  }

  // One line per event: type, chunk and what matters of it. Without the sums of stages.
  Lines lines() const {
    Lines out;
    for (const Event& event : events) {
      if (event.type() != EventType::metrics_partial) out.push_back(line(event));
    }
    return out;
  }
  Lines lines_of(EventType type) const {
    Lines out;
    for (const Event& event : events) {
      if (event.type() == type) out.push_back(line(event));
    }
    return out;
  }
  template <class Payload>
  const Payload& last() const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (const auto* payload = std::get_if<Payload>(&event->payload)) return *payload;
    }
    throw std::runtime_error("there is no such event");
  }

  std::vector<Event> events;
  std::size_t capacity = 1'000'000;
  std::function<void(const Event&)> on_push;

 private:
  static std::string line(const Event& event) {
    std::string text(name_of(event.type()));
    if (event.source) text += " " + event.source->chunk;
    if (const auto* progress = std::get_if<TaskProgress>(&event.payload)) {
      text += fmt::format(" {}/{}", progress->completed, progress->total_chunks);
    } else if (const auto* token = std::get_if<TokenStream>(&event.payload)) {
      text += (token->kind == TokenKind::reasoning ? " thinks " : " ") + token->tokens;
    } else if (const auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
      text += fmt::format(" {}", name_of(completed->status));
    } else if (const auto* error = std::get_if<TaskError>(&event.payload)) {
      text += " " + error->error.code;
    }
    return text;
  }
};

struct RunFixture {
  // The members a/m1, b/m2, … fill the roles in turn.
  void begin(std::shared_ptr<const workflow::Workflow> workflow, TaskSpec spec = a_task(), std::size_t members = 1,
             int rounds_max = 1000) {
    workflow::Assignment assignment = assign_members(std::move(workflow), members, start);
    if (price) {
      for (auto& member : assignment.members) member.price = price;
    }
    assignment.options.rounds = rounds_max;
    assignment.options.rounds_min = rounds_min;
    assignment.options.choices = choices;
    assignment.fallbacks = fallbacks;
    assignment.cached_events = std::exchange(replay, {});
    assignment.options.converge = converge;
    assignment.options.search = search;
    if (search != workflow::SearchMode::none) {
      assignment.search_engines = {{"e", "e", "", {}, {}, core::ModelPrice{}, {}}};
    }
    assignment.options.verdict = verdict;
    assignment.date = date;
    assignment.conversation.shown = turns;
    assignment.parameters = parameters;
    run = std::make_unique<workflow::Run>(
        std::move(assignment), std::move(spec), trace_id, sink, providers, loop, [this] { ++finished_calls; },
        std::exchange(resume, std::nullopt));
    run->start();
  }
  void begin(std::string_view file) { begin(load(file)); }

  static TaskSpec a_task() {
    TaskSpec spec;
    spec.task = "Say hello";
    return spec;
  }
  static std::shared_ptr<const workflow::Workflow> load(std::string_view file) {
    auto loaded = workflow::load_workflow(file, "test.toml");
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return std::make_shared<const workflow::Workflow>(std::move(*loaded));
  }

  void turn() { loop.run_once(milliseconds(0)); }
  void pass(milliseconds time) {
    clock.advance(time);
    turn();
  }
  // The member answers and the run draws the consequence.
  void answer(std::size_t call, std::string_view text) {
    providers.call(call).answer(text);
    turn();
  }

  // A further call of a chunk whose text continues.
  static bool is_follow_up(const Event& event) {
    const auto* message = std::get_if<SystemMessage>(&event.payload);
    return message != nullptr && (message->code == "repair" || message->code == "continuation");
  }

  // The call to a model for a chunk, the newest if there were several.
  ScriptedProviders::Call& call_of(std::string_view chunk) {
    std::size_t index = 0, found = 0;
    bool any = false;
    for (const Event& event : sink.events) {
      if (event.type() != EventType::chunk_started && !is_follow_up(event)) continue;
      if (event.source->chunk == chunk) found = index, any = true;
      ++index;
    }
    REQUIRE_MESSAGE(any, "no chunk " << chunk);
    return providers.call(found);
  }
  void answer(std::string_view chunk, std::string_view text) {
    call_of(chunk).answer(text);
    turn();
  }
  // A ranking in which these texts stand in this order, under the labels that the chunk's prompt gives them.
  std::string ranking_of(std::string_view chunk, const std::vector<std::string_view>& texts) {
    const std::string prompt = call_of(chunk).user_prompt();
    std::string ranking = "FINAL RANKING:";
    for (std::size_t i = 0; i < texts.size(); ++i)
      ranking += fmt::format("\n{}. Response {}", i + 1, label_in(prompt, texts[i]));
    return ranking;
  }
  // The label of the block that holds this text.
  static char label_in(const std::string& prompt, std::string_view text) {
    const std::size_t at = prompt.find(fmt::format("\n{}\n</", text));
    REQUIRE_MESSAGE(at != std::string::npos, "the prompt does not show " << text);
    return prompt[prompt.rfind("id=\"", at) + 4];
  }
  void fail(std::string_view chunk) {
    call_of(chunk).break_off(ErrorCode::server, "it fell over");
    turn();
  }

  std::vector<std::string> choices;  // what the next task votes on
  std::optional<double> converge;
  workflow::SearchMode search = workflow::SearchMode::none;
  std::optional<bool> verdict;   // the task option
  workflow::StartOptions start;  // of the next task
  int rounds_min = 0;            // likewise
  std::string date;
  std::vector<Turn> turns;
  TaskParameters parameters;
  std::vector<std::vector<workflow::AssignedMember>> fallbacks;  // of its members
  std::string trace_id = "trace";
  std::vector<Event> replay;               // from the cache, for the next run
  std::optional<workflow::Resume> resume;  // how the next run begins
  std::optional<core::ModelPrice> price;   // of every member
  ManualClock clock;
  runtime::EventLoop loop{clock};
  WritingSink sink;
  ScriptedProviders providers;
  int finished_calls = 0;
  std::unique_ptr<workflow::Run> run;  // goes first
};

}  // namespace plenum::tests
