#include "server/workflow/definition/workflow_parser.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/json/json.h"
#include "server/config/council_tables.h"
#include "server/workflow/definition/table_reader.h"
#include "server/workflow/definition/toml_key_depth.h"
#include "server/workflow/definition/workflow_compiler.h"

namespace plenum::workflow {

namespace {

constexpr KeyRow key_rows[] = {
    {"file", "name", true},
    {"file", "description", true},
    {"file", "roles", false},
    {"file", "chairman", false},
    {"file", "deadline_s", false},
    {"file", "review", false},
    {"file", "synthesis", false},
    {"file", "members_min", false},
    {"file", "readiness", false},
    {"file", "parameters", false},
    {"file", "councils", false},
    {"file", "answer", true},
    {"file", "steps", true},
    {"step", "id", true},
    {"step", "agent", true},
    {"step", "stage", true},
    {"step", "description", false},
    {"step", "role", false},
    {"step", "output", false},
    {"step", "kind", false},
    {"step", "inputs", false},
    {"step", "optional_inputs", false},
    {"step", "enabled_by", false},
    {"step", "each", false},
    {"step", "except", false},
    {"step", "judges", false},
    {"step", "quorum", false},
    {"step", "start", false},
    {"step", "when", false},
    {"step", "system", false},
    {"step", "prompt", true},
    {"step", "parameters", false},
    {"step", "timeout_s", false},
    {"step", "connect_timeout_s", false},
    {"step", "first_token_timeout_s", false},
    {"step", "idle_timeout_s", false},
    {"step", "fallback", false},
    {"step", "on_error", false},
    {"rounds", "rounds", true},
    {"rounds", "default_rounds", false},
    {"rounds", "default_converge", false},
    {"rounds", "while", false},
    {"rounds", "round", true},
};

constexpr double timeout_min_s = 0.01;

// What a task has to request.
struct Request {
  SearchMode search = SearchMode::none;
  bool verdict = false;
};
constexpr Word<Request> enabled_by_words[] = {
    {"search", {SearchMode::search}}, {"requery", {SearchMode::requery}}, {"verdict", {SearchMode::none, true}}};
constexpr Word<StartPolicy> start_words[] = {
    {"all", StartPolicy::all}, {"quorum", StartPolicy::quorum}, {"all_but_one", StartPolicy::all_but_one}};
constexpr Word<OnError> on_error_words[] = {{"fail", OnError::fail}, {"degrade", OnError::degrade}};
constexpr Word<bool> fallback_words[] = {{"members", true}};
struct ConditionTest {
  bool issues_found = true, late = false;
};
constexpr Word<ConditionTest> while_words[] = {{"issues", {true, false}}, {"no_issues", {false, false}}};
constexpr Word<ConditionTest> when_words[] = {
    {"issues", {true, false}}, {"no_issues", {false, false}}, {"late", {false, true}}};

// Reads tables. Invalid values stay empty or at their default.
class FileReader {
 public:
  explicit FileReader(Diagnostics& diagnostics) : diagnostics_(diagnostics), values_(diagnostics) {}

  ParsedWorkflow read(const toml::table& file) {
    ParsedWorkflow parsed;
    check_keys(file, "file");
    parsed.name = values_.name(file, "name");
    parsed.description = values_.text(file, "description").value;
    parsed.roles = values_.names(file, "roles");
    if (file.contains("chairman")) parsed.chairman = values_.name(file, "chairman");
    if (file.contains("review")) parsed.review = values_.name(file, "review");
    if (file.contains("synthesis")) parsed.synthesis = values_.name(file, "synthesis");
    if (const auto s = values_.integer(file, "deadline_s", 1, day_s)) parsed.deadline = std::chrono::seconds(*s);
    parsed.members_min = static_cast<int>(values_.integer(file, "members_min", 1, members_max).value_or(1));
    read_readiness(file, parsed);
    read_parameters(file, parsed);
    read_councils(file, parsed);
    parsed.answer = values_.prompt(file, "answer");
    for (const toml::table* entry : values_.tables(file, "steps")) parsed.entries.push_back(read_entry(*entry));
    return parsed;
  }

 private:
  ParsedEntry read_entry(const toml::table& table) {
    ParsedEntry entry;
    entry.position = position_of(table);
    if (!table.contains("rounds") && !table.contains("round")) {
      entry.steps.push_back(read_step(table));
      return entry;
    }
    check_keys(table, "rounds");
    entry.rounds = static_cast<int>(values_.integer(table, "rounds", 1, steps_max).value_or(1));
    entry.default_rounds =
        static_cast<int>(values_.integer(table, "default_rounds", 0, entry.rounds).value_or(entry.rounds));
    entry.default_converge = values_.number(table, "default_converge", 0.01, 1);
    entry.repeat_while = condition(table, "while", while_words);
    for (const toml::table* step : values_.tables(table, "round")) entry.steps.push_back(read_step(*step));
    return entry;
  }

