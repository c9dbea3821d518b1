// Classifies errors of providers: one error code per cause, whatever the vendor's wording. docs/providers.md has the
// table. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "server/redaction/scrubber.h"

namespace plenum::protocol {

inline constexpr std::size_t message_bytes_max = 2048;

// The error of a response whose status is not 2xx. The body may be JSON, HTML or empty.
Error error_of_status(int status, std::string_view body);
// The error of a JSON text that contains one, sent instead of an answer or in the middle of one.
Error error_of_event(std::string_view json);
// Likewise; nothing if the text contains no error.
std::optional<Error> find_error(std::string_view json);
// The error of a line `error: VALUE`, which is no field of an event stream; nothing if the line is another one, or its
// value states nothing. llama.cpp reported errors in this form.
std::optional<Error> error_of_line(std::string_view line);

// Whether the provider does not have the model, or no longer; `error` is the unchanged error of a response.
// Sources: the messages of the vendors in docs/providers.md, "Default models".
bool is_missing_model(int status, const Error& error, std::string_view model);

// The text for users and logs: valid UTF-8, no control characters, no key (configured, or of a known shape, or the
// start of one where the text was truncated), at most message_bytes_max. Pass the complete text: the rest of a key that
// was truncated before may not be recognized.
std::string user_facing_message(std::string_view text, const redaction::Scrubber& scrubber);

}  // namespace plenum::protocol
