#include "server/redaction/scrubber.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "server/redaction/key_automaton.h"
#include "server/redaction/key_encodings.h"

namespace plenum::redaction {

namespace {

const std::string key = "key-7Q2mZ9xW4vB8nL1\"/+p\\o~?>";

std::string scrubbed(const Scrubber& scrubber, std::string text) {
  const std::string before = text;
  const bool any = scrubber.scrub(text);
  CHECK(any == (text != before));
  return text;
}

std::string message(const Scrubber& scrubber, std::string text) {
  scrubber.scrub_message(text);
  return text;
}

}  // namespace

TEST_CASE("a key has all its encodings") {
  const std::vector<std::string> all = encodings_of("ab\"/>>??cd");
  const auto has = [&all](std::string_view text) { return std::find(all.begin(), all.end(), text) != all.end(); };
  CHECK(has("ab\"/>>??cd"));
  CHECK(has("ab\\\"/>>??cd"));
  CHECK(has("ab\\\"\\/>>??cd"));
  CHECK(has("ab%22%2F%3E%3E%3F%3Fcd"));
  CHECK(has("ab%22%2f%3e%3e%3f%3fcd"));
  CHECK(has("6162222f3e3e3f3f6364"));
  CHECK(has("6162222F3E3E3F3F6364"));
  CHECK(has("YWIiLz4+Pz9jZ"));  // YWIiLz4+Pz9jZA== without the characters that depend on padding
  CHECK(has("YWIiLz4-Pz9jZ"));
  CHECK(has("FiIi8+Pj8/Y2"));                   // xYWIiLz4+Pz9jZA: one byte before it
  CHECK(encodings_of("plainkey").size() == 6);  // plain, hex (no letters in it), three alignments of base64
}

TEST_CASE("every encoding is redacted wherever it is") {
  const Scrubber scrubber({key});
  for (const auto& encoding : encodings_of(key)) {
    CAPTURE(encoding);
    CHECK(scrubbed(scrubber, encoding) == "[REDACTED]");
    CHECK(scrubbed(scrubber, "before " + encoding + ", after") == "before [REDACTED], after");
    CHECK(scrubbed(scrubber, encoding + encoding) == "[REDACTED]");
    CHECK(scrubbed(scrubber, encoding + " " + encoding) == "[REDACTED] [REDACTED]");
    const std::string partly = encoding.substr(0, encoding.size() - 1);
    CHECK(scrubbed(scrubber, partly + " " + partly) == partly + " " + partly);
  }
}

TEST_CASE("of two keys, one a prefix, suffix or part of the other, nothing is visible") {
  const std::string core = "0123456789";
  for (const std::string& larger : {core + "abcdef", "abcdef" + core, "abcdef" + core + "ghijkl"}) {
    const Scrubber scrubber({larger, core});
    CHECK(scrubbed(scrubber, "(" + larger + ")") == "([REDACTED])");
    CHECK(scrubbed(scrubber, "(" + core + ")") == "([REDACTED])");
  }
  CHECK(scrubbed(Scrubber({"abcabcabc"}), "xabcabcabcabcabcx") == "x[REDACTED]x");
}

TEST_CASE("a key of fewer than eight bytes is not searched for") {
  CHECK(scrubbed(Scrubber({"ollama"}), "ollama is a runner") == "ollama is a runner");
  CHECK(scrubbed(Scrubber({""}), "nothing") == "nothing");
  CHECK(scrubbed(Scrubber({"ollamas!"}), "ollamas! is a key") == "[REDACTED] is a key");
}

TEST_CASE("a word in the format of a vendor's key is redacted, an example is not") {
  const Scrubber scrubber;
  for (const std::string real :
       {"sk-abcdEFGH1234ijklMNOP5678", "sk-proj-Ab3_x-Zr81kLmNoPqRs99tUvW", "sk-ant-api03-aB1cD2eF3gH4iJ5kL6mN7",
        "sk-or-v1-0123456789abcdef0123456789abcdef", "xai-aB1cD2eF3gH4iJ5kL6mN7", "pplx-0a1b2c3d4e5f60718293a4b5",
        "gsk_aB1cD2eF3gH4iJ5kL6mN7", "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"}) {
    CAPTURE(real);
    CHECK(scrubbed(scrubber, "use " + real + ".") == "use [REDACTED].");
    CHECK(scrubbed(scrubber, real) == "[REDACTED]");
    CHECK(scrubbed(scrubber, "\"line\\n" + real + "\"") == "\"line\\n[REDACTED]\"");
    CHECK(scrubbed(scrubber, "ta" + real) == "ta" + real);
  }
  for (const std::string example :
       {"sk-your-key-here", "sk-your-own-secret-key-goes-here", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "sk-...",
        "sk-learn-cheatsheet-2023-edition", "the task-management-system-12ab34cd56ef", "AIzaHello"}) {
    CAPTURE(example);
    CHECK(scrubbed(scrubber, example) == example);
  }
}

TEST_CASE("in a task only configured keys are redacted") {
  std::string text = "explain " + key + " and sk-abcdEFGH1234ijklMNOP5678";
  CHECK(Scrubber({key}).scrub_keys(text));
  CHECK(text == "explain [REDACTED] and sk-abcdEFGH1234ijklMNOP5678");
}

TEST_CASE("in a message half-masked keys, the word after Bearer and a truncated key are redacted") {
  const Scrubber scrubber({key});
  CHECK(message(scrubber, "Incorrect API key provided: sk-abcd****************wxyz.") ==
        "Incorrect API key provided: [REDACTED]");
  CHECK(message(scrubber, "Authorization: Bearer abcdefgh12345") == "Authorization: Bearer [REDACTED]");
  CHECK(message(scrubber, "authorization: bearer abcdefgh12345") == "authorization: bearer [REDACTED]");
  CHECK(message(scrubber, "the bearer of this") == "the bearer of this");
  CHECK(message(scrubber, "xai-12345678 and gsk_12345678") == "[REDACTED] and [REDACTED]");
  CHECK(message(scrubber, "you sent " + key.substr(0, 12)) == "you sent [REDACTED]");
  CHECK(message(scrubber, "you sent " + key.substr(0, 3)) == "you sent " + key.substr(0, 3));
  CHECK(message(scrubber, "sk-1 is a word") == "sk-1 is a word");
}

TEST_CASE("texts and keys may contain any byte") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(scrubbed(Scrubber({all}), "<" + all + ">") == "<[REDACTED]>");
  CHECK(scrubbed(Scrubber({key}), all + key + all) == all + "[REDACTED]" + all);
}

}  // namespace plenum::redaction
