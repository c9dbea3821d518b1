// Texts of the system_message events that a run emits. Pure functions; any thread.
// Source: docs/protocol.md, "Events".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/event.h"
#include "server/workflow/planning/assignment.h"
#include "server/workflow/run/state/run_facts.h"

namespace plenum::workflow {

inline constexpr const char* cache_hit_code = "cache_hit";
inline constexpr const char* conversation_code = "conversation";
inline constexpr const char* budget_wait_code = "budget_wait";
inline constexpr const char* budget_warning_code = "budget_warning";
inline constexpr const char* reserved_code = "budget_reserved";
inline constexpr const char* secret_code = "secret_redacted";
inline constexpr const char* retry_code = "retry";
inline constexpr const char* repair_code = "repair";
inline constexpr const char* continuation_code = "continuation";

SystemMessage secret_message();
SystemMessage conversation_message(const ConversationWindow& turns);
//   earlier_task  text of the task that the answer belongs to; empty: the same text
SystemMessage cache_hit_message(const Cost& saved, const CacheOrigin& origin, std::string_view earlier_task);
// The origin as the message states it; nothing if it has none.
std::optional<CacheOrigin> cache_origin_in(const SystemMessage& message);
SystemMessage queued_message(const std::string& provider, int position);
// Carries what a later run needs to restore the failed attempt from the log.
SystemMessage retry_message(const AttemptFailed& fact, const Receipt& failed);
// Likewise of the call that has ended.
SystemMessage follow_up_message(const FollowUpStarted& started, const Receipt& ended);
// Carries the bound, which a later run reserves again.
SystemMessage reserved_message(const CallBound& bound);
// The bound in such a message; nothing in another one.
std::optional<CallBound> reserved_bound(const SystemMessage& message);
SystemMessage budget_wait_message(const CallBound& bound, const Budget& budget);
// Absent when the estimate fits the cap, or there is none.
std::optional<SystemMessage> budget_warning(const Budget& budget, const std::optional<Cost>& estimated);
std::string cost_limit_text(const CallBound& bound, const Budget& budget);
// A restored run continues its own stream.
SystemMessage restarted_message(std::size_t ended, std::size_t started);
// A new stream starts with finished chunks of an earlier one.
SystemMessage reused_message(std::size_t ended);

SystemMessage truncated_message();
// The member answered without these files.
SystemMessage omitted_message(const std::string& member, const std::vector<std::string>& names);
SystemMessage unparsed_message(const std::string& problem);

// `Refiner (refine-1:a/m1): the stream ended early`
std::string describe_failure(const EventSource& source, const std::optional<ErrorInfo>& error);

}  // namespace plenum::workflow
