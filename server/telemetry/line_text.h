// The text of a log line as a terminal may show it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace plenum::telemetry {

// Characters that control a terminal or reorder the displayed text become `<U+202E>`: C1 controls, bidirectional
// controls, line and paragraph separators. Ill-formed UTF-8 becomes U+FFFD. C0 controls and DEL are unchanged.
// Source: ECMA-48 (C1); Unicode Standard Annex 9 (bidirectional controls).
std::string displayable(std::string_view text);

}  // namespace plenum::telemetry
