#include "server/workflow/output/vote_parser.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "common/base/labels.h"
#include "common/json/json.h"

namespace plenum::workflow {

namespace {

const std::vector<std::string> databases = {"PostgreSQL", "Redis", "MongoDB"};

std::string vote(std::string_view text, std::span<const std::string> choices = databases) {
  const VoteReading reading = parse_vote(text, choices);
  CHECK(reading.choice.has_value() == reading.problem.empty());
  return reading.choice ? label_of(*reading.choice) : "";
}

}  // namespace

TEST_CASE("the last line of a vote decides, whatever its reasons name") {
  CHECK(vote("Option A lacks speed, and the answer is not C.\n\nVOTE: B") == "B");
  CHECK(vote("**VOTE: B**") == "B");
  CHECK(vote("vote: b") == "B");
  CHECK(vote("VOTE: B (Redis)") == "B");
  CHECK(vote("I choose A.\n> VOTE: **B**") == "B");
}

TEST_CASE("a vote in JSON is read by its letter or by the text of an option") {
  CHECK(vote(R"({"reason": "A is slow", "vote": "B"})") == "B");
  CHECK(vote("```json\n{\"vote\": \"b\",}\n```") == "B");
  CHECK(vote(R"({"vote": "redis"})") == "B");
  CHECK(vote(R"({"vote": "D"})") == "");
  CHECK(vote(R"({"vote": "none"})") == "");
}

TEST_CASE("contradictions and texts that decide nothing are unreadable") {
  for (const char* text : {"VOTE: A\nVOTE: B",
                           "VOTE: B PostgreSQL",
                           "Both A and C are fine.",
                           "I choose A. The answer is B.",
                           "The answer is A or B.",
                           "Answer B is wrong.",
                           "The answer is not B.",
                           "Redis is too slow.",
                           "Not Redis.",
                           "My choice is between A and B.",
                           "A. PostgreSQL is slow.\nB. Redis is fast.\nC. MongoDB is loose.",
                           "A. PostgreSQL: slow\nB. Redis: fast",
                           "Option A: slow\nOption B: fast",
                           "A (PostgreSQL). B (Redis) wins.",
                           "a reason",
                           "I",
                           "Maybe.",
                           "D",
                           "VOTE: X",
                           "1"}) {
    CAPTURE(text);
    CHECK(vote(text) == "");
  }
}

TEST_CASE("a pronoun and an article are no letters") {
  const std::vector<std::string> ten = {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};
  CHECK(vote("I choose B.", ten) == "B");
  CHECK(vote("VOTE: I", ten) == "I");
  CHECK(vote("A good reason is speed. VOTE follows.\nVOTE: C", ten) == "C");
  CHECK(vote("I think a good choice is D.", ten) == "D");
}

TEST_CASE("reasoning in front of the vote is not read") {
  CHECK(vote("<think>Let me see. Option A: …\nVOTE: A</think>\n\nB") == "B");
  CHECK(vote("<think>VOTE: A") == "");
}

TEST_CASE("however a vote is decorated, it is read as that option or not at all") {
  const std::vector<std::string> before = {"",
                                           "A is slow, C is loose.\n\n",
                                           "Option C fails.\n",
                                           "Nach Abwägung von A und C: ",
                                           "<think>maybe A</think>",
                                           "- PostgreSQL is slow\n\n"};
  const std::vector<std::string> forms = {"VOTE: {}",         "**VOTE: {}**",
                                          "*VOTE:* {}",       "> VOTE: {}.",
                                          "# VOTE: {}",       "I vote for {}.",
                                          "Final answer: {}", "My choice: **{}**",
                                          "Ich wähle {}.",    "{{\"reason\": \"A or C?\", \"vote\": \"{}\"}}"};
  const std::vector<std::string> after = {"", "\n", "\n\n", "\n```"};
  rc::check("decorated votes", [&] {
    const auto choice = *rc::gen::inRange<std::size_t>(0, 3);
    const std::string text = *rc::gen::elementOf(before) +
                             fmt::format(fmt::runtime(*rc::gen::elementOf(forms)), label_of(choice)) +
                             *rc::gen::elementOf(after);
    const VoteReading reading = parse_vote(text, databases);
    RC_ASSERT(!reading.choice || *reading.choice == choice);
  });
}

TEST_CASE("the schema of a vote requires the reason before the letter") {
  const Json schema = *parse_json(vote_schema(2));
  CHECK(schema["properties"].begin().key() == "reason");
  CHECK(schema["properties"]["vote"]["enum"] == Json::array({"A", "B"}));
  CHECK(schema["additionalProperties"] == false);
}

}  // namespace plenum::workflow
