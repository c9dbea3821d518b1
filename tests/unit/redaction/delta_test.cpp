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

TEST_CASE("ordinary words are shown as they come") {
  Pieces pieces(Scrubber({key}));
  for (const std::string word : {"The", " task", "-", "man", "ager", " ask", "s: sk-", "€", "\n", ""}) {
    CHECK(pieces.feed(word) == word);
  }
  CHECK(pieces.finish() == "");
  CHECK_FALSE(pieces.delta.found());
}

TEST_CASE("at most the first six bytes of a key are seen, however it is cut in two") {
  const Scrubber scrubber({key});
  for (const auto& spelling : spellings_of(key)) {
    for (std::size_t cut = 0; cut <= spelling.size(); ++cut) {
      CAPTURE(spelling);
      CAPTURE(cut);
      Pieces pieces(scrubber);
      std::string shown = pieces.feed("say " + spelling.substr(0, cut));
      shown += pieces.feed(spelling.substr(cut) + " now");
      shown += pieces.finish();
      const std::size_t seen = cut < spelling.size() ? std::min<std::size_t>(cut, 6) : 0;
      CHECK(shown == "say " + spelling.substr(0, seen) + "[REDACTED] now");
      CHECK(pieces.delta.found());
    }
  }
}

TEST_CASE("of a short key a quarter is seen") {
  Pieces pieces(Scrubber({"plainkey"}));
  CHECK(pieces.feed("a plainke") == "a pl");
  CHECK(pieces.feed("yhole") == "[REDACTED]hole");
}

TEST_CASE("what was held back and is no key is given back in order") {
  Pieces pieces(Scrubber({key}));
  CHECK(pieces.feed("x ke-proj-7Q2m") == "x ke-pro");
  CHECK(pieces.feed("Z") == "");
  CHECK(pieces.feed("! done") == "j-7Q2mZ! done");
}

TEST_CASE("a key that is cut off at the end of the text is taken out, a beginning that tells nothing is not") {
  const Scrubber scrubber({"key-7Q2mZ9xW4vB8nL1pTgHyXX"});
  Pieces cut(scrubber);
  CHECK(cut.feed("it is key-7Q2mZ9x") == "it is key-7Q");
  CHECK(cut.finish() == "[REDACTED]");
  Pieces kept(scrubber);
  CHECK(kept.feed("it is key-7Q2") == "it is key-7Q");
  CHECK(kept.finish() == "2");
}

TEST_CASE("a word that looks like a key is taken out byte by byte, and its end is found in a later piece") {
  const std::string word = "sk-abcdEFGH1234ijklMNOP5678";
  Pieces pieces{Scrubber()};
  std::string shown;
  for (const char byte : "(" + word + ") and sk-your-key-here-or-another-one.") shown += pieces.feed({&byte, 1});
  shown += pieces.finish();
  CHECK(shown == "(sk-abc[REDACTED]) and sk-your-key-here-or-another-one.");
}

TEST_CASE("a word is judged by what stood before it in earlier pieces") {
  Pieces pieces{Scrubber()};
  std::string shown;
  for (const std::string piece : {"ta", "s", "k-", "abcdEFGH1234ijklMNOP5678 ", "s", "k-abcdEFGH1234ijklMNOP5678"}) {
    shown += pieces.feed(piece);
  }
  CHECK(shown == "task-abcdEFGH1234ijklMNOP5678 s[REDACTED]");
}

TEST_CASE("an endless word is not held back for ever") {
  Pieces pieces{Scrubber()};
  std::size_t shown = pieces.feed("sk-").size();
  for (int i = 0; i < 400; ++i) shown += pieces.feed("a").size();
  CHECK(shown == 403);
}

}  // namespace plenum::redaction
