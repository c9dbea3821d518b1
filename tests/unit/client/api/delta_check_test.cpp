#include "client/api/delta_check.h"

#include <doctest/doctest.h>

#include "tests/unit/client/client_fixtures.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

// The event as received by a client.
ReceivedEvent received(const Event& event) {
  ReceivedEvent out;
  if (event.source) out.source = *event.source;
  out.payload = event.payload;
  return out;
}

Event finished(const std::shared_ptr<const EventSource>& source, std::string output, std::int64_t chars,
               std::string sha256 = {}) {
  ChunkCompleted chunk;
  chunk.output = std::move(output);
  chunk.chars = chars;
  chunk.sha256 = std::move(sha256);
  return {std::move(chunk), source};
}

struct Checked {
  DeltaCheck check;
  std::optional<std::string> take(const Event& event) { return check.take(received(event)); }
};

const auto a = source_of("a", 1, "A");
const auto b = source_of("b", 2, "B");

}  // namespace

TEST_CASE_FIXTURE(Checked, "interleaved chunks whose deltas equal their output pass, digest and characters too") {
  CHECK_FALSE(take(started(a)));
  CHECK_FALSE(take(started(b)));
  CHECK_FALSE(take(token(a, "h")));
  CHECK_FALSE(take(token(b, "ü")));
  CHECK_FALSE(take(token(a, "i")));
  // printf 'hi' | sha256sum
  CHECK_FALSE(take(finished(a, "hi", 2, "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4")));
  CHECK_FALSE(take(finished(b, "ü", 1)));
}

TEST_CASE_FIXTURE(Checked, "a lost delta, a wrong length and a wrong digest are each reported") {
  take(started(a));
  take(token(a, "h"));
  CHECK(take(finished(a, "hi", 2)));
  take(started(a));
  take(token(a, "hi"));
  CHECK(take(finished(a, "hi", 3)));
  take(started(a));
  take(token(a, "hi"));
  CHECK(take(finished(a, "hi", 2, "00")));
}

TEST_CASE_FIXTURE(Checked, "the text of a discarded attempt does not count") {
  take(started(a));
  take(token(a, "wrong"));
  take({ChunkReset{"overloaded", "", "", {}, {}, 0}, a});
  take(token(a, "right"));
  CHECK_FALSE(take(finished(a, "right", 5)));
}

TEST_CASE_FIXTURE(Checked, "reasoning is not part of the output") {
  take(started(a));
  take(token(a, "hm", TokenKind::reasoning));
  take(token(a, "yes"));
  CHECK_FALSE(take(finished(a, "yes", 3)));
}

TEST_CASE_FIXTURE(Checked, "a chunk whose start was not received is not verified") {
  take(token(a, "end"));
  CHECK_FALSE(take(finished(a, "beginning and end", 17)));
}

TEST_CASE_FIXTURE(Checked, "a snapshot replaces the deltas before it") {
  take({Snapshot{R"({"seq":9,"chunks":[{"chunk":"a","text":"be"}]})"}, nullptr});
  take(token(a, "fore"));
  CHECK_FALSE(take(finished(a, "before", 6)));
}
