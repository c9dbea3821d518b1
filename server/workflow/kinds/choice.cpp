// Kind `choice`: every member votes for one of the task's choices by its letter.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/labels.h"
#include "common/json/json.h"
#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/vote_parser.h"
#include "server/workflow/output/vote_tally.h"

namespace plenum::workflow {

namespace {

constexpr std::string_view item_fields[] = {"choice", "votes", "place"};

ParsedOutput parse(std::string_view text, const ParseInput& input) {
  ParsedOutput output{std::string(text)};
  VoteReading reading = parse_vote(text, input.choices);
  output.choice = reading.choice;
  output.problem = std::move(reading.problem);
  return output;
}

std::string schema(const ParseInput& input) { return vote_schema(input.choices.size()); }

std::string required_form(const ParseInput& input) {
  return fmt::format("the line `VOTE: X`, where X is one letter from A to {}", label_of(input.choices.size() - 1));
}

void add_item_fields(Item& item, const MemberOutput& output) {
  if (output.choice) item["choice"] = label_of(*output.choice);
}

Tally tally_of(const KindOutputs& votes) {
  std::vector<std::optional<std::size_t>> choices;
  for (const MemberOutput& output : votes.outputs) choices.push_back(output.choice);
  return tally(choices, votes.choices.size());
}

std::vector<Item> summarize(const KindOutputs& votes) {
  const Tally sum = tally_of(votes);
  std::vector<Item> items;
  if (sum.unparsed == static_cast<int>(votes.outputs.size())) return items;  // no vote could be parsed
  for (std::size_t i = 0; i < sum.votes.size(); ++i) {
    items.push_back({{"label", label_of(i)}, {"text", votes.choices[i]}, {"votes", std::to_string(sum.votes[i])}});
    if (sum.winner == i) items.back()["place"] = "1";
  }
  return items;
}

void add_result(TaskResult& result, const KindOutputs& votes) {
  Json by_member = Json::object(), rows = Json::array();
  for (const MemberOutput& output : votes.outputs) {
    by_member[output.member.id] = output.choice ? Json(label_of(*output.choice)) : Json();
  }
  const Tally sum = tally_of(votes);
  for (std::size_t i = 0; i < sum.votes.size(); ++i) {
    rows.push_back(Json{{"label", label_of(i)}, {"text", votes.choices[i]}, {"votes", sum.votes[i]}});
  }
  result.votes_json = dump_json(Json{{"choices", std::move(rows)},
                                     {"by_member", std::move(by_member)},
                                     {"unparsed", sum.unparsed},
                                     {"winner", sum.winner ? Json(label_of(*sum.winner)) : Json()},
                                     {"tied", sum.tied}});
}

}  // namespace

extern const StepKind choice_kind;
const StepKind choice_kind{
    .name = "choice",
    .event_kind = "vote",
    .runner = StepKind::Runner::every_member,
    .answer_tokens = 200,
    .option = "choices",
    .option_missing = "needs the choices to vote on: a list of texts",
    .judges_answers = true,
    .schema = schema,
    .required_form = required_form,
    .parse = parse,
    .add_item_fields = add_item_fields,
    .item_fields = item_fields,
    .summary_suffix = "_tally",
    .summarize = summarize,
    .add_result = add_result,
};

}  // namespace plenum::workflow
