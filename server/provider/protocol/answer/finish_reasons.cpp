#include "server/provider/protocol/answer/finish_reasons.h"

#include <algorithm>
#include <iterator>

#include "common/base/strings.h"

namespace plenum::protocol {

namespace {

using enum FinishMeaning::Kind;

struct Row {
  std::string_view reason;
  FinishMeaning meaning;
};

constexpr FinishMeaning filtered{failure, ErrorCode::content_filter};
constexpr FinishMeaning failed{failure, ErrorCode::server};

constexpr Row rows[] = {
    {"stop", {normal}},
    {"end_turn", {normal}},
    {"stop_sequence", {normal}},
    {"pause_turn", {normal}},
    {"eos", {normal}},
    {"eos_token", {normal}},
    {"complete", {normal}},
    {"completed", {normal}},
    {"length", {token_limit}},
    {"max_tokens", {token_limit}},
    {"max_output_tokens", {token_limit}},
    {"model_length", {token_limit}},  // Mistral: the context window is full
    {"model_context_window_exceeded", {token_limit}},
    {"tool_calls", {tool_call}},
    {"tool_call", {tool_call}},
    {"tool_use", {tool_call}},
    {"function_call", {tool_call}},
    {"content_filter", filtered},
    {"content_filtered", filtered},
    {"guardrail_intervened", filtered},
    {"refusal", filtered},
    {"safety", filtered},
    {"recitation", filtered},
    {"language", filtered},
    {"blocklist", filtered},
    {"prohibited_content", filtered},
    {"spii", filtered},
    {"image_safety", filtered},
    {"image_prohibited_content", filtered},
    {"image_recitation", filtered},
    {"insufficient_system_resource", {failure, ErrorCode::overloaded}},  // DeepSeek
    {"error", failed},
    {"abort", failed},
    {"other", failed},
    {"malformed_response", failed},
    {"malformed_function_call", failed},
    {"unexpected_tool_call", failed},
    {"too_many_tool_calls", failed},
    {"missing_thought_signature", failed},
    {"no_image", failed},
    {"image_other", failed},
};

}  // namespace

FinishMeaning meaning_of(std::string_view reason) {
  const auto* found = std::find_if(std::begin(rows), std::end(rows),
                                   [reason](const Row& row) { return equal_ignoring_case(row.reason, reason); });
  return found == std::end(rows) ? FinishMeaning{} : found->meaning;
}

bool is_no_reason(std::string_view reason) {
  const auto word = trimmed(reason);
  return word.empty() || equal_ignoring_case(word, "null") || equal_ignoring_case(word, "none") ||
         word.ends_with("_UNSPECIFIED");
}

}  // namespace plenum::protocol
