// The arithmetic of the consensus, and the forms in which results and prompts show a verdict.
#include "server/workflow/output/verdict/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/labels.h"
#include "common/base/strings.h"

namespace plenum::workflow {

namespace {

constexpr double strong_min = 0.75, majority_above = 0.5;
constexpr double score_digits = 1e4;

std::string_view label_of_score(double score) {
  if (score >= 1.0) return "unanimous";
  if (score >= strong_min) return "strong";
  return score > majority_above ? "majority" : "split";
}

// Of the answers whose position is one of these; null: of all.
Consensus consensus_among(const Verdict& verdict, const std::set<std::string>* positions) {
  std::map<std::string, int> clusters;
  int positioned = 0, largest = 0;
  for (const VerdictVote& vote : verdict.votes) {
    const std::string key = position_key(vote.position_label);
    if (positions != nullptr && !positions->contains(key)) continue;
    ++positioned;
    largest = std::max(largest, ++clusters[key]);
  }
  if (positioned < 2) return {std::nullopt, "none"};
  const double score = static_cast<double>(largest) / positioned;
  return {std::round(score * score_digits) / score_digits, label_of_score(score)};
}

Json to_json(const Consensus& consensus) {
  return Json{{"score", consensus.score ? Json(*consensus.score) : Json()},
              {"label", consensus.label},
              {"method", consensus_method}};
}

using Members = std::map<std::size_t, std::string>;

std::string member_of(const Members& members, std::size_t answer) {
  const auto found = members.find(answer);
  return found == members.end() ? std::string() : found->second;
}

Json member_list(const Members& members, const std::vector<std::size_t>& answers) {
  Json list = Json::array();
  for (const std::size_t answer : answers) list.push_back(member_of(members, answer));
  return list;
}

Json evidence_list(const Members& members, const std::vector<VerdictEvidence>& evidence) {
  Json list = Json::array();
  for (const VerdictEvidence& one : evidence) {
    const Json member = one.answer ? Json(member_of(members, *one.answer)) : Json();
    list.push_back(Json{{"member", member}, {"text", one.text}});
  }
  return list;
}

Json positions_of(const Verdict& verdict, const Members& members) {
  Json list = Json::array();
  for (const VerdictPosition& position : verdict.positions) {
    list.push_back(Json{{"label", position.label},
                        {"summary", position.summary},
                        {"members", member_list(members, position.answers)},
                        {"evidence", evidence_list(members, position.evidence)}});
  }
  return list;
}

Json conflicts_of(const Verdict& verdict) {
  Json list = Json::array();
  for (const VerdictConflict& conflict : verdict.conflicts) {
    list.push_back(Json{{"topic", conflict.topic},
                        {"position_labels", conflict.position_labels},
                        {"summary", conflict.summary},
                        {"consensus", to_json(consensus_of(verdict, conflict))}});
  }
  return list;
}

Json votes_of(const Verdict& verdict, const Members& members) {
  Json list = Json::array();
  for (const VerdictVote& vote : verdict.votes) {
    list.push_back(Json{{"member", member_of(members, vote.answer)},
                        {"position_label", vote.position_label},
                        {"confidence", vote.confidence ? Json(name_of(*vote.confidence)) : Json()}});
  }
  return list;
}

Json minority_reports_of(const Verdict& verdict, const Members& members) {
  Json list = Json::array();
  for (const MinorityReport& report : verdict.minority_reports) {
    list.push_back(Json{{"members", member_list(members, report.answers)},
                        {"claim", report.claim},
                        {"evidence", evidence_list(members, report.evidence)},
                        {"why_it_matters", report.why_it_matters}});
  }
  return list;
}

std::string letters_of(const std::vector<std::size_t>& answers) {
  std::string text;
  for (const std::size_t answer : answers) text += (text.empty() ? "" : ", ") + label_of(answer);
  return text.empty() ? "none" : text;
}

void add_line(std::string& text, std::string_view line) {
  text += text.empty() ? "" : "\n";
  text += line;
}

}  // namespace

std::string_view name_of(VerdictType type) {
  constexpr std::string_view names[] = {"decision", "review", "synthesis", "open_ended"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view name_of(VoteConfidence confidence) {
  constexpr std::string_view names[] = {"low", "medium", "high"};
  return names[static_cast<std::size_t>(confidence)];
}

std::string position_key(std::string_view label) {
  std::string key;
  each_word(label, [&](std::string_view word) {
    key += lower_case(word);
    return true;
  });
  return key;
}

Consensus consensus_of(const Verdict& verdict) { return consensus_among(verdict, nullptr); }

Consensus consensus_of(const Verdict& verdict, const VerdictConflict& conflict) {
  std::set<std::string> positions;
  for (const std::string& label : conflict.position_labels) positions.insert(position_key(label));
  return consensus_among(verdict, &positions);
}

Json to_json(const Verdict& verdict, const Members& members) {
  Json labels = Json::object();
  for (const auto& [answer, member] : members) labels[label_of(answer)] = member;
  return Json{{"type", name_of(verdict.type)},
              {"headline", verdict.headline},
              {"recommendation", verdict.recommendation},
              {"consensus", to_json(consensus_of(verdict))},
              {"positions", positions_of(verdict, members)},
              {"conflicts", conflicts_of(verdict)},
              {"votes", votes_of(verdict, members)},
              {"minority_reports", minority_reports_of(verdict, members)},
              {"caveats", verdict.caveats},
              {"dissent_summary", verdict.dissent_summary},
              {"labels", std::move(labels)}};
}

std::string verdict_text(const Verdict& verdict) {
  std::string text;
  const auto add = [&](std::string_view line) { add_line(text, line); };
  add(fmt::format("Verdict: {}", verdict.headline));
  if (!verdict.recommendation.empty()) add(fmt::format("Recommendation: {}", verdict.recommendation));
  const Consensus consensus = consensus_of(verdict);
  add(consensus.score ? fmt::format("Consensus: {} ({:.2f})", consensus.label, *consensus.score) : "Consensus: none");
  for (const VerdictPosition& position : verdict.positions) {
    add(fmt::format("- Position \"{}\" of {}: {}", position.label, letters_of(position.answers), position.summary));
  }
  for (const VerdictConflict& conflict : verdict.conflicts) {
    add(fmt::format("- Conflict on {} ({}): {}", conflict.topic, fmt::join(conflict.position_labels, " / "),
                    conflict.summary));
  }
  for (const MinorityReport& report : verdict.minority_reports) {
    add(fmt::format("- Minority view of {}: {} It matters because: {}", letters_of(report.answers), report.claim,
                    report.why_it_matters));
  }
  for (const std::string& caveat : verdict.caveats) add(fmt::format("- Caveat: {}", caveat));
  if (!verdict.dissent_summary.empty()) add(fmt::format("Dissent: {}", verdict.dissent_summary));
  return text;
}

}  // namespace plenum::workflow
