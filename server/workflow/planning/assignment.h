// A task's workflow with a member for every role: the result of TaskPlanner::assign and the input of a run.
#pragma once

#include <chrono>
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
  std::string id;  // provider/model, with the default model filled in, #persona, and ~2 for its second copy
  std::string provider;
  std::string model;
  std::string persona_name{}, persona{};    // its text precedes every step's system prompt; empty: none
  std::optional<core::ModelPrice> price{};  // nothing if unknown
  ModelParameters parameters{};             // of its provider
  bool by_default = false;                  // no model was named
  std::vector<std::string> substitutes{};   // then: the further default models
};

// SHA-256 in hex. Both empty: the answer is not cached.
struct CacheKeys {
  std::string exact;       // of everything that affects the answer
  std::string conditions;  // of the same without the text of the task: similar tasks are compared within it
};

// Whether a task is answered from that of a similar one.
struct SimilarityOptions {
  std::string model;                        // of the embeddings, as provider/model
  double threshold = 1;                     // least cosine of two tasks
  std::chrono::milliseconds timeout{2000};  // of the embedding, and of the search
};

struct Assignment {
  std::shared_ptr<const Workflow> workflow;  // expanded for the members
  std::vector<AssignedMember> members;       // distinct; at least one
  std::vector<std::string> requested;        // the members that the task names, or the default ones
  // Index into `members` for each role of the workflow, then for each member of the steps with `each`.
  std::vector<std::size_t> role_members;
  std::vector<AssignedMember> search_engines;          // tried in this order until one has results; empty: no search
  std::vector<SkippedMember> skipped;                  // requested, but not usable
  std::vector<SkippedMember> without_key;              // those of them without a provider key: the result is degraded
  std::vector<std::vector<AssignedMember>> fallbacks;  // per member: its fallback chain
  bool secret_redacted = false;                        // the task contained a configured key; reported at the start
  TaskOptions options;
  TaskParameters parameters;                           // of the task; `members` by id
  std::string date;                                    // of the task, as YYYY-MM-DD in UTC; empty: prompts name none
  std::vector<std::optional<StepEstimate>> estimates;  // per step, from earlier runs; may be empty
  std::shared_ptr<CallRecorder> statistics;            // updated at the end of the run; may be null
  std::shared_ptr<core::AnswerRecorder> cache;         // stores a complete answer; null: it is not cached
  std::optional<SimilarityOptions> similarity;         // absent: only an identical task is answered from the cache
  CacheKeys cache_keys;
  std::vector<Event> cached_events;         // the cached answer; non-empty: no model is called
  CacheOrigin cached_from;                  // of the cached answer
  ConversationWindow conversation;          // earlier turns, as shown in all prompts
  std::size_t answer_bytes_max = 8U << 20;  // of the text of one chunk

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
    static const AssignedMember no_search_engine{"search", "search", "", {}, {}, {}, {}, false, {}};
    if (step.kind->runner == StepKind::Runner::search_engine)
      return search_engines.empty() ? no_search_engine : search_engines.front();
    return members[role_members[static_cast<std::size_t>(step.role)]];
  }
};

// The key of a step in CallStatistics.
inline std::string statistics_key(const Assignment& assignment, const Step& step) {
  return assignment.workflow->name + '/' + assignment.workflow->version + '/' + step.id + '/' +
         assignment.member_of(step).id;
}

}  // namespace plenum::workflow
