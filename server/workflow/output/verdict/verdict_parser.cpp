#include "server/workflow/output/verdict/verdict_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "common/base/labels.h"
#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "server/workflow/output/answer_text.h"

namespace plenum::workflow {

namespace {

constexpr VerdictType types[] = {VerdictType::decision, VerdictType::review, VerdictType::synthesis,
                                 VerdictType::open_ended};
constexpr VoteConfidence confidences[] = {VoteConfidence::low, VoteConfidence::medium, VoteConfidence::high};

std::string bounded(std::string_view text, std::size_t bytes_max) {
  text = trimmed(text);
  if (text.size() <= bytes_max) return std::string(text);
  return std::string(utf8_prefix(text, bytes_max)) + "…";
}

std::string text_of(const Json* value, std::size_t bytes_max = verdict_text_bytes_max) {
  return value != nullptr && value->is_string() ? bounded(value->get_ref<const std::string&>(), bytes_max)
                                                : std::string();
}

// The value of a word of the verdict, in any spelling.
template <class Value, std::size_t n>
std::optional<Value> word_in(const Json* value, const Value (&values)[n]) {
  const std::string word = normalized_key(text_of(value));
  const auto found = std::find_if(std::begin(values), std::end(values),
                                  [&](Value each) { return normalized_key(name_of(each)) == word; });
  return found == std::end(values) ? std::nullopt : std::optional(*found);
}

class VerdictReader {
 public:
  explicit VerdictReader(std::span<const std::size_t> labels) : labels_(labels.begin(), labels.end()) {}

  VerdictReading read(const Json& object) {
    const auto type = word_in(member_by_key(object, "type"), types);
    if (!type) return {std::nullopt, R"(Its "type" is none of "decision", "review", "synthesis" and "open_ended".)"};
    verdict_.type = *type;
    verdict_.headline = text_of(member_by_key(object, "headline"));
    if (*type == VerdictType::open_ended) return {std::move(verdict_), {}};
    verdict_.recommendation = text_of(member_by_key(object, "recommendation"));
    verdict_.dissent_summary = text_of(member_by_key(object, "dissentsummary"));
    for (const Json& item : list(object, "positions")) add_position(item);
    for (const Json& item : list(object, "votes")) add_vote(item);
    for (const Json& item : list(object, "conflicts")) add_conflict(item);
    for (const Json& item : list(object, "minorityreports")) add_minority_report(item);
    for (const Json& item : list(object, "caveats")) {
      if (std::string caveat = text_of(&item); !caveat.empty()) verdict_.caveats.push_back(std::move(caveat));
    }
    if (verdict_.headline.empty()) report("It has no \"headline\".");
    if (verdict_.positions.empty()) report("It has no \"positions\".");
    if (!problem_.empty()) return {std::nullopt, std::move(problem_)};
    for (VerdictPosition& position : verdict_.positions) position.answers = answers_with(position.label);
    return {std::move(verdict_), {}};
  }

 private:
  void report(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }

  // The items of a list; one that is too long is reported, and read as empty.
  const std::vector<Json>& list(const Json& object, std::string_view key) {
    static const std::vector<Json> empty;
    const Json* value = member_by_key(object, key);
    if (value == nullptr || !value->is_array()) return empty;
    const auto& items = value->get_ref<const Json::array_t&>();
    if (items.size() <= verdict_items_max) return items;
    report(fmt::format("One of its lists has {} items; at most {} are allowed.", items.size(), verdict_items_max));
    return empty;
  }

  // The answer of a letter, such as `B` or `Response B`.
  std::optional<std::size_t> answer_of(const Json* value) {
    const std::string text = text_of(value, verdict_label_bytes_max);
    const std::size_t blank = text.find_last_of(blanks);
    const auto index = index_of_label(blank == text.npos ? text : text.substr(blank + 1));
    if (index && labels_.contains(*index)) return index;
    report(fmt::format("There is no answer \"{}\".", text));
    return std::nullopt;
  }

