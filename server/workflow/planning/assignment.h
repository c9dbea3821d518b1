// A workflow with a member for every role: what TaskPlanner::assign makes and a run works from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/protocol/event.h"
#include "common/protocol/task_result.h"
#include "server/core/answer_cache.h"
#include "server/core/provider.h"
#include "server/workflow/definition/workflow.h"
#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/planning/conversation_window.h"
#include "server/workflow/planning/task_options.h"

namespace plenum::workflow {

struct AssignedMember {
  std::string id;  // provider/model, also when only the provider was asked for, and #persona
  std::string provider;
  std::string model;
  std::string persona_name{}, persona{};                  // its system text stands before every step's; empty: none
  std::optional<core::ProviderInfo::ModelPrice> price{};  // nothing when it is not known
};

struct Assignment {
  std::shared_ptr<const Workflow> workflow;  // expanded for the members
  std::vector<AssignedMember> members;       // who takes part, each once; at least one
  std::vector<std::string> asked;            // the members that were asked for, or chosen when none was
  // For each role of the workflow, then one for each member that every-member steps ask: an index into members.
  std::vector<std::size_t> role_members;
  std::vector<AssignedMember>
      search_engines;                  // asked in this order until one finds something; empty: nothing is searched
  std::vector<SkippedMember> skipped;  // asked for, but left out
  std::vector<SkippedMember> missed;   // those of them whose key is missing: the result is degraded
  std::vector<std::vector<AssignedMember>> fallbacks;  // for each of members: who answers in its place, in order
  bool secret_removed = false;                         // a configured key stood in the task; it is told at the start
  TaskOptions options;
  std::vector<std::optional<Expected>> expected;  // for each step, from runs before; may be empty
  std::shared_ptr<CallStatistics> history;        // where the run is told of; may be null
  std::shared_ptr<core::AnswerCache> cache;       // where the answer is kept if it is whole; null: it is not
  std::string cache_key;
  std::vector<Event> replay;  // the answer that was found there; nobody is asked then
  Turns turns;                // what was said before, as all prompts show it

  // Empty for a member without a chain.
  std::vector<AssignedMember> fallbacks_of(const Step& step) const {
    if (step.kind->runner == StepKind::Runner::search_engine) {
      return {search_engines.begin() + (search_engines.empty() ? 0 : 1), search_engines.end()};
    }
    const std::size_t member = role_members[static_cast<std::size_t>(step.role)];
    auto chain = member < fallbacks.size() ? fallbacks[member] : std::vector<AssignedMember>();
    if (!step.fallback_members) return chain;
    for (std::size_t other = 0; other < members.size(); ++other) {
      if (other != member) chain.push_back(members[other]);
    }
    return chain;
  }
  const AssignedMember& member_of(const Step& step) const {
    static const AssignedMember no_engine{"search", "search", "", {}, {}, {}};
    if (step.kind->runner == StepKind::Runner::search_engine) return search_engines.empty() ? no_engine : search_engines.front();
    return members[role_members[static_cast<std::size_t>(step.role)]];
  }
};

// Under which the history knows a step.
inline std::string history_key(const Assignment& assignment, const Step& step) {
  return assignment.workflow->name + '/' + assignment.workflow->version + '/' + step.id + '/' +
         assignment.member_of(step).id;
}

}  // namespace plenum::workflow
