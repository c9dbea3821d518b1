#include "server/workflow/definition/workflow_parser.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/json/json.h"
#include "server/config/council_tables.h"
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

constexpr std::int64_t day_s = 24 * 3600;
constexpr double timeout_min_s = 0.01;

template <class Value>
struct Word {
  std::string_view text;
  Value value;
};
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

Position position_of(const toml::source_position& at) {
  return {static_cast<int>(at.line), static_cast<int>(at.column)};
}
Position position_of(const toml::node& node) { return position_of(node.source().begin); }

bool is_name(std::string_view text) {
  const auto fits = [](char c) { return is_lower_alphanumeric(c) || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= name_bytes_max && std::all_of(text.begin(), text.end(), fits);
}

// Reads tables. Invalid values stay empty or at their default.
class FileReader {
 public:
  explicit FileReader(Diagnostics& faults) : diagnostics_(faults) {}

  ParsedWorkflow read(const toml::table& file) {
    ParsedWorkflow parsed;
    check_keys(file, "file");
    parsed.name = name(file, "name");
    parsed.description = text(file, "description").value;
    parsed.roles = names(file, "roles");
    if (file.contains("chairman")) parsed.chairman = name(file, "chairman");
    if (file.contains("review")) parsed.review = name(file, "review");
    if (file.contains("synthesis")) parsed.synthesis = name(file, "synthesis");
    if (const auto s = integer(file, "deadline_s", 1, day_s)) parsed.deadline = std::chrono::seconds(*s);
    parsed.members_min = static_cast<int>(integer(file, "members_min", 1, members_max).value_or(1));
    read_readiness(file, parsed);
    read_parameters(file, parsed);
    read_councils(file, parsed);
    parsed.answer = prompt(file, "answer");
    for (const toml::table* entry : tables(file, "steps")) parsed.entries.push_back(read_entry(*entry));
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
    entry.rounds = static_cast<int>(integer(table, "rounds", 1, steps_max).value_or(1));
    entry.default_rounds = static_cast<int>(integer(table, "default_rounds", 0, entry.rounds).value_or(entry.rounds));
    entry.default_converge = number(table, "default_converge", 0.01, 1);
    entry.repeat_while = condition(table, "while", while_words);
    for (const toml::table* step : tables(table, "round")) entry.steps.push_back(read_step(*step));
    return entry;
  }

  ParsedStep read_step(const toml::table& table) {
    ParsedStep parsed;
    Step& step = parsed.step;
    check_keys(table, "step");
    parsed.position = position_of(table);
    read_names(table, parsed);
    step.agent = text(table, "agent").value;
    step.stage = text(table, "stage").value;
    step.description = text(table, "description").value;
    step.kind = kind(table, "kind");
    const Request request = word(table, "enabled_by", enabled_by_words,
                                 Request{step.kind->part_of_search ? SearchMode::search : SearchMode::none});
    step.enabled_by = request.search;
    step.on_request = request.verdict;
    step.quorum = static_cast<int>(integer(table, "quorum", 1, members_max).value_or(1));
    step.start = word(table, "start", start_words, StartPolicy::all);
    parsed.system = prompt(table, "system");
    parsed.prompt = prompt(table, "prompt");
    step.parameters = parameters(table, "parameters");
    if (const auto limit = duration(table, "timeout_s", 1)) step.timeout = *limit;
    step.deadlines.connect = duration(table, "connect_timeout_s", timeout_min_s).value_or(step.deadlines.connect);
    step.deadlines.first_token =
        duration(table, "first_token_timeout_s", timeout_min_s).value_or(step.deadlines.first_token);
    step.deadlines.idle = duration(table, "idle_timeout_s", timeout_min_s).value_or(step.deadlines.idle);
    step.fallback_members = word(table, "fallback", fallback_words, false);
    step.on_error = word(table, "on_error", on_error_words, OnError::fail);
    return parsed;
  }

  void read_names(const toml::table& table, ParsedStep& parsed) {
    const std::size_t faults_before = diagnostics_.count();
    parsed.id = name(table, "id");
    parsed.role = name(table, "role");
    parsed.output = table.contains("output") ? name(table, "output") : parsed.id;
    parsed.inputs = names(table, "inputs");
    parsed.optional_inputs = names(table, "optional_inputs");
    if (table.contains("each")) parsed.each = name(table, "each");
    parsed.except = names(table, "except");
    parsed.judges = names(table, "judges");
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
        report(position_of(table), fmt::format("`{}` is missing", row.key), "Add it; docs/workflows.md describes it.");
      }
    }
    for (const auto& [key, value] : table) {
      const auto is_it = [&, &k = key](const KeyRow& row) { return row.table == kind && row.key == k.str(); };
      if (std::any_of(std::begin(key_rows), std::end(key_rows), is_it)) continue;
      report(position_of(key.source().begin), fmt::format("unknown key `{}`", key.str()), "Known here: " + known + ".");
    }
  }

  Located<std::string> text(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (!node) return {};
    if (const auto* value = node->as_string()) return {value->get(), position_of(*node)};
    report(position_of(*node), fmt::format("`{}` must be a text", key), "Put it in quotation marks.");
    return {};
  }

  Located<std::string> name(const toml::table& table, std::string_view key) {
    Located<std::string> value = text(table, key);
    const bool is_text = table.contains(key) && table.get(key)->is_string();
    if (is_text && !check_name(value, key)) value.value.clear();
    return value;
  }

  bool check_name(const Located<std::string>& value, std::string_view key) {
    if (is_name(value.value)) return true;
    report(value.position, fmt::format("`{}` is not a name: \"{}\"", key, value.value),
           fmt::format("A name has 1 to {} characters of a-z, 0-9, _ and -.", name_bytes_max));
    return false;
  }

  Located<std::string> prompt(const toml::table& table, std::string_view key) {
    Located<std::string> value = text(table, key);
    if (value.value.size() > prompt_bytes_max) {
      report(value.position, fmt::format("`{}` has {} bytes", key, value.value.size()),
             fmt::format("A template holds at most {} bytes.", prompt_bytes_max));
    }
    return value;
  }

  std::vector<Located<std::string>> names(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (!node) return {};
    const toml::array* array = node->as_array();
    if (!array) {
      report(position_of(*node), fmt::format("`{}` must be a list of names", key), "Write it as [\"one\", \"two\"].");
      return {};
    }
    std::vector<Located<std::string>> found;
    if (array->size() > names_max) {
      report(position_of(*node), fmt::format("`{}` holds {} names", key, array->size()),
             fmt::format("Name at most {}.", names_max));
      return {};
    }
    for (const toml::node& item : *array) {
      const auto* value = item.as_string();
      found.push_back({value ? value->get() : "", position_of(item)});
      check_name(found.back(), key);
      const auto same = [&](const Located<std::string>& other) { return other.value == found.back().value; };
      if (std::any_of(found.begin(), found.end() - 1, same)) {
        report(position_of(item), fmt::format("`{}` names \"{}\" twice", key, found.back().value),
               "Remove one of them.");
      }
    }
    return found;
  }

  std::vector<const toml::table*> tables(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (!node) return {};
    std::vector<const toml::table*> found;
    if (const toml::array* array = node->as_array()) {
      for (const toml::node& item : *array) {
        if (const toml::table* one = item.as_table()) found.push_back(one);
      }
      if (!found.empty() && found.size() == array->size()) return found;
    }
    report(position_of(*node), fmt::format("`{}` must be one or more tables", key),
           "Start each with its own [[…]] line.");
    return {};
  }

  std::optional<std::int64_t> integer(const toml::table& table, std::string_view key, std::int64_t low,
                                      std::int64_t high) {
    const toml::node* node = table.get(key);
    if (!node) return std::nullopt;
    if (const auto* value = node->as_integer(); value && value->get() >= low && value->get() <= high)
      return value->get();
    report(position_of(*node), fmt::format("`{}` must be a whole number from {} to {}", key, low, high),
           "Write such a number without quotation marks.");
    return std::nullopt;
  }

  std::optional<double> number(const toml::table& table, std::string_view key, double low, double high) {
    const toml::node* node = table.get(key);
    if (!node) return std::nullopt;
    const std::optional<double> value = node->is_number() ? node->value<double>() : std::nullopt;
    if (value && *value >= low && *value <= high) return value;
    report(position_of(*node), fmt::format("`{}` must be a number from {} to {}", key, low, high),
           "Write such a number without quotation marks.");
    return std::nullopt;
  }

  // Seconds, with a fraction or without.
  std::optional<std::chrono::milliseconds> duration(const toml::table& table, std::string_view key, double low) {
    const auto s = number(table, key, low, day_s);
    if (!s) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*s * 1000 + 0.5));
  }

  const StepKind* kind(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (!node) return step_kinds().front();
    const auto* value = node->as_string();
    if (const StepKind* row = value ? step_kind_named(value->get()) : nullptr) return row;
    std::vector<std::string> known;
    for (const StepKind* row : step_kinds()) known.push_back(fmt::format("\"{}\"", row->name));
    report_value(*node, key, fmt::format("{}", fmt::join(known, ", ")));
    return step_kinds().front();
  }

  void report_value(const toml::node& node, std::string_view key, const std::string& known) {
    report(position_of(node), fmt::format("`{}` has an unknown value", key), "Use one of " + known + ".");
  }

  template <class Value, std::size_t n>
  Value word(const toml::table& table, std::string_view key, const Word<Value> (&words)[n], Value otherwise) {
    const toml::node* node = table.get(key);
    return node ? word_of(*node, key, words, otherwise) : otherwise;
  }

  template <class Value, std::size_t n>
  Value word_of(const toml::node& node, std::string_view key, const Word<Value> (&words)[n], Value otherwise) {
    const auto* value = node.as_string();
    std::string known;
    for (const Word<Value>& row : words) {
      if (value && value->get() == row.text) return row.value;
      known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", row.text);
    }
    report_value(node, key, known);
    return otherwise;
  }

  // { answers = 3, audits = 3 }: stages and the minimum number of members that complete each.
  void read_readiness(const toml::table& file, ParsedWorkflow& parsed) {
    const toml::node* node = file.get("readiness");
    if (node == nullptr) return;
    const toml::table* stages = node->as_table();
    if (stages == nullptr || stages->empty() || stages->size() > names_max) {
      report(position_of(*node), fmt::format("`readiness` must be a table of 1 to {} stages", names_max),
             "Write it as { answers = 3 }: a stage, and the minimum number of members that complete it.");
      return;
    }
    for (const auto& [stage, minimum] : *stages) {
      const auto members = integer(*stages, stage.str(), 1, members_max);
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
    if (by_role == nullptr) return report(position_of(*roles), "`roles` must be a table", "Name a role in it.");
    for (const auto& [role, value] : *by_role) {
      parsed.of_roles.emplace_back(Located<std::string>{std::string(role.str()), position_of(role.source().begin)},
                                   parameters(*by_role, role.str()));
    }
  }

  void read_councils(const toml::table& file, ParsedWorkflow& parsed) {
    const toml::node* node = file.get("councils");
    if (node == nullptr) return;
    parsed.councils = config::read_councils(*node, [this](const toml::source_region& at, const std::string& what) {
      report(position_of(at.begin), what, "docs/workflows.md lists the keys of a council.");
    });
    for (const Council& council : parsed.councils) {
      if (council.settings.workflow.empty()) continue;
      report(position_of(*node), fmt::format("the council \"{}\" names a workflow", council.name),
             "Remove `workflow`: the council belongs to the workflow of this file.");
    }
  }

  ModelParameters parameters(const toml::table& table, std::string_view key) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    const toml::table* given = node->as_table();
    if (given == nullptr) {
      report(position_of(*node), fmt::format("`{}` must be a table", key), "Write it as { temperature = 0.2 }.");
      return {};
    }
    Json json = config::json_of(*given);
    json.erase("roles");
    std::vector<ValidationError> faults;
    ModelParameters found = model_parameters_from(json, faults);
    for (const ValidationError& fault : faults) {
      const std::string_view name = std::string_view(fault.pointer).substr(fault.pointer.empty() ? 0 : 1);
      const toml::node* value = given->get(name.substr(0, name.find('/')));
      report(position_of(value != nullptr ? *value : *node), fmt::format("`{}` {}", name, fault.detail),
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
      report(position_of(*node), fmt::format("`{}` must name one review", key), "Write it as { review = \"issues\" }.");
      return std::nullopt;
    }
    const auto only = pair->begin();  // owns what its references point to
    const toml::key& binding = only->first;
    const ConditionTest test = word_of(only->second, key, words, ConditionTest{});
    return ParsedCondition{
        {std::string(binding.str()), position_of(binding.source().begin)}, test.issues_found, test.late};
  }

  void report(Position position, std::string_view what, std::string remedy) {
    diagnostics_.add(position, what, std::move(remedy));
  }

  Diagnostics& diagnostics_;
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
