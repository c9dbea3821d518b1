// Parses the error JSON of any vendor.
// Sources: OpenAI's API description (error object) and its "try again in 1.2s"; OpenRouter's error
// documentation (metadata, error_type); Anthropic's API reference, "Errors"; google.rpc.Status with RetryInfo,
// QuotaFailure, BadRequest and ErrorInfo; Ollama's and vLLM's OpenAI layers (errors as plain text, `detail`); FastAPI's
// HTTPValidationError, which Mistral sends.
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::protocol {

struct ErrorBody {
  std::string message;   // with the fields that name an invalid parameter
  std::string kind;      // error_type, reason, code, type and status, those that are present, concatenated
  int status = 0;        // a number given as code
  bool flagged = false;  // with the reasons of a moderator
  std::optional<std::chrono::milliseconds> retry_after;  // at most a day; a day if the daily quota is exhausted
};

// Nothing if the text is not JSON or contains no error.
std::optional<ErrorBody> error_body(std::string_view json);

// A duration such as `37s`, `1.5s`, `250ms`, `6m0s` or `20 seconds` at the start of the text; at most a day.
std::optional<std::chrono::milliseconds> leading_duration(std::string_view text);

}  // namespace plenum::protocol
