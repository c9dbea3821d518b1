// All encodings in which a key may appear in a text. Pure; any thread.
// Sources: RFC 8259, 7 (JSON strings); RFC 6901, 3 (JSON pointers); RFC 3986, 2.1 (percent-encoding); RFC 4648, 4, 5
// and 8 (base64, base64url, hex).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plenum::redaction {

// The key itself; in a JSON string (also nested), in a JSON pointer and percent-encoded, where these differ; hex; and
// both variants of base64, once for each alignment in a group of three bytes, without the characters that adjacent
// bytes determine. Without duplicates.
std::vector<std::string> encodings_of(std::string_view key);

}  // namespace plenum::redaction
