#include "server/workflow/output/output_parser.h"

#include <doctest/doctest.h>

namespace plenum::workflow {

TEST_CASE("the largest of several fenced blocks is taken, without its fences") {
  CHECK(largest_fence("Run:\n```sh\nmake\n```\nCode:\n```cpp\nint main() {\n}\n```\nDone.") == "int main() {\n}");
}

TEST_CASE("a text without a fence is taken whole") {
  CHECK(largest_fence("int main() {}\n") == "int main() {}\n");
  CHECK(largest_fence("") == "");
}

TEST_CASE("a fence is closed only by one that is as long, of the same kind and bare") {
  CHECK(largest_fence("````md\n```\nx\n```\n````\n") == "```\nx\n```");
  CHECK(largest_fence("~~~\n```\na\n~~~\n") == "```\na");
  CHECK(largest_fence("```\na\n```js\nb\n```\n") == "a\n```js\nb");
}

TEST_CASE("a fence that is never closed reaches to the end") {
  CHECK(largest_fence("Here:\n```py\nprint(1)\nprint(2)") == "print(1)\nprint(2)");
  CHECK(largest_fence("Here:\n```py") == "");
}

TEST_CASE("line ends of other systems do not hide a fence") {
  CHECK(largest_fence("```py\r\nprint(1)\r\n```\r\n") == "print(1)\r");
}

TEST_CASE("a review is read from bare JSON, from a fence and from between words") {
  const std::string json =
      R"({"issues_found": true, "critical_issues": ["no check"], "suggestions": ["shorter", {"line": 3}], "code_quality_score": 6.5})";
  for (const std::string& text : {json, "```json\n" + json + "\n```", "Here it is:\n" + json + "\nBye.",
                                  "The body of main() { } is fine.\n" + json}) {
    CAPTURE(text);
    const Review review = parse_review(text);
    CHECK_FALSE(review.from_words);
    CHECK(review.issues_found);
    CHECK(review.critical_issues == std::vector<std::string>{"no check"});
    CHECK(review.suggestions == std::vector<std::string>{"shorter", R"({"line":3})"});
    CHECK(review.code_quality_score == 6.5);
  }
}

TEST_CASE("a review without a verdict is judged by its critical issues") {
  CHECK(parse_review(R"({"critical_issues": ["x"]})").issues_found);
  CHECK_FALSE(parse_review(R"({"critical_issues": []})").issues_found);
}

TEST_CASE("the verdict in JSON that is broken elsewhere still counts") {
  const Review review = parse_review(R"({"issues_found": false, "critical_issues": [)");
  CHECK_FALSE(review.issues_found);
  CHECK(review.from_words);
  CHECK(parse_review(R"({"issues_found" : true, "suggestions": ["say "no""]})").issues_found);
}

TEST_CASE("without JSON the words critical, bug and issue decide, unless they are denied") {
  for (const char* text : {"There is a bug in line 3.", "CRITICAL: no input check", "I see two issues.",
                           "Not bad. One issue remains.", "Nothing is missing, but the loop has a bug"}) {
    CAPTURE(text);
    CHECK(parse_review(text).issues_found);
    CHECK(parse_review(text).from_words);
  }
  for (const char* text : {"Looks good to me.", "No issues found.", "There are no critical bugs.",
                           "I could not find any bug.", "It has been debugged and reissued.", ""}) {
    CAPTURE(text);
    CHECK_FALSE(parse_review(text).issues_found);
  }
}

TEST_CASE("the JSON of a review contains how it was parsed") {
  CHECK(review_json(parse_review("one bug")) ==
        R"({"issues_found":true,"critical_issues":[],"suggestions":[],"code_quality_score":null,"read_from":"words"})");
  CHECK(review_json(parse_review(R"({"issues_found":false,"code_quality_score":9})")) ==
        R"({"issues_found":false,"critical_issues":[],"suggestions":[],"code_quality_score":9.0,"read_from":"json"})");
}

}  // namespace plenum::workflow
