// Kind `ranking`: every member ranks the answers of a list, without knowing whose they are.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/labels.h"
#include "common/json/json.h"
#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/ranking.h"

namespace plenum::workflow {

namespace {

constexpr std::string_view item_fields[] = {"place", "mean"};

ParsedOutput parse(std::string_view text, const ParseInput& input) {
  ParsedOutput output{std::string(text)};
  output.ranking = parse_ranking(text, input.listed);
  if (output.ranking.empty()) output.found = ParsedOutput::Found::nothing;
  return output;
}

// Its prompt was shuffled: its own labels are replaced by those of the list.
void add_item_fields(Item& item, const MemberOutput& output) {
  std::vector<std::string> labels;
  for (const std::size_t position : output.label_order) labels.push_back(label_of(position));
  item["text"] = relabel(output.text, labels);
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
                     {"label", label_of(rank.answer)},
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

Json mean_in(const std::vector<MeanRank>& ranks, std::size_t answer) {
  const auto row = std::find_if(ranks.begin(), ranks.end(), [&](const auto& each) { return each.answer == answer; });
  return row == ranks.end() ? Json() : Json(row->mean);
}

void add_result(TaskResult& result, const KindOutputs& rankings) {
  Json reviews = Json::array(), standings = Json::array();
  for (const MemberOutput& output : rankings.outputs) {
    reviews.push_back(Json{{"member", output.member.id},
                           {"label_order", member_ids(rankings, output.label_order)},
                           {"ranking", member_ids(rankings, output.ranking)}});
  }
  const auto all = ranks_of(rankings, false), without_self = ranks_of(rankings, true);
  for (const MeanRank& rank : rankings.exclude_self ? without_self : all) {
    standings.push_back(Json{{"member", rankings.answers[rank.answer].id},
                             {"label", label_of(rank.answer)},
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
    .ranks_first_input = true,
    .option = "exclude_self",
    .judges_answers = true,
    .parse = parse,
    .add_item_fields = add_item_fields,
    .item_fields = item_fields,
    .summary_suffix = "_standings",
    .summarize = summarize,
    .add_result = add_result,
};

}  // namespace plenum::workflow
