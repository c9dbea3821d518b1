// Every spelling in which a key could travel through a text. Pure; any thread.
// Sources: RFC 8259, 7 (JSON strings); RFC 6901, 3 (JSON pointers); RFC 3986, 2.1 (percent-encoding); RFC 4648, 4, 5
// and 8 (base64, base64url, hex).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plenum::redaction {

// The key as it is; in a JSON string (also one quoted in another), in a JSON pointer and
// percent-encoded, where that differs; hex and both forms of base64.
// Base64 comes once for each place that the key can have in a group of three bytes, without the characters
// that its neighbours decide as well. No spelling comes twice.
std::vector<std::string> spellings_of(std::string_view key);

}  // namespace plenum::redaction
