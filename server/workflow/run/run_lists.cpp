// What several members gave under one name: how prompts show it, and what rankings and votes come to.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/sha256.h"
#include "common/json/json.h"
#include "server/workflow/output/ranking.h"
#include "server/workflow/output/text_similarity.h"
#include "server/workflow/output/vote_tally.h"
#include "server/workflow/run/run_record.h"

namespace plenum::workflow {

namespace {

std::size_t index(int step) { return static_cast<std::size_t>(step); }

// Differs from reviewer to reviewer and from task to task, and is the same when a run is done again
// from its log.
std::uint64_t seed_of(const std::string& trace_id, const std::string& chunk_name) {
  return std::stoull(sha256_hex(trace_id + chunk_name).substr(0, 16), nullptr, 16);
}

// The parts of the list that a ranking step ranks: the first that it needs.
std::vector<int> ranked_parts(const Step& step) {
  std::vector<int> parts;
  for (const Need& need : step.needs) {
    if (need.binding == step.needs.front().binding) parts.push_back(need.step);
  }
  return parts;
}

}  // namespace

std::optional<double> RunRecord::likeness_of_round(int step) const {
  const Step& of = steps_[index(step)];
  double sum = 0;
  int compared = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].group != of.group || steps_[i].round != of.round || !steps_[i].rebinds) continue;
    const auto& before = chunk(*steps_[i].rebinds).output;
    if (!before) continue;  // its member has dropped out
    if (!chunks_[i].completed) return std::nullopt;
    if (!chunks_[i].output) continue;
    sum += likeness(*before, *chunks_[i].output);
    ++compared;
  }
  return compared == 0 ? std::nullopt : std::optional(sum / compared);
}

std::vector<std::string> RunRecord::members_of(const std::vector<int>& steps) const {
  std::vector<std::string> members;
  for (const int step : steps) members.push_back(assignment_.member_of(steps_[index(step)]).id);
  return members;
}

std::vector<std::string> RunRecord::ranking_of(int step) const { return members_of(chunk(step).ranked); }

std::vector<std::string> RunRecord::shown_to(int step) const { return members_of(chunk(step).shown); }

bool RunRecord::restore_shown(int step, const std::vector<std::string>& members, const Plan& plan) {
  std::vector<int> shown;
  for (const std::string& id : members) {
    for (const int part : ranked_parts(steps_[index(step)])) {
      if (assignment_.member_of(steps_[index(part)]).id != id) continue;
      const Chunk* said = latest_with_output(part, plan);
      const int at = said == nullptr ? -1 : static_cast<int>(said - chunks_.data());
      // A member may have two parts.
      if (at < 0 || std::find(shown.begin(), shown.end(), at) != shown.end()) continue;
      shown.push_back(at);
      break;
    }
  }
  chunks_[index(step)].shown = std::move(shown);
  return chunks_[index(step)].shown.size() == members.size();
}

bool RunRecord::is_unread(int step) const {
  const OutputForm form = steps_[index(step)].form;
  if (!chunk(step).output) return false;
  return (form == OutputForm::ranking && chunk(step).ranked.empty()) ||
         (form == OutputForm::choice && !chunk(step).choice);
}

void RunRecord::bind_list(Bindings& bindings, std::span<const Need> parts, const Plan& plan, int reader) const {
  std::vector<Part> now, history;
  for (std::size_t place = 0; place < parts.size(); ++place) {
    if (plan.gave_output(parts[place].step)) now.push_back({plan.latest(parts[place].step), place});
    for (std::optional<int> at = parts[place].step; at; at = steps_[index(*at)].rebinds) {
      if (chunk(*at).output) history.push_back({*at, place});
    }
  }
  // Steps stand in the order of the rounds, and within one in that of the members.
  std::sort(history.begin(), history.end(), [](const Part& a, const Part& b) { return a.step < b.step; });
  const std::string& name = parts.front().binding;
  bindings[name] = items_of(now, reader);
  // Copies of everything that was said so far: only for those who read it.
  if (shows(reader, name + "_history")) bindings[name + "_history"] = items_of(history, reader);
  const OutputForm form = steps_[index(parts.front().step)].form;
  if (form == OutputForm::ranking) bindings[name + "_standings"] = standings(now);
  if (form == OutputForm::choice) bindings[name + "_tally"] = tally_of(now);
}

