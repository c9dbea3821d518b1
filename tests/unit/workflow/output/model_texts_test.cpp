// How models write votes, rankings and reviews: each text is read as meant or not at all, never as something else.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "common/base/labels.h"
#include "common/json/json.h"
#include "server/workflow/output/ranking_parser.h"
#include "server/workflow/output/review_parser.h"
#include "server/workflow/output/vote_parser.h"

namespace plenum::workflow {

namespace {

Json cases(const char* name) {
  std::ifstream file(std::string(PLENUM_MODEL_TEXTS) + "/" + name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto json = parse_json(text);
  REQUIRE(json);
  return *std::move(json);
}

std::string with(std::string text, std::string_view mark, const std::string& value) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size()) {
    text.replace(at, mark.size(), value);
  }
  return text;
}

constexpr double readable_min = 0.8;

}  // namespace

TEST_CASE("every way to write a vote is read as meant or called unreadable, and four of five are read") {
  const Json votes = cases("votes.json");
  std::vector<std::string> choices;
  for (const auto& [letter, text] : votes["choices"].items()) choices.push_back(text);
  int readable = 0, meant = 0;
  for (const Json& one : votes["texts"]) {
    const auto text = one["text"].get<std::string>();
    CAPTURE(text);
    const VoteReading reading = parse_vote(text, choices);
    CHECK(reading.choice.has_value() == reading.problem.empty());
    if (!one["expected"].is_null()) ++meant;
    if (!reading.choice) continue;
    ++readable;
    REQUIRE_FALSE(one["expected"].is_null());
    CHECK(label_of(*reading.choice) == one["expected"]);
  }
  MESSAGE(readable << " of " << meant << " votes are readable");
  CHECK(readable >= readable_min * meant);
}

TEST_CASE("every way to write a ranking is read as meant or called unreadable, and four of five are read") {
  const Json rankings = cases("rankings.json");
  const std::size_t labels[] = {0, 1, 2};
  int readable = 0, all = 0;
  for (const Json& one : rankings["texts"]) {
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
      auto text = one["text"].get<std::string>();
      const char* marks[] = {"<1st>", "<2nd>", "<3rd>"};
      for (std::size_t i = 0; i < 3; ++i) text = with(text, marks[i], label_of(order[i]));
      CAPTURE(text);
      const RankingReading reading = parse_ranking_text(text, labels);
      CHECK(reading.places.empty() != reading.problem.empty());
      ++all;
      if (reading.places.empty()) continue;
      ++readable;
      Places expected{{order[0]}, {order[1]}, {order[2]}};
      if (one["form"] == "tie") expected = {{order[0], order[1]}, {order[2]}};
      CHECK(reading.places == expected);
    } while (std::next_permutation(order.begin(), order.end()));
  }
  MESSAGE(readable << " of " << all << " rankings are readable");
  CHECK(readable >= readable_min * all);
}

TEST_CASE("a review is its JSON; prose and cut JSON are unreadable, whatever words they contain") {
  for (const Json& one : cases("reviews.json")["texts"]) {
    const auto text = one["text"].get<std::string>();
    CAPTURE(text);
    const ReviewReading reading = parse_review_text(text);
    CHECK(reading.review.has_value() == reading.problem.empty());
    CHECK(reading.review.has_value() == !one["issues_found"].is_null());
    if (reading.review) CHECK(reading.review->issues_found == one["issues_found"].get<bool>());
  }
}

}  // namespace plenum::workflow