  std::vector<std::size_t> answers_in(const Json& object) {
    std::vector<std::size_t> answers;
    for (const Json& letter : list(object, "members")) {
      const auto answer = answer_of(&letter);
      if (answer && std::find(answers.begin(), answers.end(), *answer) == answers.end()) answers.push_back(*answer);
    }
    return answers;
  }

  std::vector<VerdictEvidence> evidence_in(const Json& object) {
    std::vector<VerdictEvidence> evidence;
    for (const Json& item : list(object, "evidence")) {
      VerdictEvidence one{std::nullopt, text_of(item.is_string() ? &item : member_by_key(item, "text"))};
      if (const Json* letter = member_by_key(item, "member"); letter != nullptr && !letter->is_null()) {
        one.answer = answer_of(letter);
      }
      if (!one.text.empty()) evidence.push_back(std::move(one));
    }
    return evidence;
  }

  VerdictPosition* position_named(std::string_view label) {
    const std::string key = position_key(label);
    const auto found = std::find_if(verdict_.positions.begin(), verdict_.positions.end(),
                                    [&](const VerdictPosition& each) { return position_key(each.label) == key; });
    return found == verdict_.positions.end() ? nullptr : &*found;
  }

  void add_position(const Json& item) {
    VerdictPosition position{text_of(member_by_key(item, "label"), verdict_label_bytes_max),
                             text_of(member_by_key(item, "summary"))};
    if (position.label.empty()) return report("One of its positions has no \"label\".");
    position.evidence = evidence_in(item);
    for (const std::size_t answer : answers_in(item)) add_vote({answer, position.label, std::nullopt});
    VerdictPosition* const same = position_named(position.label);
    if (same == nullptr) return verdict_.positions.push_back(std::move(position));
    // Labels that differ only in case or white space are one position.
    for (VerdictEvidence& one : position.evidence) same->evidence.push_back(std::move(one));
  }

  void add_vote(const Json& item) {
    const auto answer = answer_of(member_by_key(item, "member"));
    const std::string label = text_of(member_by_key(item, "positionlabel"), verdict_label_bytes_max);
    if (!answer) return;
    const VerdictPosition* const position = position_named(label);
    if (position == nullptr) return report(fmt::format("The vote of {} names no position.", label_of(*answer)));
    add_vote({*answer, position->label, word_in(member_by_key(item, "confidence"), confidences)});
  }

  void add_vote(VerdictVote vote) {
    const auto same = std::find_if(verdict_.votes.begin(), verdict_.votes.end(),
                                   [&](const VerdictVote& each) { return each.answer == vote.answer; });
    if (same == verdict_.votes.end()) return verdict_.votes.push_back(std::move(vote));
    if (position_key(same->position_label) != position_key(vote.position_label)) {
      return report(fmt::format("Answer {} holds two positions.", label_of(vote.answer)));
    }
    if (vote.confidence) same->confidence = vote.confidence;
  }

  void add_conflict(const Json& item) {
    VerdictConflict conflict{text_of(member_by_key(item, "topic")), {}, text_of(member_by_key(item, "summary"))};
    for (const Json& label : list(item, "positionlabels")) {
      const std::string text = text_of(&label, verdict_label_bytes_max);
      const VerdictPosition* const position = position_named(text);
      if (position == nullptr) {
        return report(fmt::format("A conflict names the position \"{}\", which does not exist.", text));
      }
      conflict.position_labels.push_back(position->label);
    }
    if (!conflict.topic.empty() || !conflict.summary.empty()) verdict_.conflicts.push_back(std::move(conflict));
  }

  void add_minority_report(const Json& item) {
    MinorityReport report{answers_in(item), text_of(member_by_key(item, "claim")), evidence_in(item),
                          text_of(member_by_key(item, "whyitmatters"))};
    if (!report.claim.empty()) verdict_.minority_reports.push_back(std::move(report));
  }

