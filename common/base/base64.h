// Base64 with padding. Source: RFC 4648, 4. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace plenum {

std::string base64_encoded(std::string_view bytes);

// Nothing unless the text is the canonical encoding: no white space or line ends, complete padding, unused bits zero.
std::optional<std::string> base64_decoded(std::string_view text);

// The size of the decoded bytes, from the length and the padding of a valid text.
std::size_t base64_decoded_size(std::string_view text);

}  // namespace plenum
