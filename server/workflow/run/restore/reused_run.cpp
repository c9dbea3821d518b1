#include "server/workflow/run/restore/reused_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace plenum::workflow {

namespace {

constexpr std::array<std::pair<std::string_view, RetryFrom>, 4> names{{{"synthesis", RetryFrom::synthesis},
                                                                       {"rankings", RetryFrom::rankings},
                                                                       {"rounds", RetryFrom::rounds},
                                                                       {"all", RetryFrom::all}}};

// Steps outside of rounds that read what rounds have put out.
bool follows_rounds(const Step& step, const Workflow& workflow) {
  const auto in_round = [&](StepIndex before) { return workflow.steps[before].group.has_value(); };
  return !step.group && std::any_of(step.after.begin(), step.after.end(), in_round);
}

bool is_first_of(const Step& step, const Workflow& workflow, RetryFrom from) {
  if (from == RetryFrom::rounds) return follows_rounds(step, workflow);
  return from == RetryFrom::synthesis ? is_synthesis(step, workflow) : step.kind->judges_answers;
}

std::string chunk_name(const Step& step, const Assignment& assignment) {
  return step.id + ":" + assignment.member_of(step).id;
}

Error unknown_chunk(const std::string& chunk) {
  return {ErrorCode::validation_failed,
          fmt::format("the earlier stream's \"{}\" is no step of this task: its workflow or its members have changed",
                      chunk),
          "Retry it from `all`."};
}

class Reuse {
 public:
  Reuse(const RecordedRun& recorded, const Assignment& assignment)
      : recorded_(recorded),
        assignment_(assignment),
        steps_(assignment.workflow->steps),
        chunks_(steps_.size(), nullptr),
        started_(steps_.size(), 0),
        ended_(steps_.size(), 0),
        reused_(steps_.size(), false) {}

  Result<RecordedRun> select(RetryFrom from) {
    const auto again = steps_again(from);
    if (!again) return Failure(again.error());
    if (const auto found = find_chunks(); !found) return Failure(found.error());
    for (StepIndex i = 0; i < steps_.size(); ++i) {
      reused_[i] =
          !(*again)[i] && chunks_[i] && chunks_[i]->completed && chunks_[i]->completed->status == ChunkStatus::ok;
    }
    reuse_failures();
    return reused_part();
  }

 private:
  // The first steps to be run again and all that depend on them.
  Result<std::vector<bool>> steps_again(RetryFrom from) const {
    std::vector<bool> again(steps_.size(), false);
    bool any = false;
    for (StepIndex i = 0; i < steps_.size(); ++i) {
      const bool first = is_first_of(steps_[i], *assignment_.workflow, from);
      any |= first;
      const auto& after = steps_[i].after;
      again[i] = first || std::any_of(after.begin(), after.end(), [&](StepIndex step) { return again[step]; });
    }
    if (any || from == RetryFrom::rounds) return again;
    const bool synthesis = from == RetryFrom::synthesis;
    return Failure(Error{ErrorCode::validation_failed,
                         fmt::format("workflow \"{}\" has no {} to retry", assignment_.workflow->name,
                                     synthesis ? "synthesis" : "rankings or votes"),
                         "Retry it from `all`."});
  }

  Result<void> find_chunks() {
    std::map<std::string, StepIndex> by_name;
    for (StepIndex i = 0; i < steps_.size(); ++i) {
      by_name[chunk_name(steps_[i], assignment_)] = i;
    }
    for (std::size_t place = 0; place < recorded_.order.size(); ++place) {
      const RunMark& mark = recorded_.order[place];
      const auto found = by_name.find(mark.chunk);
      if (found == by_name.end()) return Failure(unknown_chunk(mark.chunk));
      const RecordedChunk& chunk = recorded_.chunks.at(mark.chunk);
      if (!is_in_chain(chunk, steps_[found->second])) return Failure(unknown_chunk(mark.chunk));
      chunks_[found->second] = &chunk;
      (mark.ended ? ended_ : started_)[found->second] = static_cast<std::ptrdiff_t>(place);
    }
    return {};
  }

