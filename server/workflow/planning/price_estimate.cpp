#include "server/workflow/planning/price_estimate.h"

#include <algorithm>
#include <cstdint>

namespace plenum::workflow {

namespace {

constexpr std::int64_t instruction_tokens = 300;  // of a step's own prompt, as in the built-in workflows
constexpr double conditional_probability = 0.5;

class PriceEstimator {
 public:
  PriceEstimator(const Assignment& assignment, const TaskSpec& spec) : assignment_(assignment) {
    task_tokens_ = estimate_tokens(spec.task) + estimate_tokens(spec.context_json);
    for (const Turn& turn : assignment.conversation.shown) {
      task_tokens_ += estimate_tokens(turn.question) + estimate_tokens(turn.answer);
    }
  }

  std::optional<double> cost_of(const Step& step) const {
    if (step.kind->runner == StepKind::Runner::search_engine) return 0;  // search fees are not part of model costs
    const AssignedMember& member = assignment_.member_of(step);
    if (!member.price) return std::nullopt;
    const core::ModelPrice& price = *member.price;
    std::int64_t prompt = task_tokens_ + instruction_tokens;
    prompt += estimate_tokens(member.persona);
    for (const StepInput& input : step.inputs) {
      if (const auto source = running_source(input.step)) prompt += answer_tokens(*source);
    }
    const auto answer = answer_tokens(static_cast<StepIndex>(&step - assignment_.workflow->steps.data()));
    const bool is_long = price.long_context && prompt > price.long_context->above;
    const double input = is_long ? price.long_context->input : price.input;
    const double output = is_long ? price.long_context->output : price.output;
    constexpr double million = 1e6;
    return (static_cast<double>(prompt) * input + static_cast<double>(answer) * output) / million + price.request;
  }

 private:
  // The latest step under the name of this one that the task does not omit from the start.
  std::optional<StepIndex> running_source(std::optional<StepIndex> step) const {
    const auto& steps = assignment_.workflow->steps;
    const int rounds = assignment_.options.rounds.value_or(assignment_.workflow->rounds_default);
    while (step && (steps[*step].enabled_by > assignment_.options.search || steps[*step].round > rounds)) {
      step = steps[*step].supersedes;
    }
    return step;
  }

  std::int64_t answer_tokens(StepIndex step) const {
    const Step& of = assignment_.workflow->steps[step];
    return std::min<std::int64_t>(of.kind->answer_tokens, of.parameters.max_tokens.value_or(of.kind->answer_tokens));
  }

  const Assignment& assignment_;
  std::int64_t task_tokens_ = 0;
};

}  // namespace

void add_price_estimates(Assignment& assignment, const TaskSpec& spec) {
  const auto& steps = assignment.workflow->steps;
  assignment.estimates.resize(steps.size());
  const PriceEstimator estimator(assignment, spec);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto& estimate = assignment.estimates[i];
    if (estimate && estimate->usd) continue;
    const auto usd = estimator.cost_of(steps[i]);
    if (!usd) continue;
    if (!estimate) estimate = StepEstimate{steps[i].when ? conditional_probability : 1.0, {}, {}, false};
    estimate->usd = usd;
    estimate->from_history = false;
  }
}

}  // namespace plenum::workflow
