#include "server/telemetry/line_text.h"

#include <doctest/doctest.h>

namespace plenum::telemetry {

TEST_CASE("characters that control the terminal or reorder the text are shown by their number") {
  CHECK(displayable("a\u009Bb") == "a<U+009B>b");
  CHECK(displayable("\u0080\u009F") == "<U+0080><U+009F>");
  CHECK(displayable("\u061C\u200E\u200F") == "<U+061C><U+200E><U+200F>");
  CHECK(displayable("x\u202Etxt\u202C") == "x<U+202E>txt<U+202C>");
  CHECK(displayable("\u2066\u2069") == "<U+2066><U+2069>");
  CHECK(displayable("\u2028\u2029") == "<U+2028><U+2029>");
}

TEST_CASE("other text is unchanged, and ill-formed bytes are replaced") {
  const std::string_view plain = "naïve 日本 \U0001F600 \u00A0 \u2027 \u202F \u2065 \u206A\n\t";
  CHECK(displayable(plain) == plain);
  CHECK(displayable("a\x9B"
                    "b") == "a\uFFFDb");  // CSI as one byte
  CHECK(displayable("a\xE2\x80") == "a\uFFFD");
}

}  // namespace plenum::telemetry