bool RunRecord::shows(int reader, const std::string& name) const {
  const auto in = [&](const SharedTemplate& text) { return text && text->text().find(name) != std::string::npos; };
  if (reader < 0) return in(assignment_.workflow->answer_template);
  const Step& step = steps_[index(reader)];
  return in(step.user_template) || in(step.system_template);
}

std::vector<Item> RunRecord::items_of(std::span<const Part> parts, int reader) const {
  std::vector<Item> items;
  for (const Part& part : parts) {
    const Step& step = steps_[index(part.step)];
    const Chunk& said = chunk(part.step);
    const AssignedMember& member = said.member;
    Item item{{"text", *said.output}, {"member", member.id}, {"model", member.model}, {"label", label_of(part.place)}};
    if (step.round > 0) item["round"] = std::to_string(step.round);
    if (step.form == OutputForm::ranking) item["text"] = in_common_labels(part.step);
    if (said.choice) item["choice"] = label_of(*said.choice);
    if (reader >= 0 && steps_[index(reader)].role == step.role) item["own"] = "yes";
    items.push_back(std::move(item));
  }
  return items;
}

void RunRecord::shuffle_what_is_ranked(Bindings& bindings, int reader, const Plan& plan) {
  std::vector<int> answered;
  for (const int part : ranked_parts(steps_[index(reader)])) {
    if (plan.gave_output(part)) answered.push_back(plan.latest(part));
  }
  std::vector<Part> shown;
  chunks_[index(reader)].shown.clear();  // an earlier attempt may have been shown fewer
  for (const std::size_t place : shuffled(answered.size(), seed_of(trace_id_, names_[index(reader)]))) {
    chunks_[index(reader)].shown.push_back(answered[place]);
    shown.push_back({answered[place], shown.size()});
  }
  bindings[steps_[index(reader)].needs.front().binding] = items_of(shown, reader);
}

// The place of an output in its list, by which everybody but its reviewers names it.
std::size_t RunRecord::place_of(int step, int ranking) const {
  const auto parts = ranked_parts(steps_[index(ranking)]);
  const auto same_member = [&](int part) { return steps_[index(part)].role == steps_[index(step)].role; };
  return static_cast<std::size_t>(std::find_if(parts.begin(), parts.end(), same_member) - parts.begin());
}

std::string RunRecord::in_common_labels(int ranking) const {
  std::vector<std::string> labels;
  for (const int step : chunk(ranking).shown) labels.push_back(label_of(place_of(step, ranking)));
  return relabelled(*chunk(ranking).output, labels);
}

std::vector<MeanRank> RunRecord::ranks(std::span<const Part> rankings, bool exclude_self) const {
  std::vector<Ballot> ballots;
  std::size_t answers = 0;
  for (const Part& ranking : rankings) {
    const auto parts = ranked_parts(steps_[index(ranking.step)]);
    answers = parts.size();
    Ballot ballot;
    const int reviewer = steps_[index(ranking.step)].role;
    const auto own = [&](int part) { return steps_[index(part)].role == reviewer; };
    const auto found = std::find_if(parts.begin(), parts.end(), own);
    if (found != parts.end()) ballot.own = static_cast<std::size_t>(found - parts.begin());
    for (const int step : chunk(ranking.step).ranked) ballot.order.push_back(place_of(step, ranking.step));
    ballots.push_back(std::move(ballot));
  }
  return mean_ranks(ballots, answers, exclude_self);
}

const AssignedMember& RunRecord::member_at(std::size_t place, int ranking) const {
  return assignment_.member_of(steps_[index(ranked_parts(steps_[index(ranking)])[place])]);
}

std::vector<Item> RunRecord::standings(std::span<const Part> rankings) const {
  std::vector<Item> items;
  for (const MeanRank& rank : ranks(rankings, assignment_.options.exclude_self)) {
    const AssignedMember& member = member_at(rank.answer, rankings.front().step);
    items.push_back({{"place", std::to_string(items.size() + 1)},
                     {"label", label_of(rank.answer)},
                     {"member", member.id},
                     {"model", member.model},
                     {"mean", fmt::format("{:.2f}", rank.mean)}});
  }
  return items;
}

