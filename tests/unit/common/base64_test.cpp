#include "common/base/base64.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <utility>

using namespace plenum;

TEST_CASE("base64 encodes the examples of RFC 4648") {
  constexpr std::pair<const char*, const char*> examples[] = {{"", ""},
                                                              {"f", "Zg=="},
                                                              {"fo", "Zm8="},
                                                              {"foo", "Zm9v"},
                                                              {"foob", "Zm9vYg=="},
                                                              {"fooba", "Zm9vYmE="},
                                                              {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    CHECK(base64_encoded(bytes) == text);
    CHECK(base64_decoded(text) == std::string(bytes));
  }
}

TEST_CASE("only the canonical encoding is decoded") {
  for (const char* text : {"Zg", "Zg=", "Zg===", "=Zg=", "Z===", "====", "Zm9v\n", "Zm 9v", "Zm9-", "Zm9_",
                           "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\r\nYmFy", "\xFFm9v"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decoded(text));
  }
}

TEST_CASE("decoding returns what was encoded, and the size is known before") {
  CHECK(rc::check([](const std::string& bytes) {
    const std::string text = base64_encoded(bytes);
    RC_ASSERT(base64_decoded(text) == bytes);
    RC_ASSERT(base64_decoded_size(text) == bytes.size());
  }));
}

TEST_CASE("what is decoded encodes to the same text") {
  CHECK(rc::check([](const std::string& text) {
    if (const auto bytes = base64_decoded(text)) RC_ASSERT(base64_encoded(*bytes) == text);
  }));
}
