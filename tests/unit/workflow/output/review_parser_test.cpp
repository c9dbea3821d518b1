#include "server/workflow/output/review_parser.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/json/json.h"

namespace plenum::workflow {

TEST_CASE("a veto in prose is no approval: it is unreadable") {
  for (const char* text : {"Security vulnerability: SQL injection in login(). Do not ship this.",
                           "No issues were found with the error handling; nothing critical.", "issues_found: false",
                           "{}", "{\"a\": 1}", ""}) {
    CAPTURE(text);
    CHECK_FALSE(parse_review_text(text).review);
    CHECK(parse_review_text(text).problem != "");
  }
}

TEST_CASE("a critical issue counts even where the verdict denies it") {
  const auto reading = parse_review_text(R"({"critical_issues": ["SQL injection"], "issues_found": false})");
  REQUIRE(reading.review);
  CHECK(reading.review->issues_found);
}

TEST_CASE("the last object with a verdict is the review") {
  const auto reading = parse_review_text(
      R"(I first thought {"issues_found": true}. Now: {"critical_issues": [], "issues_found": "no"} as in {1, 2}.)");
  REQUIRE(reading.review);
  CHECK_FALSE(reading.review->issues_found);
}

TEST_CASE("points may be objects or one text, and the score may be missing") {
  const auto reading = parse_review_text(
      R"({"criticalIssues": [{"where": "f"}], "suggestions": "rename", "issues_found": true, "code_quality_score": null})");
  REQUIRE(reading.review);
  CHECK(reading.review->critical_issues == std::vector<std::string>{R"({"where":"f"})"});
  CHECK(reading.review->suggestions == std::vector<std::string>{"rename"});
  CHECK_FALSE(reading.review->code_quality_score);
}

TEST_CASE("a review is shown to later steps as lists") {
  CHECK(review_text({true, {"a", "b"}, {"c"}, 6.0}) ==
        "Critical issues:\n\n- a\n- b\n\nSuggestions:\n\n- c\n\nScore: 6 of 10");
  CHECK(review_text({false, {}, {}, {}}) == "No critical issues.");
}

TEST_CASE("the schema of a review requires the verdict last") {
  const Json schema = *parse_json(review_schema());
  CHECK(std::prev(schema["properties"].end()).key() == "issues_found");
}

}  // namespace plenum::workflow
