// A structured verdict on several answers, and the consensus that is computed from it: the model that writes the
// verdict never states the score. Pure; any thread.
// Source: the verdict and `position_cluster_ratio_v1` of conclave (DataScience-EngineeringExperts/conclave).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"

namespace plenum::workflow {

// What the question requires.
enum class VerdictType : std::uint8_t {
  decision,    // a choice
  review,      // a judgment of a given work
  synthesis,   // a statement of what is known
  open_ended,  // neither: there are no positions to compare, so the verdict is not part of the result
};
enum class VoteConfidence : std::uint8_t { low, medium, high };
std::string_view name_of(VerdictType type);
std::string_view name_of(VoteConfidence confidence);

// Answers are indices of labels: 0 is A.
struct VerdictEvidence {
  std::optional<std::size_t> answer;  // nothing if the model names none
  std::string text;
  bool operator==(const VerdictEvidence&) const = default;
};
struct VerdictPosition {
  std::string label, summary;
  std::vector<std::size_t> answers{};  // that hold it; the same as in `votes`
  std::vector<VerdictEvidence> evidence{};
  bool operator==(const VerdictPosition&) const = default;
};
struct VerdictConflict {
  std::string topic;
  std::vector<std::string> position_labels;
  std::string summary;
  bool operator==(const VerdictConflict&) const = default;
};
struct VerdictVote {
  std::size_t answer = 0;
  std::string position_label;
  std::optional<VoteConfidence> confidence{};
  bool operator==(const VerdictVote&) const = default;
};
struct MinorityReport {
  std::vector<std::size_t> answers;
  std::string claim;
  std::vector<VerdictEvidence> evidence{};
  std::string why_it_matters;
  bool operator==(const MinorityReport&) const = default;
};

struct Verdict {
  VerdictType type = VerdictType::decision;
  std::string headline, recommendation;
  std::vector<VerdictPosition> positions{};
  std::vector<VerdictConflict> conflicts{};
  std::vector<VerdictVote> votes{};  // at most one for each answer
  std::vector<MinorityReport> minority_reports{};
  std::vector<std::string> caveats{};
  std::string dissent_summary{};
  bool operator==(const Verdict&) const = default;
};

// The same for labels that differ only in ASCII case or white space.
std::string position_key(std::string_view label);

inline constexpr std::string_view consensus_method = "position_cluster_ratio_v1";

struct Consensus {
  std::optional<double> score;  // 0 to 1; nothing with fewer than two positioned answers
  std::string_view label;       // unanimous (1), strong (from 0.75), majority (above 0.5), split, or none
  bool operator==(const Consensus&) const = default;
};
// The share of the largest position among the answers that have one.
Consensus consensus_of(const Verdict& verdict);
// The same among the answers that hold a position of the conflict.
Consensus consensus_of(const Verdict& verdict, const VerdictConflict& conflict);

// The verdict with its consensus, as in the result of a task.
//   members  the member behind each label that the verdict may name
Json to_json(const Verdict& verdict, const std::map<std::size_t, std::string>& members);

// The verdict in Markdown, for the prompts of later steps. Answers are named by their labels.
std::string verdict_text(const Verdict& verdict);

}  // namespace plenum::workflow
