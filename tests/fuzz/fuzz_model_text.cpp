// Texts of models: whatever they contain, a vote names an option, a ranking places every shown label once, files have
// safe and different paths, a verdict has one vote per answer, a query is one short line, and what cannot be read has a
// reason.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/code_files.h"
#include "server/workflow/output/ranking_parser.h"
#include "server/workflow/output/review_parser.h"
#include "server/workflow/output/verdict/verdict_parser.h"
#include "server/workflow/output/vote_parser.h"
#include "tests/fuzz/require.h"

using namespace plenum::workflow;
using plenum::tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> choices = {"PostgreSQL", "Redis", "Redis Cluster"};
  const VoteReading vote = parse_vote(text, choices);
  require(vote.choice.has_value() == vote.problem.empty());
  require(!vote.choice || *vote.choice < choices.size());

  const std::vector<std::size_t> labels = {3, 0, 1};
  const RankingReading ranking = parse_ranking_text(text, labels);
  require(ranking.places.empty() != ranking.problem.empty());
  const std::vector<std::size_t> order = in_order(ranking.places);
  if (!order.empty()) {
    require(order.size() == labels.size() && std::set<std::size_t>(order.begin(), order.end()).size() == labels.size());
  }

  const ReviewReading review = parse_review_text(text);
  require(review.review.has_value() == review.problem.empty());
  if (review.review) require(review.review->issues_found || review.review->critical_issues.empty());

  const std::string query = step_kind_named("query")->parse(text, {}).text;
  require(query.size() <= query_bytes_max && query.find('\n') == std::string::npos);

  const VerdictReading verdict = parse_verdict(text, labels);
  require(verdict.verdict.has_value() == verdict.problem.empty());
  if (verdict.verdict) {
    std::set<std::size_t> voters;
    for (const VerdictVote& vote : verdict.verdict->votes) {
      require(voters.insert(vote.answer).second &&
              std::find(labels.begin(), labels.end(), vote.answer) != labels.end());
    }
    const Consensus consensus = consensus_of(*verdict.verdict);
    require(consensus.score.has_value() == (voters.size() >= 2));
    require(!consensus.score || (*consensus.score > 0 && *consensus.score <= 1));
  }
  std::set<std::string> paths;
  for (const CodeFile& one : parse_code_files(text)) {
    const std::string& path = one.file.path;
    require(!path.empty() && path.front() != '/' && path.find('\n') == std::string::npos);
    require(path != ".." && !path.starts_with("../") && path.find("/../") == std::string::npos);
    require(paths.insert(path).second);
  }
  return 0;
}
