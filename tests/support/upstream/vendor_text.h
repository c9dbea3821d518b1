// What three vendors' servers write, piece by piece, so that one script can be played in each dialect.
// Sources: OpenAI API reference, "Create chat completion", streaming; Anthropic API reference,
// "Streaming Messages"; Gemini API reference, "models.streamGenerateContent".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::tests {

enum class Vendor : std::uint8_t { openai, anthropic, gemini };
inline constexpr Vendor all_vendors[] = {Vendor::openai, Vendor::anthropic, Vendor::gemini};

// As in a provider's `kind`.
std::string_view vendor_name(Vendor vendor);

// One data line with any JSON.
std::string data_line(std::string_view json);
// One event with its name.
std::string named_event(std::string_view name, std::string_view json);

// What comes before the first delta; empty where there is nothing such.
std::string opening(Vendor vendor);
std::string text_chunk(Vendor vendor, std::string_view delta);
std::string reasoning_chunk(Vendor vendor, std::string_view delta);
// The same as text_chunk; `literal` is a JSON string with its quotes, written as it is.
std::string raw_text_chunk(Vendor vendor, std::string_view literal);
// The reason in the vendor's own word.
std::string finish_chunk(Vendor vendor, std::string_view reason);
std::string_view normal_finish(Vendor vendor);
std::string usage_chunk(Vendor vendor, int prompt_tokens, int completion_tokens);
std::string end_marker(Vendor vendor);
// finish_chunk, usage_chunk and end_marker, where the vendor puts them.
std::string closing(Vendor vendor, int prompt_tokens = 7, int completion_tokens = 5);
// An internal error in the middle of an answer, and as the body of another status.
std::string error_event(Vendor vendor, std::string_view message);
std::string error_body(Vendor vendor, int status, std::string_view message);

}  // namespace plenum::tests
