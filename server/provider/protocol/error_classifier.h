// What a provider's failure means: one class for each cause, whatever words the provider uses.
// The table is in docs/providers.md. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "server/redaction/scrubber.h"

namespace plenum::protocol {

inline constexpr std::size_t message_bytes_max = 2048;

// An answer whose status is not 2xx. The text may be JSON, HTML or nothing.
Error failure_of_status(int status, std::string_view text);
// A JSON text that carries an error, sent in place of an answer or in the middle of one.
Error failure_in_stream(std::string_view json);
// Likewise; nothing when the text carries none after all.
std::optional<Error> failure_in(std::string_view json);
// The first error among JSON objects that stand one behind the other, whatever is between them.
std::optional<Error> failure_among(std::string_view lines);

// The text fit for people and logs: well-formed UTF-8, no control characters, no key (a
// configured one or what looks like one; nor the beginning of one where the text was cut), at most
// message_bytes_max. Give it the whole text: what was cut before may hold a part that it cannot know.
std::string scrubbed(std::string_view text, const redaction::Scrubber& scrubber);

}  // namespace plenum::protocol
