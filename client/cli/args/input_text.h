// Texts of the user as UTF-8: arguments, files and standard input. The only reader of such bytes, so that all inputs
// are checked in the same way. Any thread. Source: The Unicode Standard, 3.9; RFC 3629, 6 (the byte order mark is a
// signature, not text).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum::client {

// The first part that is not UTF-8, as `byte 0x96 in line 1, column 3` (columns count characters); nothing for UTF-8.
std::optional<std::string> utf8_fault(std::string_view bytes);
// Whether the bytes are no text in any usual encoding.
bool is_binary(std::string_view bytes);
// A converting command for text that is not UTF-8.
std::string utf8_remedy(std::string_view bytes);
// The text without a byte order mark at its start.
std::string_view without_byte_order_mark(std::string_view text);

// The text of an input, without a byte order mark. `what` names the input in errors, such as `standard input`. Fails
// with usage, with position and remedy, if the bytes are not UTF-8.
Result<std::string> input_text(std::string_view bytes, std::string_view what);
// The text of a file. `option` precedes its name on the command line and in errors, such as `--context @`. Fails with
// usage.
Result<std::string> file_text(const std::string& path, std::string_view option);

}  // namespace plenum::client