  // The member that completed the chunk may still run the step.
  bool is_in_chain(const RecordedChunk& chunk, const Step& step) const {
    const auto completed_it = [&](const AssignedMember& member) {
      return member.id == chunk.source.member && member.model == chunk.source.model;
    };
    const auto chain = assignment_.fallbacks_of(step);
    return completed_it(assignment_.member_of(step)) || std::any_of(chain.begin(), chain.end(), completed_it);
  }

  // A chunk that was produced without an output would differ if that output existed. Steps that never ran
  // may lie between the two: a step that waited for them waited for their dependencies as well.
  void reuse_failures() {
    constexpr std::ptrdiff_t never = -1;
    // For each step: when the last reused step that depends on it started.
    std::vector<std::ptrdiff_t> needed(steps_.size(), never);
    for (StepIndex i = steps_.size(); i-- > 0;) {  // in workflow order, dependencies come first
      if (chunks_[i] && !reused_[i] && needed[i] != never && chunks_[i]->completed) {
        reused_[i] = ended_[i] < needed[i] || is_straggler(*chunks_[i]->completed);
      }
      const std::ptrdiff_t since = reused_[i] ? started_[i] : !chunks_[i] ? needed[i] : never;
      for (const StepIndex earlier : steps_[i].after) needed[earlier] = std::max(needed[earlier], since);
    }
  }

  RecordedRun reused_part() const {
    RecordedRun part;
    part.started = recorded_.started;
    part.trace_id = recorded_.trace_id;
    part.members = recorded_.members;
    for (StepIndex i = 0; i < steps_.size(); ++i) {
      if (!reused_[i]) continue;
      RecordedChunk chunk = *chunks_[i];
      chunk.codes.clear();
      part.chunks.emplace(chunk.source.chunk, std::move(chunk));
    }
    for (const RunMark& mark : recorded_.order) {
      if (part.chunks.count(mark.chunk) > 0) part.order.push_back(mark);
    }
    return part;
  }

  const RecordedRun& recorded_;
  const Assignment& assignment_;
  const std::vector<Step>& steps_;
  std::vector<const RecordedChunk*> chunks_;     // for each step; null: it never started
  std::vector<std::ptrdiff_t> started_, ended_;  // for each step: positions in the recorded order
  std::vector<bool> reused_;                     // for each step
};

}  // namespace

std::optional<RetryFrom> retry_from_named(std::string_view name) {
  for (const auto& [known, from] : names) {
    if (known == name) return from;
  }
  return std::nullopt;
}

Result<int> rounds_done(const RecordedRun& recorded, const Assignment& assignment) {
  const Workflow& workflow = *assignment.workflow;
  const auto by_review = [](const Step& step) { return step.group && step.when; };
  const bool extensible = workflow.groups > 0 && std::none_of(workflow.steps.begin(), workflow.steps.end(), by_review);
  if (!extensible) {
    return Failure(Error{ErrorCode::validation_failed,
                         fmt::format("workflow \"{}\" has no rounds that can be extended", workflow.name),
                         "Use a workflow with rounds of all members, such as `arena` or `debate`."});
  }
  int last = 0;
  for (const Step& step : workflow.steps) {
    const auto chunk = recorded.chunks.find(chunk_name(step, assignment));
    if (chunk == recorded.chunks.end() || !chunk->second.completed) continue;
    if (chunk->second.completed->status == ChunkStatus::ok) last = std::max(last, step.round);
  }
  return last;
}

Result<RecordedRun> reused_run(const RecordedRun& recorded, const Assignment& assignment, RetryFrom from) {
  if (from == RetryFrom::all) return RecordedRun{};
  return Reuse(recorded, assignment).select(from);
}

}  // namespace plenum::workflow
