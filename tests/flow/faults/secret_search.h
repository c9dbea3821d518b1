// Searches server output for a canary key in every encoding. It shares no code with the server's own
// search, so that both do not have the same hole.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plenum::tests {

// The encodings of the canary: name and text, without the characters that may be dropped.
std::vector<std::pair<std::string, std::string>> canary_spellings(const std::string& canary);

// The spelling in which eight or more bytes in a row of the canary's rest stand in the text, its first
// eight left aside; empty when there is none.
std::string spelling_found_in(std::string_view text, const std::string& canary);

}  // namespace plenum::tests
