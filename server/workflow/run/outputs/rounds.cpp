#include "server/workflow/run/outputs/rounds.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/json/json.h"

namespace plenum::workflow {

namespace {

// One group of rounds.
class Rounds {
 public:
  Rounds(const StepOutputs& outputs, const StepScheduler& scheduler, bool complete, int group)
      : outputs_(outputs), scheduler_(scheduler), complete_(complete), steps_(outputs.steps()), group_(group) {
    const TaskOptions& options = outputs.assignment().options;
    for (StepIndex i = 0; i < steps_.size(); ++i) {
      if (steps_[i].group != group) continue;
      in_group_.push_back(i);
      planned_ = std::max(planned_, steps_[i].round);
      if (outputs_.of(i).completed) last_ = std::max(last_, steps_[i].round);
    }
    planned_ = std::min(planned_, options.rounds.value_or(outputs.assignment().workflow->rounds_default));
  }

  void add_to(Json& list) const {
    for (int round = 0; round <= last_; ++round) {
      Json row{{"round", round}, {"chunks", Json::array()}};
      std::optional<double> similarity;
      for (const StepIndex step : steps_of(round)) {
        if (!outputs_.of(step).completed) continue;
        row["chunks"].push_back(chunk(outputs_.of(step)));
        if (round > 0 && !similarity) similarity = outputs_.round_similarity(step);
      }
      if (similarity) row["similarity"] = std::round(*similarity * 1000) / 1000;
      if (const auto why = round == last_ ? ended() : std::string_view(); !why.empty()) row["ended"] = why;
      list.push_back(std::move(row));
    }
  }

 private:
  static Json chunk(const StepOutput& output) {
    return Json{
        {"chunk", output.source->chunk}, {"member", output.member.id}, {"status", name_of(output.completed->status)}};
  }

  // Round 0: the outputs that the first round replaces.
  std::vector<StepIndex> steps_of(int round) const {
    std::vector<StepIndex> found;
    for (const StepIndex i : in_group_) {
      if (steps_[i].round == round) found.push_back(i);
      const auto& replaced = steps_[i].supersedes;
      const bool is_first = round == 0 && steps_[i].round == 1 && replaced && steps_[*replaced].group != group_;
      if (is_first && std::find(found.begin(), found.end(), *replaced) == found.end()) found.push_back(*replaced);
    }
    return found;
  }

  // Why no further round followed; empty while one may.
  std::string_view ended() const {
    if (!complete_ && was_stopped()) return "";
    const auto end = scheduler_.rounds_end(group_);
    if (end == RoundsEnd::failed) return "failed";
    if (end == RoundsEnd::converged && last_ < planned_) return "converged";
    if (const auto& condition = steps_[in_group_.front()].when) return ended_by(*condition);
    return last_ >= planned_ ? "rounds_done" : "no_members_left";
  }

  // The run ended before the last round did, or before the one that was to follow it.
  bool was_stopped() const {
    if (last_ < planned_ && !scheduler_.rounds_end(group_)) return true;
    const auto last = steps_of(last_);
    return std::any_of(last.begin(), last.end(), [this](StepIndex step) {
      const auto& completed = outputs_.of(step).completed;
      return scheduler_.is_pending(step) || (completed && completed->status == ChunkStatus::cancelled);
    });
  }

  // By the last review that the condition of a round tests.
  std::string_view ended_by(const Condition& condition) const {
    const std::string& name = steps_[condition.step].output;
    StepIndex review = condition.step;
    for (const StepIndex i : in_group_) {
      if (steps_[i].output == name && outputs_.of(i).completed) review = i;
    }
    const auto& parsed = outputs_.of(review).parsed;
    if (!parsed || parsed->outcome == StepOutcome::failed) return "failed";
    if ((parsed->outcome == StepOutcome::review_with_issues) != condition.issues_found) return "not_needed";
    return last_ >= planned_ ? "rounds_done" : "failed";
  }

  const StepOutputs& outputs_;
  const StepScheduler& scheduler_;
  const bool complete_;
  const std::vector<Step>& steps_;
  const int group_;
  std::vector<StepIndex> in_group_;
  int last_ = 0, planned_ = 0;  // rounds that ran, and that were to run at most
};

}  // namespace

std::string rounds_json(const StepOutputs& outputs, const StepScheduler& scheduler, bool complete) {
  const int groups = outputs.assignment().workflow->groups;
  if (groups == 0) return {};
  Json list = Json::array();
  for (int group = 0; group < groups; ++group) Rounds(outputs, scheduler, complete, group).add_to(list);
  return dump_json(list);
}

}  // namespace plenum::workflow