  ParsedStep read_step(const toml::table& table) {
    ParsedStep parsed;
    Step& step = parsed.step;
    check_keys(table, "step");
    parsed.position = position_of(table);
    read_names(table, parsed);
    step.agent = values_.text(table, "agent").value;
    step.stage = values_.text(table, "stage").value;
    step.description = values_.text(table, "description").value;
    step.kind = kind(table, "kind");
    const Request request = values_.word(table, "enabled_by", enabled_by_words,
                                         Request{step.kind->part_of_search ? SearchMode::search : SearchMode::none});
    step.enabled_by = request.search;
    step.on_request = request.verdict;
    step.quorum = static_cast<int>(values_.integer(table, "quorum", 1, members_max).value_or(1));
    step.start = values_.word(table, "start", start_words, StartPolicy::all);
    parsed.system = values_.prompt(table, "system");
    parsed.prompt = values_.prompt(table, "prompt");
    step.parameters = parameters(table, "parameters");
    if (const auto limit = values_.duration(table, "timeout_s", 1)) step.timeout = *limit;
    step.deadlines.connect =
        values_.duration(table, "connect_timeout_s", timeout_min_s).value_or(step.deadlines.connect);
    step.deadlines.first_token =
        values_.duration(table, "first_token_timeout_s", timeout_min_s).value_or(step.deadlines.first_token);
    step.deadlines.idle = values_.duration(table, "idle_timeout_s", timeout_min_s).value_or(step.deadlines.idle);
    step.fallback_members = values_.word(table, "fallback", fallback_words, false);
    step.on_error = values_.word(table, "on_error", on_error_words, OnError::fail);
    return parsed;
  }

  void read_names(const toml::table& table, ParsedStep& parsed) {
    const std::size_t faults_before = diagnostics_.count();
    parsed.id = values_.name(table, "id");
    parsed.role = values_.name(table, "role");
    parsed.output = table.contains("output") ? values_.name(table, "output") : parsed.id;
    parsed.inputs = values_.names(table, "inputs");
    parsed.optional_inputs = values_.names(table, "optional_inputs");
    if (table.contains("each")) parsed.each = values_.name(table, "each");
    parsed.except = values_.names(table, "except");
    parsed.judges = values_.names(table, "judges");
    parsed.when = condition(table, "when", when_words);
    parsed.has_names = diagnostics_.count() == faults_before && !parsed.id.value.empty();
  }

  void check_keys(const toml::table& table, std::string_view kind) {
    std::string known;
    for (const KeyRow& row : key_rows) {
      if (row.table != kind) continue;
      known += known.empty() ? "" : ", ";
      known += row.key;
      if (row.required && !table.contains(row.key)) {
        values_.report(position_of(table), fmt::format("`{}` is missing", row.key),
                       "Add it; docs/workflows.md describes it.");
      }
    }
    for (const auto& [key, value] : table) {
      const auto is_it = [&, &k = key](const KeyRow& row) { return row.table == kind && row.key == k.str(); };
      if (std::any_of(std::begin(key_rows), std::end(key_rows), is_it)) continue;
      values_.report(position_of(key.source().begin), fmt::format("unknown key `{}`", key.str()),
                     "Known here: " + known + ".");
    }
  }

  const StepKind* kind(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (!node) return step_kinds().front();
    const auto* value = node->as_string();
    if (const StepKind* row = value ? step_kind_named(value->get()) : nullptr) return row;
    std::vector<std::string> known;
    for (const StepKind* row : step_kinds()) known.push_back(fmt::format("\"{}\"", row->name));
    values_.report_value(*node, key, fmt::format("{}", fmt::join(known, ", ")));
    return step_kinds().front();
  }

  // { answers = 3, audits = 3 }: stages and the minimum number of members that complete each.
  void read_readiness(const toml::table& file, ParsedWorkflow& parsed) {
    const toml::node* node = file.get("readiness");
    if (node == nullptr) return;
    const toml::table* stages = node->as_table();
    if (stages == nullptr || stages->empty() || stages->size() > names_max) {
      values_.report(position_of(*node), fmt::format("`readiness` must be a table of 1 to {} stages", names_max),
                     "Write it as { answers = 3 }: a stage, and the minimum number of members that complete it.");
      return;
    }
    for (const auto& [stage, minimum] : *stages) {
      const auto members = values_.integer(*stages, stage.str(), 1, members_max);
      parsed.readiness.emplace_back(Located<std::string>{std::string(stage.str()), position_of(stage.source().begin)},
                                    static_cast<int>(members.value_or(1)));
    }
    // Tables are sorted by key; the order of the file is that of the phases.
    std::sort(parsed.readiness.begin(), parsed.readiness.end(), [](const auto& a, const auto& b) {
      const Position &left = a.first.position, &right = b.first.position;
      return left.line != right.line ? left.line < right.line : left.column < right.column;
    });
  }