std::vector<Item> RunRecord::tally_of(std::span<const Part> votes) const {
  std::vector<std::optional<std::size_t>> choices;
  for (const Part& vote : votes) choices.push_back(chunk(vote.step).choice);
  const Tally sum = tally(choices, assignment_.options.choices.size());
  std::vector<Item> items;
  if (sum.unread == static_cast<int>(choices.size())) return items;  // a count of nothing is no answer
  for (std::size_t i = 0; i < sum.votes.size(); ++i) {
    items.push_back(
        {{"label", label_of(i)}, {"text", assignment_.options.choices[i]}, {"votes", std::to_string(sum.votes[i])}});
    if (sum.winner == i) items.back()["place"] = "1";
  }
  return items;
}

// The last round's chunks of this form that ended well, in the order of the members.
std::vector<RunRecord::Part> RunRecord::last_of(OutputForm form) const {
  std::vector<Part> found;
  int round = 0;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    if (steps_[i].form != form || !chunks_[i].output) continue;
    if (steps_[i].round > round) found.clear();
    round = steps_[i].round;
    found.push_back({static_cast<int>(i), found.size()});
  }
  return found;
}

void RunRecord::add_rankings(TaskResult& result) const {
  const auto rankings = last_of(OutputForm::ranking);
  if (rankings.empty()) return;
  const auto ids = [this](const std::vector<int>& steps) {
    Json list = Json::array();
    for (const int step : steps) list.push_back(assignment_.member_of(steps_[index(step)]).id);
    return list;
  };
  Json reviews = Json::array(), standing = Json::array();
  for (const Part& ranking : rankings) {
    reviews.push_back(Json{{"member", assignment_.member_of(steps_[index(ranking.step)]).id},
                           {"label_order", ids(chunk(ranking.step).shown)},
                           {"ranking", ids(chunk(ranking.step).ranked)}});
  }
  const auto all = ranks(rankings, false), without_self = ranks(rankings, true);
  for (const MeanRank& rank : assignment_.options.exclude_self ? without_self : all) {
    const auto figure = [&](const std::vector<MeanRank>& of) {
      const auto found = std::find_if(of.begin(), of.end(), [&](const auto& row) { return row.answer == rank.answer; });
      return found == of.end() ? Json() : Json(found->mean);
    };
    standing.push_back(Json{{"member", member_at(rank.answer, rankings.front().step).id},
                            {"label", label_of(rank.answer)},
                            {"average_rank", figure(all)},
                            {"average_rank_without_self", figure(without_self)},
                            {"rankings_count", rank.rankings}});
  }
  result.rankings_json = dump_json(Json{{"reviews", std::move(reviews)},
                                        {"standings", std::move(standing)},
                                        {"exclude_self", assignment_.options.exclude_self}});
}

void RunRecord::add_votes(TaskResult& result) const {
  const auto votes = last_of(OutputForm::choice);
  if (votes.empty()) return;
  std::vector<std::optional<std::size_t>> choices;
  Json by_member = Json::object();
  for (const Part& vote : votes) {
    const auto& choice = chunk(vote.step).choice;
    choices.push_back(choice);
    by_member[assignment_.member_of(steps_[index(vote.step)]).id] = choice ? Json(label_of(*choice)) : Json();
  }
  const Tally sum = tally(choices, assignment_.options.choices.size());
  Json rows = Json::array();
  for (std::size_t i = 0; i < sum.votes.size(); ++i) {
    rows.push_back(Json{{"label", label_of(i)}, {"text", assignment_.options.choices[i]}, {"votes", sum.votes[i]}});
  }
  result.votes_json = dump_json(Json{{"choices", std::move(rows)},
                                     {"by_member", std::move(by_member)},
                                     {"unparsed", sum.unread},
                                     {"winner", sum.winner ? Json(label_of(*sum.winner)) : Json()},
                                     {"tied", sum.split}});
}

}  // namespace plenum::workflow
