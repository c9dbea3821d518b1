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

std::int64_t tokens_of(const Turns& turns) {
  std::int64_t sum = 0;
  for (const Turn& turn : turns.shown) sum += tokens_about(turn.question) + tokens_about(turn.answer);
  return sum;
}

}  // namespace

TEST_CASE("the newest turns of a conversation are shown, and whole ones are left out before one is cut") {
  const auto within = newest_within({turn_of(40, 'a'), turn_of(40, 'b'), turn_of(40, 'c')}, 100);
  REQUIRE(within.shown.size() == 2);
  CHECK(within.shown[0].question[0] == 'b');
  CHECK(within.shown[1].question[0] == 'c');
  CHECK(within.left_out == 1);
  CHECK_FALSE(within.cut);
}

TEST_CASE("turns that fill the budget exactly are all shown") {
  const auto within = newest_within({turn_of(50, 'a'), turn_of(50, 'b')}, 100);
  CHECK(within.shown.size() == 2);
  CHECK(within.left_out == 0);
  CHECK_FALSE(within.cut);
}

TEST_CASE("a newest turn that is longer than all the room is cut and says so") {
  const auto within = newest_within({turn_of(40, 'a'), turn_of(4000, 'b')}, 100);
  REQUIRE(within.shown.size() == 1);
  CHECK(within.cut);
  CHECK(within.left_out == 1);
  CHECK(within.shown[0].answer.find("[…]") != std::string::npos);
  CHECK(tokens_of(within) <= 104);  // the marks of the cuts come on top
}

TEST_CASE("a short question keeps its words beside an answer that must be cut") {
  const auto within = newest_within({{"why?", std::string(4000, 'x')}}, 100);
  REQUIRE(within.shown.size() == 1);
  CHECK(within.shown[0].question == "why?");
  CHECK(within.shown[0].answer.size() > 350);
}

TEST_CASE("without room no turn is shown") {
  const auto within = newest_within({turn_of(4, 'a')}, 0);
  CHECK(within.shown.empty());
  CHECK(within.left_out == 1);
}

TEST_CASE("whatever was said, what is shown fits, is the end of it and stays UTF-8") {
  rc::check([](std::vector<std::pair<std::string, std::string>> said) {
    std::vector<Turn> turns;
    for (auto& [question, answer] : said)
      turns.push_back({repaired_utf8(question) + "ä€", repaired_utf8(answer) + "😀"});
    const auto room = *rc::gen::inRange<std::int64_t>(0, 60);
    const auto within = newest_within(turns, room);
    RC_ASSERT(within.shown.size() + static_cast<std::size_t>(within.left_out) == turns.size());
    RC_ASSERT(within.cut == (tokens_of(within) > room || within.cut));
    if (!within.cut) {
      RC_ASSERT(tokens_of(within) <= room);
      RC_ASSERT(std::equal(within.shown.rbegin(), within.shown.rend(), turns.rbegin()));
    }
    for (const Turn& turn : within.shown) RC_ASSERT(is_utf8(turn.question + turn.answer));
  });
}

TEST_CASE("a context is shown as JSON, and its attachments as texts that cannot end their own block") {
  const std::string text = context_text(
      R"({"language":"Go","attachments":[{"name":"a.md","text":"one\n```\ntwo\n```\n"},{"name":"b","text":""}]})");
  CHECK(text ==
        "{\n  \"language\": \"Go\"\n}\n\nAttached: a.md\n\n````\none\n```\ntwo\n```\n````\n\nAttached: b\n\n```\n```");
}

TEST_CASE("attachments alone are no empty context, and an empty one is nothing") {
  CHECK(context_text(R"({"attachments":[{"name":"a","text":"x"}]})") == "Attached: a\n\n```\nx\n```");
  CHECK(context_text("{}").empty());
  CHECK(context_text(R"({"attachments":[]})").empty());
}

}  // namespace plenum::workflow
