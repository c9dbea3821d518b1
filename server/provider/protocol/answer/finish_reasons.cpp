#include "server/provider/protocol/answer/finish_reasons.h"

#include <algorithm>
#include <iterator>

#include "common/base/strings.h"

namespace plenum::protocol {

namespace {

using FinishKind = FinishMeaning::Kind;

struct FinishRow {
  std::string_view reason;
  FinishMeaning meaning;
};

constexpr FinishMeaning filtered{FinishKind::failure, ErrorCode::content_filter};
constexpr FinishMeaning failed{FinishKind::failure, ErrorCode::server};

constexpr FinishRow finish_rows[] = {
    {"stop", {FinishKind::normal}},
    {"end_turn", {FinishKind::normal}},
    {"stop_sequence", {FinishKind::normal}},
    {"pause_turn", {FinishKind::normal}},
    {"eos", {FinishKind::normal}},
    {"eos_token", {FinishKind::normal}},
    {"complete", {FinishKind::normal}},
    {"completed", {FinishKind::normal}},
    {"length", {FinishKind::token_limit}},
    {"max_tokens", {FinishKind::token_limit}},
    {"max_output_tokens", {FinishKind::token_limit}},
    {"model_length", {FinishKind::token_limit}},  // Mistral: the context window is full
    {"model_context_window_exceeded", {FinishKind::token_limit}},
    {"tool_calls", {FinishKind::tool_call}},
    {"tool_call", {FinishKind::tool_call}},
    {"tool_use", {FinishKind::tool_call}},
    {"function_call", {FinishKind::tool_call}},
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
    {"insufficient_system_resource", {FinishKind::failure, ErrorCode::overloaded}},  // DeepSeek
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
  const auto* found = std::find_if(std::begin(finish_rows), std::end(finish_rows),
                                   [reason](const FinishRow& row) { return equal_ignoring_case(row.reason, reason); });
  return found == std::end(finish_rows) ? FinishMeaning{} : found->meaning;
}

bool is_no_reason(std::string_view reason) {
  const auto word = trimmed(reason);
  return word.empty() || equal_ignoring_case(word, "null") || equal_ignoring_case(word, "none") ||
         word.ends_with("_UNSPECIFIED");
}

}  // namespace plenum::protocol
