// Kind `ranking`: every member ranks the answers of a list, without knowing whose they are.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/labels.h"
#include "common/json/json.h"
#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/ranking.h"
#include "server/workflow/output/ranking_parser.h"

namespace plenum::workflow {

namespace {

constexpr std::string_view item_fields[] = {"place", "mean"};

ParsedOutput parse(std::string_view text, const ParseInput& input) {
  ParsedOutput output{std::string(text)};
  RankingReading reading = parse_ranking_text(text, input.labels);
  output.ranking = std::move(reading.places);
  output.problem = std::move(reading.problem);
  return output;
}

// The required form, with the labels that the prompt shows. Their order is the prompt's, which differs between
// reviewers: an example in one order would draw all rankings to it.
std::string form_with(const std::vector<std::size_t>& labels) {
  std::string form = "FINAL RANKING:";
  for (std::size_t i = 0; i < labels.size(); ++i) form += fmt::format("\n{}. Response {}", i + 1, label_of(labels[i]));
  return form;
}

constexpr std::string_view prompt_names[] = {"ranking_form"};

void add_prompt_values(std::map<std::string, std::string>& values, const ParseInput& input) {
  values["ranking_form"] = form_with(input.labels);
}

std::string schema(const ParseInput& input) { return ranking_schema(input.labels); }

std::string required_form(const ParseInput& input) {
  return fmt::format(
      "the ranking of all {} responses, best first, each of them once and without ties, in the form of this example "
      "(its order means nothing):\n\n{}",
      input.labels.size(), form_with(input.labels));
}

std::vector<MeanRank> ranks_of(const KindOutputs& rankings, bool exclude_self) {
  std::vector<Ballot> ballots;
  for (const MemberOutput& output : rankings.outputs) ballots.push_back({output.own_answer, output.ranking});
  return mean_ranks(ballots, rankings.answers.size(), exclude_self);
}

std::vector<Item> summarize(const KindOutputs& rankings) {
  std::vector<Item> items;
  for (const MeanRank& rank : ranks_of(rankings, rankings.exclude_self)) {
    const MemberRef& member = rankings.answers[rank.answer];
    items.push_back({{"place", std::to_string(items.size() + 1)},
                     {"label", rankings.labels[rank.answer]},
                     {"member", member.id},
                     {"model", member.model},
                     {"mean", fmt::format("{:.2f}", rank.mean)}});
  }
  return items;
}

Json member_ids(const KindOutputs& rankings, const std::vector<std::size_t>& positions) {
  Json list = Json::array();
  for (const std::size_t position : positions) list.push_back(rankings.answers[position].id);
  return list;
}

// Members that share a place of the ranking.
Json ties(const KindOutputs& rankings, const Places& places) {
  Json list = Json::array();
  for (const auto& tied : places) {
    if (tied.size() > 1) list.push_back(member_ids(rankings, tied));
  }
  return list;
}

Json mean_in(const std::vector<MeanRank>& ranks, std::size_t answer) {
  const auto row = std::find_if(ranks.begin(), ranks.end(), [&](const auto& each) { return each.answer == answer; });
  return row == ranks.end() ? Json() : Json(row->mean);
}

void add_result(TaskResult& result, const KindOutputs& rankings) {
  Json reviews = Json::array(), standings = Json::array();
  for (const MemberOutput& output : rankings.outputs) {
    Json review{{"member", output.member.id},
                {"label_order", member_ids(rankings, output.shown)},
                {"ranking", member_ids(rankings, in_order(output.ranking))}};
    if (Json tied = ties(rankings, output.ranking); !tied.empty()) review["ties"] = std::move(tied);
    reviews.push_back(std::move(review));
  }
  const auto all = ranks_of(rankings, false), without_self = ranks_of(rankings, true);
  for (const MeanRank& rank : rankings.exclude_self ? without_self : all) {
    standings.push_back(Json{{"member", rankings.answers[rank.answer].id},
                             {"label", rankings.labels[rank.answer]},
                             {"average_rank", mean_in(all, rank.answer)},
                             {"average_rank_without_self", mean_in(without_self, rank.answer)},
                             {"rankings_count", rank.rankings}});
  }
  result.rankings_json = dump_json(Json{
      {"reviews", std::move(reviews)}, {"standings", std::move(standings)}, {"exclude_self", rankings.exclude_self}});
}

}  // namespace

extern const StepKind ranking_kind;
const StepKind ranking_kind{
    .name = "ranking",
    .event_kind = "rank",
    .runner = StepKind::Runner::every_member,
    .labels_first_input = true,
    .answer_tokens = 500,
    .option = "exclude_self",
    .judges_answers = true,
    .prompt_names = prompt_names,
    .add_prompt_values = add_prompt_values,
    .schema = schema,
    .required_form = required_form,
    .parse = parse,
    .item_fields = item_fields,
    .summary_suffix = "_standings",
    .summarize = summarize,
    .add_result = add_result,
};

}  // namespace plenum::workflow