  // The parameters of all steps, with those of each role in the table `roles`.
  void read_parameters(const toml::table& file, ParsedWorkflow& parsed) {
    const toml::node* node = file.get("parameters");
    const toml::table* all = node != nullptr ? node->as_table() : nullptr;
    const toml::node* roles = all != nullptr ? all->get("roles") : nullptr;
    parsed.parameters = parameters(file, "parameters");
    if (roles == nullptr) return;
    const toml::table* by_role = roles->as_table();
    if (by_role == nullptr) return values_.report(position_of(*roles), "`roles` must be a table", "Name a role in it.");
    for (const auto& [role, value] : *by_role) {
      parsed.of_roles.emplace_back(Located<std::string>{std::string(role.str()), position_of(role.source().begin)},
                                   parameters(*by_role, role.str()));
    }
  }

  void read_councils(const toml::table& file, ParsedWorkflow& parsed) {
    const toml::node* node = file.get("councils");
    if (node == nullptr) return;
    parsed.councils = config::read_councils(*node, [this](const toml::source_region& at, const std::string& what) {
      values_.report(position_of(at.begin), what, "docs/workflows.md lists the keys of a council.");
    });
    for (const Council& council : parsed.councils) {
      if (council.settings.workflow.empty()) continue;
      values_.report(position_of(*node), fmt::format("the council \"{}\" names a workflow", council.name),
                     "Remove `workflow`: the council belongs to the workflow of this file.");
    }
  }

  ModelParameters parameters(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    const toml::table* given = node->as_table();
    if (given == nullptr) {
      values_.report(position_of(*node), fmt::format("`{}` must be a table", key),
                     "Write it as { temperature = 0.2 }.");
      return {};
    }
    Json json = config::json_of(*given);
    json.erase("roles");
    std::vector<ValidationError> faults;
    ModelParameters found = model_parameters_from(json, faults);
    for (const ValidationError& fault : faults) {
      const std::string_view name = std::string_view(fault.pointer).substr(fault.pointer.empty() ? 0 : 1);
      const toml::node* value = given->get(name.substr(0, name.find('/')));
      values_.report(position_of(value != nullptr ? *value : *node), fmt::format("`{}` {}", name, fault.detail),
                     "docs/workflows.md lists the parameters.");
    }
    return found;
  }

  // { review = "issues" }: an output and the required verdict of its review.
  template <std::size_t n>
  std::optional<ParsedCondition> condition(const toml::table& table, std::string_view key,
                                           const Word<ConditionTest> (&words)[n]) {
    const toml::node* node = table.get(key);
    if (!node) return std::nullopt;
    const toml::table* pair = node->as_table();
    if (!pair || pair->size() != 1) {
      values_.report(position_of(*node), fmt::format("`{}` must name one review", key),
                     "Write it as { review = \"issues\" }.");
      return std::nullopt;
    }
    const auto only = pair->begin();  // owns what its references point to
    const toml::key& binding = only->first;
    const ConditionTest test = values_.word_of(only->second, key, words, ConditionTest{});
    return ParsedCondition{
        {std::string(binding.str()), position_of(binding.source().begin)}, test.issues_found, test.late};
  }

  Diagnostics& diagnostics_;
  TableReader values_;
};

}  // namespace

std::span<const KeyRow> workflow_keys() { return key_rows; }

std::optional<ParsedWorkflow> parse_workflow_file(std::string_view text, Diagnostics& faults) {
  if (const auto deep = find_deep_key(text)) {
    const std::string_view before = text.substr(0, *deep);
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is the beginning
    faults.add({1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
                1 + static_cast<int>(code_points(before.substr(line_start)))},
               fmt::format("a key has more than {} parts", key_parts_max), "Write keys without dots.");
    return std::nullopt;
  }
  try {
    const toml::table file = toml::parse(text);
    return FileReader(faults).read(file);
  } catch (const toml::parse_error& error) {
    faults.add(position_of(error.source().begin), error.description(),
               "Fix the TOML syntax at this position (https://toml.io/en/v1.0.0).");
    return std::nullopt;
  }
}

}  // namespace plenum::workflow
