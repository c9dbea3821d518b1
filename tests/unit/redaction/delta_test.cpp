#include <doctest/doctest.h>

#include "server/redaction/key_encodings.h"
#include "server/redaction/scrubber.h"

namespace plenum::redaction {

namespace {

const std::string key = "ke-proj-7Q2mZ9xW4vB8nL1pTgHy";

struct Pieces {
  explicit Pieces(const Scrubber& scrubber) : delta(scrubber) {}
  std::string feed(std::string_view piece) {
    std::string out;
    delta.feed(piece, out);
    return out;
  }
  std::string finish() {
    std::string out;
    delta.finish(out);
    return out;
  }
  DeltaScrubber delta;
};

}  // namespace

TEST_CASE("ordinary words are not held back") {
  Pieces pieces(Scrubber({key}));
  for (const std::string word : {"The", " task", "-", "man", "ager", " ris", "k: sk-", "€", "\n", ""}) {
    CHECK(pieces.feed(word) == word);
  }
  CHECK(pieces.finish() == "");
  CHECK_FALSE(pieces.delta.found());
}

TEST_CASE("at most the first six bytes of a key are visible, wherever it is split") {
  const Scrubber scrubber({key});
  for (const auto& encoding : encodings_of(key)) {
    for (std::size_t cut = 0; cut <= encoding.size(); ++cut) {
      CAPTURE(encoding);
      CAPTURE(cut);
      Pieces pieces(scrubber);
      std::string shown = pieces.feed("see " + encoding.substr(0, cut));
      shown += pieces.feed(encoding.substr(cut) + " now");
      shown += pieces.finish();
      const std::size_t visible = cut < encoding.size() ? std::min<std::size_t>(cut, 6) : 0;
      CHECK(shown == "see " + encoding.substr(0, visible) + "[REDACTED] now");
      CHECK(pieces.delta.found());
    }
  }
}

TEST_CASE("a quarter of a short key is visible") {
  Pieces pieces(Scrubber({"plainkey"}));
  CHECK(pieces.feed("a plainke") == "a pl");
  CHECK(pieces.feed("yhole") == "[REDACTED]hole");
}

TEST_CASE("text that was held back and is not a key is appended in order") {
  Pieces pieces(Scrubber({key}));
  CHECK(pieces.feed("x ke-proj-7Q2m") == "x ke-pro");
  CHECK(pieces.feed("Z") == "");
  CHECK(pieces.feed("! done") == "j-7Q2mZ! done");
}

TEST_CASE("a truncated key at the end of the text is redacted, a short prefix is not") {
  const Scrubber scrubber({"key-7Q2mZ9xW4vB8nL1pTgHyXX"});
  Pieces cut(scrubber);
  CHECK(cut.feed("it is key-7Q2mZ9x") == "it is key-7Q");
  CHECK(cut.finish() == "[REDACTED]");
  Pieces prefix(scrubber);
  CHECK(prefix.feed("it is key-7Q2") == "it is key-7Q");
  CHECK(prefix.finish() == "2");
}

TEST_CASE("a word in the format of a key is redacted over several pieces") {
  const std::string word = "sk-abcdEFGH1234ijklMNOP5678";
  Pieces pieces{Scrubber()};
  std::string shown;
  for (const char byte : "(" + word + ") and sk-your-key-here-or-another-one.") shown += pieces.feed({&byte, 1});
  shown += pieces.finish();
  CHECK(shown == "(sk-abc[REDACTED]) and sk-your-key-here-or-another-one.");
}

TEST_CASE("the start of a word is determined over several pieces") {
  Pieces pieces{Scrubber()};
  std::string shown;
  for (const std::string piece : {"ta", "s", "k-", "abcdEFGH1234ijklMNOP5678 ", "s", "k-abcdEFGH1234ijklMNOP5678"}) {
    shown += pieces.feed(piece);
  }
  CHECK(shown == "task-abcdEFGH1234ijklMNOP5678 s[REDACTED]");
}

TEST_CASE("an endless word is not held back forever") {
  Pieces pieces{Scrubber()};
  std::size_t shown = pieces.feed("sk-").size();
  for (int i = 0; i < 400; ++i) shown += pieces.feed("a").size();
  CHECK(shown == 403);
}

}  // namespace plenum::redaction
