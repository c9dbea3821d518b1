#include "server/workflow/run/outputs/step_outputs.h"

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

StepOutputs::StepOutputs(const Assignment& assignment, std::string trace_id)
    : assignment_(assignment), trace_id_(std::move(trace_id)), outputs_(assignment.workflow->steps.size()) {
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
    const auto& parsed = outputs_[*at].parsed;
    if (parsed && parsed->outcome != StepOutcome::failed) return &outputs_[*at];
    if (steps()[*at].kind->failure_hides_older) return nullptr;
    const auto& earlier = steps()[*at].supersedes;
    at = earlier ? scheduler.latest(*earlier) : std::nullopt;
  }
  return nullptr;
}

std::vector<std::optional<StepIndex>> StepOutputs::resolve_labels(StepIndex ranking,
                                                                  const std::vector<std::string>& members,
                                                                  const StepScheduler& scheduler) const {
  std::vector<std::optional<StepIndex>> labeled;
  for (const std::string& id : members) {
    labeled.emplace_back();
    for (const StepIndex part : ranked_parts(steps()[ranking])) {
      if (assignment_.member_of(steps()[part]).id != id) continue;
      // A reused chunk may have read more than it does in this run, if a substitute made it.
      const auto read = scheduler.read_by(ranking, part);
      const StepOutput* found = read ? &outputs_[*read] : latest_with_output(part, scheduler);
      if (found == nullptr) continue;
      const auto at = static_cast<StepIndex>(found - outputs_.data());
      // The same member may have two parts.
      if (std::find(labeled.begin(), labeled.end(), at) != labeled.end()) continue;
      labeled.back() = at;
      break;
    }
  }
  return labeled;
}

ParseInput StepOutputs::parse_input(StepIndex step, const std::vector<std::string>& label_order,
                                    const StepScheduler& scheduler) const {
  ParseInput input;
  input.choices = assignment_.options.choices;
  if (steps()[step].kind->labels_first_input) {
    const auto labeled = resolve_labels(step, label_order, scheduler);
    for (std::size_t label = 0; label < labeled.size(); ++label) {
      if (labeled[label]) input.labels.push_back(label);
    }
  }
  if (const auto& before = steps()[step].supersedes) {
    if (const StepOutput* earlier = latest_with_output(*before, scheduler)) input.earlier = earlier->parsed->files;
  }
  return input;
}

ParsedOutput StepOutputs::parse(StepIndex step, const ChunkCompleted& completed, const StepScheduler& scheduler) const {
  const StepKind& kind = *steps()[step].kind;
  const ParseInput input = parse_input(step, completed.label_order, scheduler);
  const std::string_view text = completed.output;
  const auto repaired_at = static_cast<std::size_t>(completed.repaired_at);
  if (repaired_at == 0 || repaired_at > text.size()) return kind.parse(text, input);
  ParsedOutput repaired = kind.parse(text.substr(repaired_at), input);
  // The reasons stand before it.
  if (!kind.replaced_by_repair) repaired.text = std::string(text);
  return repaired;
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
  const StepOutcome outcome =
      output.completed->status == ChunkStatus::ok ? accept(step, scheduler) : StepOutcome::failed;
  if (steps()[step].group && !round_similarity(step)) compare_round(steps()[step]);
  return outcome;
}

StepOutcome StepOutputs::accept(StepIndex step, const StepScheduler& scheduler) {
  StepOutput& output = outputs_[step];
  ChunkCompleted& completed = *output.completed;
  if (steps()[step].kind->labels_first_input) {
    output.labeled = resolve_labels(step, completed.label_order, scheduler);
  }
  output.parsed = parse(step, completed, scheduler);
  completed.parsed_ranking.clear();
  for (const std::size_t label : in_order(output.parsed->ranking)) {
    completed.parsed_ranking.push_back(completed.label_order[label]);
  }
  // After a ranking of late answers that cannot be read, the earlier ranking remains.
  const bool is_void = !steps()[step].late_of.empty() && !output.parsed->problem.empty();
  return is_void ? StepOutcome::failed : output.parsed->outcome;
}

std::optional<double> StepOutputs::round_similarity(StepIndex step) const {
  const Step& of = steps()[step];
  const auto found = of.group ? similarities_.find({*of.group, of.round}) : similarities_.end();
  return found == similarities_.end() ? std::nullopt : std::optional(found->second);
}

void StepOutputs::compare_round(const Step& of) {
  const auto in_round = [&](const Step& step) { return step.group == of.group && step.round == of.round; };
  // In a round with lists, the members' texts count and no other.
  const bool lists = std::any_of(steps().begin(), steps().end(),
                                 [&](const Step& step) { return in_round(step) && step.each != Each::no; });
  std::vector<StepIndex> compared;
  for (StepIndex i = 0; i < steps().size(); ++i) {
    const Step& step = steps()[i];
    if (!in_round(step) || !step.supersedes || step.kind->is_verdict || (step.each != Each::no) != lists) continue;
    if (!outputs_[*step.supersedes].parsed) continue;  // its member failed in an earlier round
    if (!outputs_[i].completed) return;
    if (outputs_[i].parsed) compared.push_back(i);
  }
  if (compared.empty()) return;
  double sum = 0;
  for (const StepIndex i : compared) {
    sum += text_similarity(outputs_[*steps()[i].supersedes].parsed->text, outputs_[i].parsed->text);
  }
  similarities_[{*of.group, of.round}] = sum / static_cast<double>(compared.size());
}

bool StepOutputs::all_keys_rejected() const {
  const auto rejected = [this](StepIndex step) {
    const auto& error = outputs_[step].completed->error;
    return error && error->code == row_of(ErrorCode::authentication).name;
  };
  return !finished_.empty() && std::all_of(finished_.begin(), finished_.end(), rejected);
}

}  // namespace plenum::workflow
