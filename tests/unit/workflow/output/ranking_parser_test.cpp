#include "server/workflow/output/ranking_parser.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "common/base/labels.h"
#include "common/json/json.h"

namespace plenum::workflow {

namespace {

const std::vector<std::size_t> three = {0, 1, 2};

// `B>AC`: the places, best first.
std::string ranking(std::string_view text, std::span<const std::size_t> labels = three) {
  const RankingReading reading = parse_ranking_text(text, labels);
  CHECK(reading.places.empty() != reading.problem.empty());
  std::string places;
  for (const auto& tied : reading.places) {
    if (!places.empty()) places += ">";
    for (const std::size_t label : tied) places += label_of(label);
  }
  return places;
}

std::string problem(std::string_view text, std::span<const std::size_t> labels = three) {
  return parse_ranking_text(text, labels).problem;
}

}  // namespace

TEST_CASE("the numbers of a list count, not the order of its lines") {
  CHECK(ranking("FINAL RANKING:\n3. Response A\n2. Response C\n1. Response B") == "B>C>A");
  // Markdown numbers a list of ones by itself.
  CHECK(ranking("FINAL RANKING:\n1. Response B\n1. Response C\n1. Response A") == "B>C>A");
  CHECK(ranking("FINAL RANKING:\n1. Response B\n2. Response C\n2. Response A") == "B>CA");
}

TEST_CASE("labels in the reasons of a line are no places") {
  CHECK(ranking("FINAL RANKING:\n1: Response B (better than Response A)\n2: Response C, unlike A\n3: Response A") ==
        "B>C>A");
}

TEST_CASE("the last complete list under the heading is the ranking, whatever is written before and after it") {
  CHECK(
      ranking("Response A is fine.\nFINAL RANKING:\n1. A\n2. B\n3. C\n\nOn reflection:\n\nFINAL RANKING:\n1. B\n2. C\n"
              "3. A") == "B>C>A");
  CHECK(
      ranking("FINAL RANKING:\n1. B\n2. C\n3. A\n\nFinal ranking rationale: Response C is last because it is vague.") ==
      "B>C>A");
}

TEST_CASE("a ranking that lacks a response or names one twice is reported with its label") {
  CHECK(problem("FINAL RANKING:\n1. Response A\n2. Response B") == "The ranking does not place C.");
  CHECK(problem("FINAL RANKING:\n1. Response A\n2. Response B\n3. Response A") ==
        "The ranking does not place C. It places A more than once.");
  CHECK(problem("FINAL RANKING: A > B > D") != "");
  CHECK(problem("They are all fine.") == "It has no list under the heading `FINAL RANKING:`.");
}

TEST_CASE("a list of evaluations is no ranking") {
  CHECK(ranking("1. Response A is slow.\n2. Response B is fast.\n3. Response C is loose.") == "");
  CHECK(ranking("FINAL RANKING: see above.\n\nResponse A is slow.\nResponse B is fast.\nResponse C is loose.") == "");
}

TEST_CASE("labels may have gaps, and others than the shown ones do not exist") {
  const std::vector<std::size_t> shown = {3, 0};
  CHECK(ranking("FINAL RANKING:\n1. Response D\n2. Response A", shown) == "D>A");
  CHECK(problem("FINAL RANKING:\n1. Response D\n2. Response B", shown) ==
        "The ranking does not place A. There is no response B.");
}

TEST_CASE("a ranking in JSON is read with or without the word before its labels, and with ties") {
  CHECK(ranking(R"({"evaluations": [], "ranking": ["B", "Response C", "A"]})") == "B>C>A");
  CHECK(ranking(R"({"ranking": [["B", "C"], "A"]})") == "BC>A");
  CHECK(ranking(R"({"ranking": ["B", "C"]})") == "");
  CHECK(ranking(R"({"ranking": ["B", "C", 7]})") == "");
}

TEST_CASE("however a ranking is decorated, it is read in its order or not at all") {
  const std::vector<std::string> headings = {"FINAL RANKING:\n", "**FINAL RANKING:**\n\n",        "## Final Ranking\n",
                                             "Final ranking:\n", "FINAL RANKING (best first):\n", "> FINAL RANKING:\n"};
  const std::vector<std::string> lines = {"{0}. Response {1}",   "{0}) **Response {1}**",   "{0}. {1}",
                                          "- {0}. Response {1}", "**{0}.** *Response {1}*", "| {0} | Response {1} |",
                                          "{0}. Antwort {1}",    "#{0}: Response {1}",      "{0}. \"Response {1}\""};
  const std::vector<std::string> reasons = {"", " - better than Response B", ", weil Antwort A fehlt", " (C is close)"};
  const std::vector<std::string> before = {"", "Response A is weak.\nResponse B is fine.\n\n",
                                           "1. Response A: slow\n2. Response B: ok\n\n"};
  rc::check("decorated rankings", [&] {
    std::vector<std::size_t> order = three;
    for (std::size_t i = 2; i > 0; --i) std::swap(order[i], order[*rc::gen::inRange<std::size_t>(0, i + 1)]);
    const std::string line = *rc::gen::elementOf(lines) + *rc::gen::elementOf(reasons);
    std::string text = *rc::gen::elementOf(before) + *rc::gen::elementOf(headings);
    for (std::size_t i = 0; i < 3; ++i) text += fmt::format(fmt::runtime(line), i + 1, label_of(order[i])) + "\n";
    const RankingReading reading = parse_ranking_text(text, three);
    RC_ASSERT(reading.places.empty() || in_order(reading.places) == order);
  });
}

TEST_CASE("the schema of a ranking requires the evaluations before the ranking") {
  const Json schema = *parse_json(ranking_schema(three));
  CHECK(schema["properties"].begin().key() == "evaluations");
  CHECK(schema["properties"]["ranking"]["items"]["enum"] == Json::array({"A", "B", "C"}));
}

}  // namespace plenum::workflow