  std::vector<std::size_t> answers_with(const std::string& label) const {
    std::vector<std::size_t> answers;
    for (const VerdictVote& vote : verdict_.votes) {
      if (position_key(vote.position_label) == position_key(label)) answers.push_back(vote.answer);
    }
    return answers;
  }

  const std::set<std::size_t> labels_;
  Verdict verdict_;
  std::string problem_;  // the first one
};

Json object_schema(Json properties) {
  Json required = Json::array();
  for (const auto& [name, value] : properties.items()) required.push_back(name);
  return Json{{"type", "object"},
              {"properties", std::move(properties)},
              {"required", std::move(required)},
              {"additionalProperties", false}};
}

Json array_schema(Json items) { return Json{{"type", "array"}, {"items", std::move(items)}}; }

template <class Value, std::size_t n>
Json words_schema(const Value (&values)[n]) {
  Json words = Json::array();
  for (const Value value : values) words.push_back(name_of(value));
  return Json{{"type", "string"}, {"enum", std::move(words)}};
}

std::string letters_in(std::span<const std::size_t> labels) {
  std::vector<std::string> letters;
  for (const std::size_t label : labels) letters.push_back(label_of(label));
  std::sort(letters.begin(), letters.end());
  return fmt::format("{}", fmt::join(letters, ", "));
}

}  // namespace

VerdictReading parse_verdict(std::string_view text, std::span<const std::size_t> labels) {
  const std::vector<Json> objects = json_objects_in(visible_text(text));
  for (auto object = objects.rbegin(); object != objects.rend(); ++object) {
    const bool is_one = member_by_key(*object, "positions") != nullptr || member_by_key(*object, "type") != nullptr;
    if (is_one) return VerdictReader(labels).read(*object);
  }
  return {std::nullopt,
          objects.empty() ? "It holds no complete JSON object." : R"(Its JSON has neither "type" nor "positions".)"};
}

std::string verdict_schema(std::span<const std::size_t> labels) {
  const Json text{{"type", "string"}};
  Json letters = Json::array();
  for (const std::size_t label : labels) letters.push_back(label_of(label));
  const Json letter{{"type", "string"}, {"enum", std::move(letters)}};
  const Json evidence = array_schema(object_schema({{"member", letter}, {"text", text}}));
  Json properties;
  properties["positions"] = array_schema(
      object_schema({{"label", text}, {"summary", text}, {"members", array_schema(letter)}, {"evidence", evidence}}));
  properties["conflicts"] =
      array_schema(object_schema({{"topic", text}, {"position_labels", array_schema(text)}, {"summary", text}}));
  properties["votes"] = array_schema(
      object_schema({{"member", letter}, {"position_label", text}, {"confidence", words_schema(confidences)}}));
  properties["minority_reports"] = array_schema(object_schema(
      {{"members", array_schema(letter)}, {"claim", text}, {"evidence", evidence}, {"why_it_matters", text}}));
  properties["caveats"] = array_schema(text);
  properties["dissent_summary"] = text;
  properties["type"] = words_schema(types);
  properties["headline"] = text;
  properties["recommendation"] = text;
  return dump_json(object_schema(std::move(properties)));
}

std::string verdict_form(std::span<const std::size_t> labels) {
  return fmt::format(
      R"({{"positions": [{{"label": "a short name", "summary": "…", "members": ["…"], "evidence": [{{"member": "…", "text": "…"}}]}}],
 "conflicts": [{{"topic": "…", "position_labels": ["…", "…"], "summary": "…"}}],
 "votes": [{{"member": "…", "position_label": "…", "confidence": "low, medium or high"}}],
 "minority_reports": [{{"members": ["…"], "claim": "…", "evidence": [{{"member": "…", "text": "…"}}], "why_it_matters": "…"}}],
 "caveats": ["…"],
 "dissent_summary": "…",
 "type": "decision, review, synthesis or open_ended",
 "headline": "…",
 "recommendation": "…"}}

Members are the letters of the answers: {}. Position labels in "conflicts" and "votes" are labels of "positions". An answer has at most one position.)",
      letters_in(labels));
}

}  // namespace plenum::workflow
