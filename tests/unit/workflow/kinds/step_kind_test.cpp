// The rows of the step-kind table, apart from any run.
#include "server/workflow/kinds/step_kind.h"

#include <doctest/doctest.h>

#include <set>

namespace plenum::workflow {

namespace {

const StepKind& kind(std::string_view name) {
  const StepKind* row = step_kind_named(name);
  REQUIRE(static_cast<bool>(row));
  return *row;
}

// Three members answer; a and b rank what they were shown as c, a, b.
KindOutputs rankings() {
  KindOutputs outputs;
  outputs.answers = {{"a/m1", "m1"}, {"b/m2", "m2"}, {"c/m3", "m3"}};
  outputs.labels = {"B", "C", "A"};
  outputs.outputs = {{{"a/m1", "m1"}, "Response A wins", {2, 0, 1}, {{2}, {1}, {0}}, 0, {}},
                     {{"b/m2", "m2"}, "Response B wins", {2, 0, 1}, {{0}, {2}, {1}}, 1, {}}};
  return outputs;
}

}  // namespace

TEST_CASE("every kind has a name and an option of its own, parses a text and is found by its name") {
  std::set<std::string_view> names, options;
  for (const StepKind* row : step_kinds()) {
    CAPTURE(row->name);
    CHECK(names.insert(row->name).second);
    const bool found = step_kind_named(row->name) == row;
    CHECK(found);
    CHECK((row->option.empty() || options.insert(row->option).second));
    const bool has_summary = row->summarize != nullptr;
    CHECK(has_summary != row->summary_suffix.empty());
    REQUIRE(static_cast<bool>(row->parse));
    CHECK(row->parse("text", {}).text == "text");
  }
  const bool known = step_kind_named("fence") != nullptr;
  CHECK_FALSE(known);
  CHECK(step_kinds().front()->name == "text");
}

TEST_CASE("a review decides by its JSON, and an unreadable one is none") {
  const StepKind& review = kind("review");
  CHECK(review.parse(R"({"issues_found": true})", {}).outcome == StepOutcome::review_with_issues);
  CHECK(review.parse(R"({"issues_found": false})", {}).outcome == StepOutcome::output);
  CHECK(review.parse(R"({"issues_found": false})", {}).problem == "");
  CHECK(review.parse("There is a bug.", {}).outcome == StepOutcome::failed);
  CHECK(review.parse("There is a bug.", {}).problem != "");
}

TEST_CASE("a ranking or a vote without a ranking or a choice states what is missing") {
  const std::vector<std::string> choices = {"red", "green"};
  CHECK(kind("ranking").parse("No idea.", {{0, 1}}).problem != "");
  CHECK(kind("ranking").parse("FINAL RANKING:\n1. Response B\n2. Response A", {{0, 1}}).ranking == Places{{1}, {0}});
  CHECK(kind("choice").parse("Hm.", {{}, choices}).problem != "");
  CHECK(kind("choice").parse("B", {{}, choices}).choice == 1u);
}

TEST_CASE("a verdict states which member holds which position, in the order of the members") {
  KindOutputs outputs = rankings();
  MemberOutput judge{{"a/m1", "m1"}, "", {1, 2, 0}, {}, {}, {}};
  judge.labeled = {{0, 1}, {1, 2}, {2, 0}};  // A is b/m2, B is c/m3, C is a/m1
  Verdict verdict;
  verdict.headline = "Red";
  verdict.positions = {{"red", "", {0, 2}}, {"green", "", {1}}};
  verdict.votes = {{0, "red"}, {1, "green"}, {2, "red"}};
  judge.verdict = verdict;
  outputs.outputs = {judge};
  TaskResult result;
  kind("verdict").add_result(result, outputs);
  CHECK(result.verdict_json.find(R"("members":["a/m1","b/m2"])") != std::string::npos);
  CHECK(result.verdict_json.find(R"("labels":{"A":"b/m2","B":"c/m3","C":"a/m1"})") != std::string::npos);
  outputs.outputs[0].verdict->type = VerdictType::open_ended;
  TaskResult none;
  kind("verdict").add_result(none, outputs);
  CHECK(none.verdict_json == "");
}

TEST_CASE("the form of a ranking shows as many lines as there are labels, in the order of the prompt") {
  std::map<std::string, std::string> values;
  kind("ranking").add_prompt_values(values, {{2, 0}});
  CHECK(values["ranking_form"] == "FINAL RANKING:\n1. Response C\n2. Response A");
}

TEST_CASE("files of a program are prefix_bytes, and a revision may repeat only those that it changes") {
  const ParsedOutput first = kind("files").parse("a.py\n```python\nx\n```\nb.py\n```python\ny\n```", {});
  CHECK(first.files.size() == 2);
  const ParsedOutput second = kind("files").parse("b.py\n```python\nz\n```", {{}, {}, first.files});
  CHECK(second.files == std::vector<ResultFile>{{"a.py", "python", "x"}, {"b.py", "python", "z"}});
  CHECK(second.text.find("a.py") != std::string::npos);
  CHECK(kind("files").parse("a.py\n```python\nx", {}).problem == "The file a.py stops before its end.");
  CHECK(kind("files").parse("Paris.", {}).text == "Paris.");
  CHECK(kind("files").parse("Paris.", {}).files.empty());
}

TEST_CASE("rankings are combined by mean rank, with and without the members' own answers") {
  const auto places = [](const KindOutputs& outputs) {
    std::string members;
    for (const Item& item : kind("ranking").summarize(outputs)) {
      members += item.at("place") + item.at("label") + " " + item.at("member") + " " + item.at("mean") + ";";
    }
    return members;
  };
  KindOutputs outputs = rankings();
  CHECK(places(outputs) == "1A c/m3 1.50;2B a/m1 2.00;3C b/m2 2.50;");
  outputs.exclude_self = true;
  CHECK(places(outputs) == "1B a/m1 1.00;2A c/m3 1.50;3C b/m2 2.00;");
  TaskResult result;
  kind("ranking").add_result(result, outputs);
  CHECK(result.rankings_json.find(R"("label_order":["c/m3","a/m1","b/m2"])") != std::string::npos);
  CHECK(result.rankings_json.find(R"("exclude_self":true)") != std::string::npos);
}

TEST_CASE("votes are counted for each choice, and a count of no votes is empty") {
  KindOutputs votes;
  votes.choices = {"red", "green"};
  votes.outputs = {{{"a/m1", "m1"}, "A", {}, {}, {}, 0}, {{"b/m2", "m2"}, "?", {}, {}, {}, {}}};
  const std::vector<Item> items = kind("choice").summarize(votes);
  REQUIRE(items.size() == 2);
  CHECK(items[0].at("votes") == "1");
  CHECK(items[0].at("place") == "1");
  CHECK(items[1].count("place") == 0);
  TaskResult result;
  kind("choice").add_result(result, votes);
  CHECK(result.votes_json.find(R"("by_member":{"a/m1":"A","b/m2":null})") != std::string::npos);
  votes.outputs.erase(votes.outputs.begin());
  CHECK(kind("choice").summarize(votes).empty());
}

}  // namespace plenum::workflow
