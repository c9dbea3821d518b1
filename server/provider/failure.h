// What a provider's failure means: one class for each cause, whatever words the provider uses.
// The table is in docs/providers.md. Pure; any thread.
// Sources: OpenAI's API description (error object); OpenRouter's error documentation (error_type);
// Ollama's and vLLM's OpenAI layers (errors as plain text, `detail`).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "server/secret/scrubber.h"

namespace plenum::provider {

inline constexpr std::size_t message_bytes_max = 2048;

// An answer whose status is not 2xx. The body may be JSON, HTML or nothing.
Error failure_of_status(int status, std::string_view body);
// A JSON text that carries an `error` member, sent in place of an answer or in the middle of one.
Error failure_in_stream(std::string_view json);
// The class that a finish_reason names, when it names a failure: content_filter, error, …
std::optional<ErrorCode> failure_of_finish(std::string_view finish_reason);

// The text fit for people and logs: well-formed UTF-8, no control characters, no key (a
// configured one or what looks like one; nor the beginning of one where the text was cut), at most
// message_bytes_max. Give it the whole text: what was cut before may hold a part that it cannot know.
std::string scrubbed(std::string_view text, const secret::Scrubber& scrubber);

}  // namespace plenum::provider
