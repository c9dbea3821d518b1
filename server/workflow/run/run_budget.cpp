// The cap of a task's cost: a call is made only when its worst case fits beside what is spent and reserved.
#include <fmt/format.h>

#include "common/json/json_writer.h"
#include "server/workflow/run/run_state.h"

namespace plenum::workflow {

namespace {

std::string dollars(double usd) { return fmt::format("${:.4f}", std::max(usd, 0.0)); }

}  // namespace

bool Run::State::afford(Chunk& chunk, core::ChatRequest& request) {
  if (!budget.capped()) return true;
  if (!request.max_tokens) request.max_tokens = capped_answer_tokens;
  const auto& price = chunk.member.price;
  const CallBound bound = price ? bound_of(*price, request) : CallBound{budget.cap() * 2, 0};
  if (budget.reserve(chunk.step, bound)) return true;
  loop.cancel(std::exchange(chunk.timer, 0));
  if (budget.waits_for_none()) {
    refuse_for_cost(chunk, bound.total());
    return false;
  }
  if (std::exchange(chunk.waits_for_budget, true)) return false;
  SystemMessage message{"info",
                        "budget",
                        fmt::format("This call could cost up to {}, and {} of max_cost_usd are free: it waits for what "
                                    "running calls leave.",
                                    dollars(bound.total()), dollars(budget.left())),
                        {}};
  JsonFields(message.fields_json).real("max_cost_usd", bound.total()).real("left_usd", std::max(budget.left(), 0.0));
  say({std::move(message), chunk.source});
  return false;
}

// Not at once: this may be the answer to a chunk's beginning.
void Run::State::refuse_for_cost(Chunk& chunk, double worst) {
  chunk.waits_for_budget = false;
  Error error{ErrorCode::cost_limit,
              fmt::format("not asked: the call could cost up to {}, and {} of max_cost_usd {} are left", dollars(worst),
                          dollars(budget.left()), dollars(budget.cap()))};
  loop.defer(later([index = chunk.step, error = std::move(error)](State& run) {
    const auto still = run.open.find(index);
    if (still == run.open.end() || run.finished) return;
    core::ChatEnd end;
    end.cost = {0.0, CostOrigin::estimated};  // nobody was asked
    end.error = error;
    run.attempt_failed(*still->second, ChunkStatus::error, std::move(end));
    run.try_waiting();
  }));
}

void Run::State::settle(int step, const Cost& cost) {
  if (!budget.capped()) return;
  budget.settle(step, cost);
  loop.defer(later([](State& run) { run.try_waiting(); }));
}

void Run::State::try_waiting() {
  std::vector<int> waiting;
  for (const auto& [index, chunk] : open) {
    if (chunk->waits_for_budget) waiting.push_back(index);
  }
  for (const int index : waiting) {
    if (finished || overflowed || !sink.accepting()) return;
    if (const auto chunk = open.find(index); chunk != open.end()) begin_attempt(*chunk->second);
  }
}

void Run::State::warn_of_estimate() {
  if (!budget.capped()) return;
  const auto estimate = record.progress(plan, milliseconds(0)).estimated_cost;
  if (!estimate || *estimate <= budget.cap()) return;
  SystemMessage message{
      "warning",
      "budget",
      fmt::format("Tasks like this one cost about {}, more than its max_cost_usd {}: it may end early.",
                  dollars(*estimate), dollars(budget.cap())),
      {}};
  JsonFields(message.fields_json).real("estimated_usd", *estimate).real("cap_usd", budget.cap());
  say({std::move(message), nullptr});
}

}  // namespace plenum::workflow
