// How the JSON of a verdict is read: every letter is checked, and a score is never taken from the model.
#include "server/workflow/output/verdict/verdict_parser.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/json/json.h"

namespace plenum::workflow {

namespace {

const std::vector<std::size_t> letters = {2, 0, 1};  // as the prompt shows them

Json whole() {
  return *parse_json(R"({
    "positions": [
      {"label": "PostgreSQL", "summary": "It is durable.", "members": ["A", "B"],
       "evidence": [{"member": "A", "text": "it has a write-ahead log"}]},
      {"label": "Redis", "summary": "It is fast.", "members": ["C"], "evidence": []}],
    "conflicts": [{"topic": "durability", "position_labels": ["PostgreSQL", "Redis"], "summary": "Only one survives."}],
    "votes": [{"member": "A", "position_label": "PostgreSQL", "confidence": "high"},
              {"member": "B", "position_label": "postgresql ", "confidence": "low"},
              {"member": "C", "position_label": "Redis", "confidence": "medium"}],
    "minority_reports": [{"members": ["C"], "claim": "Latency decides.", "evidence": [{"member": "C", "text": "1 ms"}],
                          "why_it_matters": "Users wait."}],
    "caveats": ["No load test."],
    "dissent_summary": "C disagrees.",
    "type": "decision", "headline": "PostgreSQL", "recommendation": "Take PostgreSQL."})");
}

VerdictReading read(const Json& json) { return parse_verdict(dump_json(json), letters); }

std::string problem_of(const Json& json) {
  const VerdictReading reading = read(json);
  const bool has_verdict = reading.verdict.has_value();
  CHECK_FALSE(has_verdict);
  return reading.problem;
}

}  // namespace

TEST_CASE("a whole verdict is read with its positions, conflicts, votes, minority reports and caveats") {
  const VerdictReading reading = read(whole());
  CHECK(reading.problem == "");
  REQUIRE(reading.verdict.has_value());
  const Verdict& verdict = *reading.verdict;
  CHECK(verdict.type == VerdictType::decision);
  CHECK(verdict.positions.size() == 2);
  CHECK(verdict.positions[0].answers == std::vector<std::size_t>{0, 1});
  CHECK(verdict.positions[0].evidence == std::vector<VerdictEvidence>{{0, "it has a write-ahead log"}});
  CHECK(verdict.votes[1] == VerdictVote{1, "PostgreSQL", VoteConfidence::low});
  CHECK(verdict.conflicts[0].position_labels == std::vector<std::string>{"PostgreSQL", "Redis"});
  CHECK(verdict.minority_reports[0].why_it_matters == "Users wait.");
  CHECK(verdict.caveats == std::vector<std::string>{"No load test."});
  CHECK(consensus_of(verdict).score == 0.6667);
}

TEST_CASE("a fence, text around it, other spellings of keys and trailing commas do not matter") {
  std::string text = dump_json(whole());
  text.replace(text.find("minority_reports"), 16, "minorityReports");
  text.insert(text.size() - 1, ",");
  const VerdictReading reading = parse_verdict("Here it is:\n```json\n" + text + "\n```\nDone.", letters);
  REQUIRE(reading.verdict.has_value());
  CHECK(reading.verdict->minority_reports.size() == 1);
}

TEST_CASE("a score that the model gives is ignored") {
  Json json = whole();
  json["consensus_score"] = 0.99;
  json["consensus"] = {{"score", 0.99}, {"label", "unanimous"}};
  json["conflicts"][0]["consensus_score"] = 1;
  REQUIRE(read(json).verdict.has_value());
  CHECK(*read(json).verdict == *read(whole()).verdict);
  CHECK(verdict_schema(letters).find("score") == std::string::npos);
  CHECK(verdict_form(letters).find("score") == std::string::npos);
}

TEST_CASE("an unknown letter, an answer with two positions or a vote without a position is a problem") {
  Json json = whole();
  json["positions"][0]["members"].push_back("D");
  CHECK(problem_of(json) == "There is no answer \"D\".");
  json = whole();
  json["votes"][0]["member"] = "everyone";
  CHECK(problem_of(json) == "There is no answer \"everyone\".");
  json = whole();
  json["minority_reports"][0]["evidence"][0]["member"] = "Z";
  CHECK(problem_of(json) == "There is no answer \"Z\".");
  json = whole();
  json["positions"][1]["members"].push_back("A");
  CHECK(problem_of(json) == "Answer A holds two positions.");
  json = whole();
  json["votes"][2]["position_label"] = "SQLite";
  CHECK(problem_of(json) == "The vote of C names no position.");
  json = whole();
  json["conflicts"][0]["position_labels"][1] = "SQLite";
  CHECK(problem_of(json) == "A conflict names the position \"SQLite\", which does not exist.");
}

TEST_CASE("a verdict without type, headline or positions is a problem") {
  Json json = whole();
  json["type"] = "guess";
  CHECK(problem_of(json).find("\"type\" is none of") != std::string::npos);
  json = whole();
  json["headline"] = " ";
  CHECK(problem_of(json) == "It has no \"headline\".");
  json = whole();
  json.erase("positions");
  json.erase("votes");
  json.erase("conflicts");
  CHECK(problem_of(json) == "It has no \"positions\".");
  CHECK(parse_verdict("PostgreSQL, clearly.", letters).problem == "It holds no complete JSON object.");
  CHECK(parse_verdict(R"({"answer": 1})", letters).problem == "Its JSON has neither \"type\" nor \"positions\".");
}

TEST_CASE("an open-ended question needs no positions") {
  const VerdictReading reading = parse_verdict(R"({"type": "open-ended", "headline": "A poem"})", letters);
  REQUIRE(reading.verdict.has_value());
  CHECK(reading.verdict->type == VerdictType::open_ended);
}

TEST_CASE("members of a position count as votes, and each answer has one vote") {
  Json json = whole();
  json["votes"] = Json::array();
  REQUIRE(read(json).verdict.has_value());
  CHECK(read(json).verdict->votes.size() == 3);
  CHECK(consensus_of(*read(json).verdict).score == 0.6667);
}

TEST_CASE("position labels that differ only in case are one position") {
  const Json json = *parse_json(
      R"({"type": "decision", "headline": "Yes", "positions": [{"label": "Yes", "members": ["A"]},
          {"label": " yes", "members": ["Response B"]}, {"label": "No", "members": ["c"]}]})");
  REQUIRE(read(json).verdict.has_value());
  CHECK(read(json).verdict->positions.size() == 2);
  CHECK(read(json).verdict->positions[0].answers == std::vector<std::size_t>{0, 1});
}

TEST_CASE("lists and texts of a verdict are bounded") {
  Json json = whole();
  for (std::size_t i = 0; i <= verdict_items_max; ++i) json["caveats"].push_back("more");
  CHECK(problem_of(json).find("at most 32") != std::string::npos);
  json = whole();
  json["headline"] = std::string(100'000, 'x');
  REQUIRE(read(json).verdict.has_value());
  CHECK(read(json).verdict->headline.size() <= verdict_text_bytes_max + 3);
}

TEST_CASE("the schema names the letters of the prompt, and requires every field") {
  const Json schema = *parse_json(verdict_schema(letters));
  CHECK(schema["required"].size() == schema["properties"].size());
  CHECK(schema["properties"]["votes"]["items"]["properties"]["member"]["enum"] == Json{"C", "A", "B"});
  CHECK(schema["additionalProperties"] == false);
  CHECK(verdict_form(letters).find("letters of the answers: A, B, C.") != std::string::npos);
}

}  // namespace plenum::workflow
