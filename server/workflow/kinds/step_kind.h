// The step-kind table: what a step does with its output. One row and one source file per kind; the parser
// and the compiler of workflow files, the planner, the run and its result read the rows and compare no names.
// A new kind is a new file in this folder and a row in step_kinds.cpp.
// Pure data and functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/protocol/task_result.h"
#include "server/workflow/output/ranking.h"
#include "server/workflow/output/review.h"
#include "server/workflow/output/verdict/verdict.h"

namespace plenum::workflow {

// The result of a finished step, as far as later steps depend on it.
enum class StepOutcome : std::uint8_t { output, review_with_issues, failed };

// The values that a template shows for one item of a list, by name.
using Item = std::map<std::string, std::string, std::less<>>;

// What is parsed from the text of a step.
struct ParsedOutput {
  std::string text;  // input of later steps
  StepOutcome outcome = StepOutcome::output;
  // What makes the text unreadable, or part of it; for a follow-up request to the model. Empty: nothing does.
  std::string problem{};
  std::optional<Review> review{};       // review
  Places ranking{};                     // ranking: indices of labels, best first
  std::optional<std::size_t> choice{};  // choice: index of the option
  std::vector<ResultFile> files{};      // files
  std::optional<Verdict> verdict{};     // verdict
};

struct ParseInput {
  std::vector<std::size_t> labels{};       // indices of the labels that the prompt showed, in this order
  std::span<const std::string> choices{};  // of the task
  std::span<const ResultFile> earlier{};   // files of the output that this one replaces
};

// One member's output of a kind. Positions are in the list of answers that the step judges.
struct MemberOutput {
  MemberRef member;
  std::string text;
  std::vector<std::size_t> shown;         // ranking: positions of the answers in the prompt, by label
  Places ranking;                         // ranking: positions, best first
  std::optional<std::size_t> own_answer;  // ranking: position of the member's own answer
  std::optional<std::size_t> choice;      // choice
  std::optional<Verdict> verdict{};       // verdict: answers by label
  // Verdict: positions of the answers in the prompt, each under its label.
  std::map<std::size_t, std::size_t> labeled{};
};

// The outputs of one kind by several members, in the order of the members.
struct KindOutputs {
  std::vector<MemberOutput> outputs;
  std::vector<MemberRef> answers;    // members of the list that the steps judge
  std::vector<std::string> labels;   // of `answers`
  std::vector<std::string> choices;  // of the task
  bool exclude_self = false;         // a reviewer's rank of its own answer does not count
};

struct StepKind {
  std::string_view name;          // value of `kind` in a workflow file
  std::string_view event_kind{};  // `kind` of chunk_started; empty: `generate`, or `merge` for the synthesis

  // --- checks of a workflow file ---
  enum class Runner : std::uint8_t { any, role, every_member, search_engine };
  Runner runner = Runner::any;
  bool labels_first_input = false;  // its first input is a list; prompts show it shuffled, and outputs name its labels
  bool part_of_search = false;      // enabled by the option `search` unless the file states more
  bool is_condition = false;        // `when` and `while` may test it
  bool is_verdict = false;  // its output is the verdict of the result; the task option turns its steps on or off
  int answer_tokens = 800;  // assumed length of its answers, for estimates before the first run
  bool replaced_by_repair = false;  // its output is what a repair replies, without the text before it

  // --- task options ---
  std::string_view option{};          // accepted by tasks whose workflow has such a step
  std::string_view option_missing{};  // why it is required; empty: it is optional

  // --- scheduling and retries ---
  bool required_input = false;       // a step that reads it cannot run without its output
  bool failure_hides_older = false;  // after a failed step, an earlier output of its name is out of date
  bool judges_answers = false;       // `rankings` of a retry runs it again
  // Its output only helps another step, which does without it: a failure changes nothing, a cut text is not continued,
  // and the text is no answer of the result.
  bool is_auxiliary = false;

  // --- its prompt ---
  // Further names of its templates, and their values. Null: none.
  std::span<const std::string_view> prompt_names{};
  void (*add_prompt_values)(std::map<std::string, std::string>& values, const ParseInput& input) = nullptr;
  // The JSON schema of its answer, for providers that enforce one. Null: any text.
  std::string (*schema)(const ParseInput& input) = nullptr;
  // What a follow-up call has to reply after an answer that could not be read. Null: there is no such call.
  std::string (*required_form)(const ParseInput& input) = nullptr;

  // --- its output ---
  ParsedOutput (*parse)(std::string_view text, const ParseInput& input) = nullptr;
  // Fields of its item in a list, beyond those that every item has; may replace them. Null: none.
  void (*add_item_fields)(Item& item, const MemberOutput& output) = nullptr;
  // Names of fields that only this kind's items have, of its outputs or of its summary.
  std::span<const std::string_view> item_fields{};
  // A list that combines all outputs: `<name><suffix>` in templates. Null: none.
  std::string_view summary_suffix{};
  std::vector<Item> (*summarize)(const KindOutputs& outputs) = nullptr;
  // Its section of the result, from the last round. Null: none.
  void (*add_result)(TaskResult& result, const KindOutputs& outputs) = nullptr;
};

// Of a query for a web search: engines reject longer ones.
inline constexpr std::size_t query_bytes_max = 400;

// All rows, in the order of the documentation. The first one is the default.
std::span<const StepKind* const> step_kinds();
// Null when there is none of this name.
const StepKind* step_kind_named(std::string_view name);

}  // namespace plenum::workflow
