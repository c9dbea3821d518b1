#include "client/cli/render/verdict_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/terminal/terminal_text.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

constexpr std::size_t text_characters_max = 300;

Json same(const Json& item) { return item; }

std::string text_in(const Json& object, std::string_view key) {
  return terminal_cut(text_at(object, key), text_characters_max);
}

std::string cut_join(const std::vector<std::string>& items, std::string_view between) {
  return terminal_cut(fmt::format("{}", fmt::join(items, between)), text_characters_max);
}

// `majority (0.67), 2 of 3 members`
std::string consensus_text(const Json& verdict) {
  const Json& consensus = value_at(verdict, "consensus");
  const auto score = real_at(consensus, "score");
  if (!score) return "none: fewer than two members hold a position";
  std::size_t largest = 0;
  for (const Json& position : items_at(verdict, "positions", same)) {
    largest = std::max(largest, texts_at(position, "members").size());
  }
  return fmt::format("{} ({:.2f}), {} of {} members", text_in(consensus, "label"), *score, largest,
                     items_at(verdict, "votes", same).size());
}

void add_verdict(std::vector<std::string>& lines, const Json& verdict) {
  lines.push_back("Verdict: " + text_in(verdict, "headline"));
  if (const std::string advice = text_in(verdict, "recommendation"); !advice.empty()) {
    lines.push_back("  Recommendation: " + advice);
  }
  lines.push_back("  Consensus: " + consensus_text(verdict));
  for (const Json& position : items_at(verdict, "positions", same)) {
    const auto members = texts_at(position, "members");
    lines.push_back(fmt::format("  Position {}: {}", text_in(position, "label"),
                                members.empty() ? std::string("no member") : cut_join(members, ", ")));
  }
  for (const Json& conflict : items_at(verdict, "conflicts", same)) {
    lines.push_back(fmt::format("  Conflict: {} ({})", text_in(conflict, "topic"),
                                cut_join(texts_at(conflict, "position_labels"), " / ")));
  }
  for (const Json& report : items_at(verdict, "minority_reports", same)) {
    lines.push_back(fmt::format("  Minority view of {}: {}", cut_join(texts_at(report, "members"), ", "),
                                text_in(report, "claim")));
  }
  for (const std::string& caveat : texts_at(verdict, "caveats")) {
    lines.push_back("  Caveat: " + terminal_cut(caveat, text_characters_max));
  }
}

void add_readiness(std::vector<std::string>& lines, const Json& readiness) {
  std::string status = text_in(readiness, "status");
  std::replace(status.begin(), status.end(), '_', ' ');
  const auto reasons = texts_at(readiness, "reasons");
  lines.push_back("Readiness: " + status + (reasons.empty() ? "" : fmt::format(" ({})", cut_join(reasons, ", "))));
}

// Readable words for the reasons that no other line reports.
std::string absence_text(std::string_view reason) {
  if (reason == "open_ended") return "No verdict: the question is open-ended.";
  if (reason == "too_few_answers") return "No verdict: there are fewer than two answers.";
  return {};
}

}  // namespace

std::vector<std::string> verdict_lines(const TaskResult& result) {
  std::vector<std::string> lines;
  if (const auto verdict = parse_json(result.verdict_json); verdict && verdict->is_object()) {
    add_verdict(lines, *verdict);
  }
  const auto readiness = parse_json(result.readiness_json);
  if (readiness && readiness->is_object()) {
    add_readiness(lines, *readiness);
  } else if (std::string why = absence_text(result.verdict_absent_reason); !why.empty()) {
    lines.push_back(std::move(why));
  }
  return lines;
}

}  // namespace plenum::client
