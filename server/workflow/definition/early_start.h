// Whether a step that may start before all items of its lists are available ever does. Pure; not thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

struct EarlyStartBlocker {
  std::string input;  // the input of the step that waits
  std::string list;   // the list of which it waits for all items
};

// The lists that are complete whenever a step starts, for one choice of the steps that a task enables.
class CompleteLists {
 public:
  explicit CompleteLists(SearchMode search) : search_(search) {}

  // Nothing if the step can start before one of its lists is complete.
  //   earlier  all steps before it, before expansion; those of the last call, and more
  std::optional<EarlyStartBlocker> blocker_of(std::span<const Step> earlier, const Step& step);

 private:
  using Lists = std::vector<bool>;  // for each step: whether all items of its list are available

  Lists before(const Step& step) const;
  bool completes(StepIndex step, StepIndex list) const;
  std::optional<StepIndex> binding(StepIndex step) const;
  void add_before(Lists& complete, StepIndex step) const;
  void add_items(Lists& complete, StepIndex list) const;

  const SearchMode search_;
  std::span<const Step> steps_;
  std::vector<Lists> lists_;  // for each of the earlier steps
};

// Why a step with an early start can only start when all its lists are complete, whatever the task's options: another
// of its inputs waits for them.
class EarlyStartCheck {
 public:
  std::optional<EarlyStartBlocker> blocker_of(std::span<const Step> earlier, const Step& step) {
    const auto always = usual_.blocker_of(earlier, step);
    return always && all_.blocker_of(earlier, step) ? always : std::nullopt;
  }

 private:
  CompleteLists usual_{SearchMode::none}, all_{SearchMode::requery};
};

}  // namespace plenum::workflow
