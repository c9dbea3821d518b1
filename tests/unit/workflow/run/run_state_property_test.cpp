// A run that is restored from any prefix of its log and continues with the rest of its facts emits the same
// events, to the last byte of its result, as the run that was never interrupted.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "server/workflow/catalog/catalog.h"
#include "server/workflow/run/restore/run_restorer.h"
#include "server/workflow/run/state/run_state.h"
#include "tests/unit/workflow/run/assignments.h"

namespace plenum::workflow {

namespace {

constexpr milliseconds no_time{0};

// Facts that leave the log in a state from which they can all be read, and the events that they gave.
struct Entry {
  std::vector<Fact> facts;
  std::vector<Event> events;
};

// Plays a whole run on the reducer alone, with ends, failures, retries and interruptions drawn by rapidcheck.
class LiveRun {
 public:
  LiveRun(const Assignment& assignment, const TaskSpec& spec) : state_(assignment, spec, "trace") {}

  std::vector<Entry> play() {
    while (!state_.finished()) {
      if (const auto close = state_.pending_close()) {
        finish(any_open(), close->status, close->error);
      } else if (!state_.scheduler().ready().empty()) {
        start(*state_.scheduler().ready().begin());
      } else if (const auto stragglers = state_.scheduler().stragglers(); !stragglers.empty()) {
        finish(stragglers.front(), ChunkStatus::skipped,
               error_info({ErrorCode::cancelled, std::string(straggler_reason)}));
      } else if (state_.open_chunks().empty()) {
        RC_ASSERT(state_.scheduler().done());
        apply({PlanCompleted{}});
      } else if (*rc::gen::inRange(0, 40) == 0) {
        end_early();
      } else {
        progress(any_open());
      }
    }
    return std::move(log_);
  }
  const RunState& state() const { return state_; }

 private:
  StepIndex any_open() const {
    auto chunk = state_.open_chunks().begin();
    std::advance(chunk, *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(state_.open_chunks())));
    return chunk->first;
  }

  void apply(std::vector<Fact> facts) {
    Entry entry;
    for (Fact& fact : facts) {
      entry.facts.push_back(fact);
      for (Event& event : state_.apply(std::move(fact), no_time).events) entry.events.push_back(std::move(event));
    }
    log_.push_back(std::move(entry));
  }

  // With the reservation of the call that follows.
  void apply_with_call(StepIndex step, Fact fact) {
    apply({std::move(fact)});
    const auto prompt = state_.prompt_of(step);
    label_orders_[step] = prompt->label_order;
    if (!state_.budget().budget().capped()) return;
    const CallReserved reserved{step, state_.admit(step, prompt->request).bound};
    log_.back().facts.push_back(reserved);
    for (Event& event : state_.apply(reserved, no_time).events) log_.back().events.push_back(std::move(event));
  }

  void start(StepIndex step) { apply_with_call(step, StepStarted{step}); }

  void progress(StepIndex step) {
    const auto draw = *rc::gen::inRange(0, 10);
    const bool chain = state_.can_fall_back(step, std::nullopt);
    if (draw == 0 || (draw == 1 && chain)) return fail_attempt(step, draw == 0);
    if (draw == 2) return finish(step, ChunkStatus::error, error_info({ErrorCode::server, "it failed"}));
    if (draw == 3) return finish(step, ChunkStatus::skipped, error_info({ErrorCode::cancelled, "a/m1 was skipped"}));
    finish(step, ChunkStatus::ok, std::nullopt);
  }

  void fail_attempt(StepIndex step, bool retry) {
    AttemptFailed failed{step,
                         retry ? AttemptFollowUp::retry : AttemptFollowUp::fallback,
                         error_info({ErrorCode::timeout, "too slow"}),
                         ChunkStatus::timeout,
                         {},
                         any_cost(),
                         3};
    if (retry) return apply({failed});
    apply_with_call(step, failed);
  }

  static Cost any_cost() {
    return *rc::gen::inRange(0, 2) == 0 ? Cost{} : Cost{*rc::gen::inRange(0, 9) * 0.125, CostOrigin::reported};
  }

  void finish(StepIndex step, ChunkStatus status, std::optional<ErrorInfo> error) {
    apply({ending(step, status, std::move(error))});
  }

  ChunkFinished ending(StepIndex step, ChunkStatus status, std::optional<ErrorInfo> error) {
    ChunkCompleted completed;
    completed.status = status;
    completed.output = any_output(step);
    completed.cost = any_cost();
    completed.latency_ms = *rc::gen::inRange(0, 50);
    completed.truncated = *rc::gen::inRange(0, 5) == 0;
    completed.error = std::move(error);
    completed.label_order = label_orders_[step];
    return {step, std::move(completed)};
  }

