// What a new stream takes over of an earlier one of the same task.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/workflow/run/past.h"

namespace plenum::workflow {

namespace {

constexpr std::array<std::pair<std::string_view, RetryFrom>, 3> retry_words{
    {{"synthesis", RetryFrom::synthesis}, {"rankings", RetryFrom::rankings}, {"all", RetryFrom::all}}};

std::size_t index(int step) { return static_cast<std::size_t>(step); }

bool is_of(const Step& step, const Workflow& workflow, RetryFrom from) {
  const std::string_view kind = kind_of(step, workflow);
  return from == RetryFrom::synthesis ? kind == "merge" : kind == "rank" || kind == "vote";
}

Error gone(const std::string& chunk) {
  return {ErrorCode::validation_failed,
          fmt::format("the earlier stream's \"{}\" is no step of this task: its workflow or its members have changed",
                      chunk),
          "Retry it from `all`."};
}

// One past being reduced.
class Reducer {
 public:
  Reducer(const Past& past, const Assignment& assignment)
      : past_(past),
        assignment_(assignment),
        steps_(assignment.workflow->steps),
        chunks_(steps_.size(), nullptr),
        began_(steps_.size(), 0),
        ended_(steps_.size(), 0),
        kept_(steps_.size(), false) {}

  Result<Past> reduce(RetryFrom from) {
    const auto again = steps_again(from);
    if (!again) return Failure(again.error());
    if (const auto found = find_chunks(); !found) return Failure(found.error());
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      kept_[i] =
          !(*again)[i] && chunks_[i] && chunks_[i]->completed && chunks_[i]->completed->status == ChunkStatus::ok;
    }
    keep_failures();
    return rest();
  }

 private:
  // Those steps and all that depend on them.
  Result<std::vector<bool>> steps_again(RetryFrom from) const {
    std::vector<bool> again(steps_.size(), false);
    bool any = false;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const bool is_it = is_of(steps_[i], *assignment_.workflow, from);
      any |= is_it;
      const auto& after = steps_[i].after;
      again[i] = is_it || std::any_of(after.begin(), after.end(), [&](int step) { return again[index(step)]; });
    }
    if (any) return again;
    const bool synthesis = from == RetryFrom::synthesis;
    return Failure(Error{ErrorCode::validation_failed,
                         fmt::format("workflow \"{}\" has no {} to be done again", assignment_.workflow->name,
                                     synthesis ? "synthesis" : "rankings or votes"),
                         "Retry it from `all`."});
  }

  Result<void> find_chunks() {
    std::map<std::string, std::size_t> by_name;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      by_name[steps_[i].id + ":" + assignment_.member_of(steps_[i]).id] = i;
    }
    for (std::size_t place = 0; place < past_.order.size(); ++place) {
      const PastMark& mark = past_.order[place];
      const auto found = by_name.find(mark.chunk);
      if (found == by_name.end()) return Failure(gone(mark.chunk));
      const PastChunk& chunk = past_.chunks.at(mark.chunk);
      if (!takes_part(chunk, steps_[found->second])) return Failure(gone(mark.chunk));
      chunks_[found->second] = &chunk;
      (mark.ended ? ended_ : began_)[found->second] = static_cast<std::ptrdiff_t>(place);
    }
    return {};
  }

  bool takes_part(const PastChunk& chunk, const Step& step) const {
    const auto is_it = [&](const AssignedMember& member) {
      return member.id == chunk.source.member && member.model == chunk.source.model;
    };
    const auto chain = assignment_.fallbacks_of(step);
    return is_it(assignment_.member_of(step)) || std::any_of(chain.begin(), chain.end(), is_it);
  }

  // What was made without an output would not be what it is if that output came after all. Steps that never
  // ran stand between: who waited for them waited for what they had waited for.
  void keep_failures() {
    constexpr std::ptrdiff_t nobody = -1;
    std::vector<std::ptrdiff_t> needed(steps_.size(), nobody);  // when the last that is kept began without it
    for (std::size_t i = steps_.size(); i-- > 0;) {             // a step stands behind what it waits for
      if (chunks_[i] && !kept_[i] && needed[i] != nobody && chunks_[i]->completed) {
        kept_[i] = ended_[i] < needed[i] || was_passed_over(*chunks_[i]->completed);
      }
      const std::ptrdiff_t since = kept_[i] ? began_[i] : !chunks_[i] ? needed[i] : nobody;
      for (const int earlier : steps_[i].after) needed[index(earlier)] = std::max(needed[index(earlier)], since);
    }
  }

  Past rest() const {
    Past rest;
    rest.started = past_.started;
    rest.trace_id = past_.trace_id;
    rest.members = past_.members;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!kept_[i]) continue;
      PastChunk chunk = *chunks_[i];
      chunk.codes.clear();
      rest.chunks.emplace(chunk.source.chunk, std::move(chunk));
    }
    for (const PastMark& mark : past_.order) {
      if (rest.chunks.count(mark.chunk) > 0) rest.order.push_back(mark);
    }
    return rest;
  }

  const Past& past_;
  const Assignment& assignment_;
  const std::vector<Step>& steps_;
  std::vector<const PastChunk*> chunks_;       // for each step; null: it never began
  std::vector<std::ptrdiff_t> began_, ended_;  // for each step: the places in the past's order
  std::vector<bool> kept_;                     // for each step
};

}  // namespace

std::optional<RetryFrom> retry_from_named(std::string_view name) {
  for (const auto& [word, from] : retry_words) {
    if (word == name) return from;
  }
  return std::nullopt;
}

Result<Past> taken_over(const Past& past, const Assignment& assignment, RetryFrom from) {
  if (from == RetryFrom::all) return Past{};
  return Reducer(past, assignment).reduce(from);
}

}  // namespace plenum::workflow
