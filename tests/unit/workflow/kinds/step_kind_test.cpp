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
  outputs.outputs = {{{"a/m1", "m1"}, "Response A wins", {2, 0, 1}, {2, 1, 0}, 0, {}},
                     {{"b/m2", "m2"}, "Response B wins", {2, 0, 1}, {0, 2, 1}, 1, {}}};
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

TEST_CASE("a review decides whether issues were found, from its JSON or else from its words") {
  const StepKind& review = kind("review");
  CHECK(review.parse(R"({"issues_found": true})", {}).outcome == StepOutcome::review_with_issues);
  CHECK(review.parse(R"({"issues_found": false})", {}).outcome == StepOutcome::output);
  CHECK(review.parse(R"({"issues_found": false})", {}).found == ParsedOutput::Found::all);
  CHECK(review.parse("There is a bug.", {}).found == ParsedOutput::Found::guessed);
}

TEST_CASE("a ranking or a vote without a ranking or a choice was not parsed, and is not counted") {
  CHECK(kind("ranking").parse("No idea.", {2, 0}).found == ParsedOutput::Found::nothing);
  CHECK(kind("ranking").parse("FINAL RANKING:\n1. Response B", {2, 0}).ranking == std::vector<std::size_t>{1});
  CHECK(kind("choice").parse("Hm.", {0, 2}).found == ParsedOutput::Found::nothing);
  CHECK(kind("choice").parse("B", {0, 2}).choice == 1u);
}

TEST_CASE("the item of a ranking shows the labels of the list, not those of its own prompt") {
  Item item{{"text", "Response A wins"}};
  kind("ranking").add_item_fields(item, rankings().outputs.front());
  CHECK(item["text"] == "Response C wins");
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
  CHECK(places(outputs) == "1C c/m3 1.50;2A a/m1 2.00;3B b/m2 2.50;");
  outputs.exclude_self = true;
  CHECK(places(outputs) == "1A a/m1 1.00;2C c/m3 1.50;3B b/m2 2.00;");
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