  std::string any_output(StepIndex step) const {
    const StepKind& kind = *state_.outputs().steps()[step].kind;
    if (kind.name == "ranking") {
      return *rc::gen::element<std::string>("FINAL RANKING:\n1. Response B\n2. Response A", "No idea.");
    }
    if (kind.name == "verdict") {
      return *rc::gen::element<std::string>(R"({"type": "decision", "headline": "x", "positions": [{"label": "y"}]})",
                                            R"({"type": "open_ended"})", "No idea.");
    }
    if (kind.name == "choice") return *rc::gen::element<std::string>("A", "B", "Hm.");
    if (kind.name == "review") {
      return *rc::gen::element<std::string>(R"({"issues_found": true})", R"({"issues_found": false})", "A bug!");
    }
    return *rc::gen::element<std::string>("one", "two", "```\nthree\n```");
  }

  // The log shows the reason only with the first chunk that was closed for it.
  void end_early() {
    const Fact end = *rc::gen::element<Fact>(
        Fact(CancelRequested{"client", "no: more"}),
        Fact(RunFailed{error_info({ErrorCode::stream_limit, "the log is full"}), ChunkStatus::cancelled}));
    RunState after = state_;
    const auto close = after.apply(end, no_time).close.value();
    const StepIndex first = any_open();
    apply({end, ending(first, close.status, close.error)});
    while (!state_.finished()) finish(any_open(), close.status, close.error);
  }

  RunState state_;
  std::map<StepIndex, std::vector<std::string>> label_orders_;
  std::vector<Entry> log_;
};

Assignment any_assignment() {
  const std::string name = *rc::gen::element<std::string>("single", "raw", "synthesize", "council", "vote", "debate",
                                                          "arena", "adversarial", "duo", "consensus", "elite");
  Assignment assignment = tests::assign_members(Catalog::built_in()->find(name), 3);
  assignment.options.choices = {"one", "two"};
  assignment.options.verdict = *rc::gen::arbitrary<bool>();
  assignment.fallbacks = {{{"b/m2", "b", "m2"}, {"x/m8", "x", "m8"}}, {{"x/m8", "x", "m8"}}, {}};
  for (auto& member : assignment.members) member.price = core::ModelPrice{"*", 1, 1, {}, {}};
  for (auto& chain : assignment.fallbacks) {
    for (auto& member : chain) member.price = core::ModelPrice{"*", 1, 1, {}, {}};
  }
  return assignment;
}

bool same(const Event& a, const Event& b) {
  if (!(a.payload == b.payload) || !a.source != !b.source) return false;
  return !a.source || *a.source == *b.source;
}

// The reader of the log sees events as they are written: as JSON.
void record(RecordedRun& recorded, const Event& event) {
  const EventEncoder encoder(StreamId{}, "", "", "");
  std::string json;
  encoder.append_json(json, event, {});
  recorded.add(parse_event(json).value());
}

void check_prefix(const std::vector<Entry>& log, std::size_t prefix, const RunState& live, const Assignment& assignment,
                  const TaskSpec& spec) {
  RecordedRun recorded;
  for (std::size_t i = 0; i < prefix; ++i) {
    for (const Event& event : log[i].events) record(recorded, event);
  }
  RunState restored(assignment, spec, "trace");
  const auto missing = restore_run(restored, Resume{recorded, Resume::Mode::continue_log, no_time});
  RC_ASSERT(missing.has_value());
  RC_ASSERT(missing->empty());
  for (std::size_t i = prefix; i < log.size(); ++i) {
    std::vector<Event> events;
    for (const Fact& fact : log[i].facts) {
      for (Event& event : restored.apply(fact, no_time).events) events.push_back(std::move(event));
    }
    RC_ASSERT(events.size() == log[i].events.size());
    for (std::size_t k = 0; k < events.size(); ++k) RC_ASSERT(same(events[k], log[i].events[k]));
  }
  RC_ASSERT(restored.finished());
  RC_ASSERT(std::abs(restored.budget().budget().left() - live.budget().budget().left()) < 1e-6);
}

}  // namespace

TEST_CASE("restored from any prefix of its log, a run continues exactly as the live one") {
  const bool held = rc::check([] {
    const Assignment assignment = any_assignment();
    TaskSpec spec;
    spec.task = "Say hello";
    spec.max_cost_usd = *rc::gen::element(0.0, 1e6);
    LiveRun live(assignment, spec);
    const std::vector<Entry> log = live.play();
    for (std::size_t prefix = 0; prefix < log.size(); ++prefix) {
      check_prefix(log, prefix, live.state(), assignment, spec);
    }
  });
  CHECK(held);
}

}  // namespace plenum::workflow
