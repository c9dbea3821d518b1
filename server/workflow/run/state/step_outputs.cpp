#include "server/workflow/run/state/step_outputs.h"

#include <algorithm>
#include <utility>

#include "server/workflow/output/text_similarity.h"

namespace plenum::workflow {

std::vector<StepIndex> ranked_parts(const Step& ranking) {
  std::vector<StepIndex> parts;
  for (const StepInput& need : ranking.inputs) {
    if (need.output == ranking.inputs.front().output) parts.push_back(need.step);
  }
  return parts;
}

StepOutputs::StepOutputs(const Assignment& assignment)
    : assignment_(assignment), outputs_(assignment.workflow->steps.size()) {
  for (const Step& step : steps()) {
    names_.push_back(step.id + ":" + assignment.member_of(step).id);
    by_name_[names_.back()] = names_.size() - 1;
  }
  for (const SkippedMember& member : assignment.without_key) degrade(member.id + ": " + member.reason);
}

std::optional<StepIndex> StepOutputs::step_named(std::string_view chunk_name) const {
  const auto found = by_name_.find(chunk_name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

const StepOutput* StepOutputs::latest_with_output(StepIndex step, const StepScheduler& scheduler) const {
  for (auto at = scheduler.latest(step); at;) {
    if (outputs_[*at].parsed) return &outputs_[*at];
    if (steps()[*at].kind->failure_hides_older) return nullptr;
    const auto& earlier = steps()[*at].supersedes;
    at = earlier ? scheduler.latest(*earlier) : std::nullopt;
  }
  return nullptr;
}

std::vector<StepIndex> StepOutputs::resolve_label_order(StepIndex ranking, const std::vector<std::string>& members,
                                                        const StepScheduler& scheduler) const {
  std::vector<StepIndex> order;
  for (const std::string& id : members) {
    for (const StepIndex part : ranked_parts(steps()[ranking])) {
      if (assignment_.member_of(steps()[part]).id != id) continue;
      const StepOutput* found = latest_with_output(part, scheduler);
      if (found == nullptr) continue;
      const auto at = static_cast<StepIndex>(found - outputs_.data());
      // The same member may have two parts.
      if (std::find(order.begin(), order.end(), at) != order.end()) continue;
      order.push_back(at);
      break;
    }
  }
  return order;
}

StepOutcome StepOutputs::finish(StepIndex step, ChunkCompleted completed, std::shared_ptr<const EventSource> source,
                                AssignedMember member, const StepScheduler& scheduler) {
  StepOutput& output = outputs_[step];
  if (steps()[step].kind->runner == StepKind::Runner::search_engine) {
    completed.found = completed.status == ChunkStatus::ok && !completed.output.empty();
  }
  output.completed = std::move(completed);
  output.source = std::move(source);
  output.member = std::move(member);
  finished_.push_back(step);
  // An incomplete text is part of the result, but never the input of a later step.
  return output.completed->status == ChunkStatus::ok ? parse(step, scheduler) : StepOutcome::failed;
}

StepOutcome StepOutputs::parse(StepIndex step, const StepScheduler& scheduler) {
  StepOutput& output = outputs_[step];
  ChunkCompleted& completed = *output.completed;
  if (steps()[step].kind->ranks_first_input) {
    output.label_order = resolve_label_order(step, completed.label_order, scheduler);
    completed.label_order = members_of(output.label_order);
  }
  output.parsed =
      steps()[step].kind->parse(completed.output, {output.label_order.size(), assignment_.options.choices.size()});
  std::vector<StepIndex> ranking;
  for (const std::size_t place : output.parsed->ranking) ranking.push_back(output.label_order[place]);
  completed.parsed_ranking = members_of(ranking);
  return output.parsed->outcome;
}

std::vector<std::string> StepOutputs::members_of(const std::vector<StepIndex>& of) const {
  std::vector<std::string> members;
  for (const StepIndex step : of) members.push_back(assignment_.member_of(steps()[step]).id);
  return members;
}

std::optional<double> StepOutputs::round_similarity(StepIndex step) const {
  const Step& of = steps()[step];
  double sum = 0;
  int compared = 0;
  for (StepIndex i = 0; i < steps().size(); ++i) {
    if (steps()[i].group != of.group || steps()[i].round != of.round || !steps()[i].supersedes) continue;
    const auto& before = outputs_[*steps()[i].supersedes].parsed;
    if (!before) continue;  // its member failed in an earlier round
    if (!outputs_[i].completed) return std::nullopt;
    if (!outputs_[i].parsed) continue;
    sum += text_similarity(before->text, outputs_[i].parsed->text);
    ++compared;
  }
  return compared == 0 ? std::nullopt : std::optional(sum / compared);
}

bool StepOutputs::all_keys_rejected() const {
  const auto rejected = [this](StepIndex step) {
    const auto& error = outputs_[step].completed->error;
    return error && error->code == row_of(ErrorCode::authentication).name;
  };
  return !finished_.empty() && std::all_of(finished_.begin(), finished_.end(), rejected);
}

}  // namespace plenum::workflow
