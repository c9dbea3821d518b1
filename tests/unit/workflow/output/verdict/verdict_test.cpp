// The consensus of a verdict: arithmetic over positions, whatever a model states.
#include "server/workflow/output/verdict/verdict.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace plenum::workflow {

namespace {

Verdict with_votes(const std::vector<std::string>& positions) {
  Verdict verdict;
  for (std::size_t i = 0; i < positions.size(); ++i) verdict.votes.push_back({i, positions[i]});
  return verdict;
}

Consensus of(const std::vector<std::string>& positions) { return consensus_of(with_votes(positions)); }

}  // namespace

TEST_CASE("the consensus is the share of the largest position, with a label") {
  CHECK(of({"yes", "yes", "yes"}) == Consensus{1.0, "unanimous"});
  CHECK(of({"yes", "yes", "yes", "no"}) == Consensus{0.75, "strong"});
  CHECK(of({"yes", "yes", "no"}) == Consensus{0.6667, "majority"});
  CHECK(of({"yes", "no"}) == Consensus{0.5, "split"});
  CHECK(of({"a", "b", "c"}) == Consensus{0.3333, "split"});
}

TEST_CASE("with fewer than two members that hold a position there is no consensus") {
  CHECK(of({}) == Consensus{std::nullopt, "none"});
  CHECK(of({"yes"}) == Consensus{std::nullopt, "none"});
}

TEST_CASE("positions that differ only in case or white space are one") {
  CHECK(of({"Use Postgres", " use\tpostgres ", "UsePostgres"}) == Consensus{1.0, "unanimous"});
  CHECK(of({"Use Postgres", "Use Redis"}) == Consensus{0.5, "split"});
}

TEST_CASE("the consensus of a conflict counts the members that hold one of its positions") {
  const Verdict verdict = with_votes({"yes", "yes", "no", "later", "later"});
  CHECK(consensus_of(verdict, {"when", {"YES", "no"}, ""}) == Consensus{0.6667, "majority"});
  CHECK(consensus_of(verdict, {"when", {"no"}, ""}) == Consensus{std::nullopt, "none"});
  CHECK(consensus_of(verdict) == Consensus{0.4, "split"});
}

TEST_CASE("the result names members instead of letters, and lists which letter was whose") {
  Verdict verdict = with_votes({"yes", "no"});
  verdict.headline = "Yes";
  verdict.positions = {{"yes", "It works.", {0}, {{0, "it was measured"}, {std::nullopt, "so they write"}}},
                       {"no", "", {1}}};
  verdict.conflicts = {{"cost", {"yes", "no"}, "One counts it."}};
  verdict.minority_reports = {{{1}, "It is dear.", {{1, "the price list"}}, "It decides."}};
  verdict.votes[0].confidence = VoteConfidence::high;
  const Json json = to_json(verdict, {{0, "b/m2"}, {1, "a/m1"}});
  CHECK(json["consensus"] == Json{{"score", 0.5}, {"label", "split"}, {"method", "position_cluster_ratio_v1"}});
  CHECK(json["positions"][0]["members"] == Json{"b/m2"});
  CHECK(json["positions"][0]["evidence"][0] == Json{{"member", "b/m2"}, {"text", "it was measured"}});
  CHECK(json["positions"][0]["evidence"][1]["member"].is_null());
  CHECK(json["conflicts"][0]["consensus"]["label"] == "split");
  CHECK(json["votes"][0] == Json{{"member", "b/m2"}, {"position_label", "yes"}, {"confidence", "high"}});
  CHECK(json["votes"][1]["confidence"].is_null());
  CHECK(json["minority_reports"][0]["members"] == Json{"a/m1"});
  CHECK(json["labels"] == Json{{"A", "b/m2"}, {"B", "a/m1"}});
  CHECK(json["type"] == "decision");
}

TEST_CASE("later prompts see a verdict as text, with letters and the computed consensus") {
  Verdict verdict = with_votes({"yes", "yes"});
  verdict.headline = "Yes";
  verdict.positions = {{"yes", "It works.", {0, 1}}};
  const std::string text = verdict_text(verdict);
  CHECK(text.find("Consensus: unanimous (1.00)") != std::string::npos);
  CHECK(text.find("- Position \"yes\" of A, B: It works.") != std::string::npos);
}

TEST_CASE("for any votes, the score lies between 1/n and 1, and 1 means one position") {
  const bool holds = rc::check([] {
    const auto votes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
    std::vector<std::string> positions;
    for (const int vote : votes) positions.push_back(std::string(1, static_cast<char>('a' + vote)));
    const Consensus consensus = of(positions);
    RC_ASSERT(consensus.score.has_value() == (votes.size() >= 2));
    if (!consensus.score) return;
    const bool one = std::all_of(votes.begin(), votes.end(), [&](int vote) { return vote == votes.front(); });
    RC_ASSERT(*consensus.score > 0 && *consensus.score <= 1);
    RC_ASSERT((consensus.label == "unanimous") == one);
    RC_ASSERT(*consensus.score * static_cast<double>(votes.size()) > 0.99);
  });
  CHECK(holds);
}

}  // namespace plenum::workflow
