#include "server/workflow/planning/conversation_window.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "common/base/utf8.h"
#include "server/workflow/output/context_rendering.h"

namespace plenum::workflow {

namespace {

Turn turn_of(std::size_t tokens, char letter) {
  return {std::string(tokens * 2, letter), std::string(tokens * 2, letter)};
}

std::int64_t tokens_of(const ConversationWindow& turns) {
  std::int64_t sum = 0;
  for (const Turn& turn : turns.shown) sum += estimate_tokens(turn.question) + estimate_tokens(turn.answer);
  return sum;
}

}  // namespace

TEST_CASE("the newest turns of a conversation are shown, and older ones are omitted before one is truncated") {
  const auto within = truncate_to_tokens({turn_of(40, 'a'), turn_of(40, 'b'), turn_of(40, 'c')}, 100);
  REQUIRE(within.shown.size() == 2);
  CHECK(within.shown[0].question[0] == 'b');
  CHECK(within.shown[1].question[0] == 'c');
  CHECK(within.omitted == 1);
  CHECK_FALSE(within.truncated);
}

TEST_CASE("turns that fill the budget exactly are all shown") {
  const auto within = truncate_to_tokens({turn_of(50, 'a'), turn_of(50, 'b')}, 100);
  CHECK(within.shown.size() == 2);
  CHECK(within.omitted == 0);
  CHECK_FALSE(within.truncated);
}

TEST_CASE("a newest turn over the whole budget is truncated and marked") {
  const auto within = truncate_to_tokens({turn_of(40, 'a'), turn_of(4000, 'b')}, 100);
  REQUIRE(within.shown.size() == 1);
  CHECK(within.truncated);
  CHECK(within.omitted == 1);
  CHECK(within.shown[0].answer.find("[…]") != std::string::npos);
  CHECK(tokens_of(within) <= 104);  // the marks of the cuts come on top
}

TEST_CASE("a short question keeps its words beside an answer that must be cut") {
  const auto within = truncate_to_tokens({{"why?", std::string(4000, 'x')}}, 100);
  REQUIRE(within.shown.size() == 1);
  CHECK(within.shown[0].question == "why?");
  CHECK(within.shown[0].answer.size() > 350);
}

TEST_CASE("a budget of zero shows no turn") {
  const auto within = truncate_to_tokens({turn_of(4, 'a')}, 0);
  CHECK(within.shown.empty());
  CHECK(within.omitted == 1);
}

TEST_CASE("for any conversation the shown turns fit, are its end and are valid UTF-8") {
  rc::check([](std::vector<std::pair<std::string, std::string>> history) {
    std::vector<Turn> turns;
    for (auto& [question, answer] : history)
      turns.push_back({repaired_utf8(question) + "ä€", repaired_utf8(answer) + "😀"});
    const auto budget = *rc::gen::inRange<std::int64_t>(0, 60);
    const auto within = truncate_to_tokens(turns, budget);
    RC_ASSERT(within.shown.size() + static_cast<std::size_t>(within.omitted) == turns.size());
    RC_ASSERT(within.truncated == (tokens_of(within) > budget || within.truncated));
    if (!within.truncated) {
      RC_ASSERT(tokens_of(within) <= budget);
      RC_ASSERT(std::equal(within.shown.rbegin(), within.shown.rend(), turns.rbegin()));
    }
    for (const Turn& turn : within.shown) RC_ASSERT(is_utf8(turn.question + turn.answer));
  });
}

TEST_CASE("a context is shown as JSON, and its attachments as texts that cannot end their own block") {
  const std::string text = render_context(
      R"({"language":"Go","attachments":[{"name":"a.md","text":"one\n```\ntwo\n```\n"},{"name":"b","text":""}]})");
  CHECK(text ==
        "{\n  \"language\": \"Go\"\n}\n\nAttached: a.md\n\n````\none\n```\ntwo\n```\n````\n\nAttached: b\n\n```\n```");
}

TEST_CASE("attachments alone are no empty context, and an empty one is nothing") {
  CHECK(render_context(R"({"attachments":[{"name":"a","text":"x"}]})") == "Attached: a\n\n```\nx\n```");
  CHECK(render_context("{}").empty());
  CHECK(render_context(R"({"attachments":[]})").empty());
}

}  // namespace plenum::workflow
