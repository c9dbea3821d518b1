#include "server/provider/offline/offline_text.h"

#include "server/provider/offline/offline_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/json/json_writer.h"

namespace plenum::provider {

namespace {

enum class Role : std::uint8_t { architect, coder, reviewer, refiner, documenter, ranker, voter, judge, json, other };

struct Stem {
  std::string_view word;
  Role role;
};
// The first of these in the system prompt determines the role.
constexpr Stem stems[] = {
    {"architect", Role::architect}, {"reviewer", Role::reviewer},
    {"refine", Role::refiner},      {"programmer", Role::coder},
    {"coder", Role::coder},         {"engineer", Role::coder},
    {"developer", Role::coder},     {"technical writer", Role::documenter},
    {"document", Role::documenter},
};

constexpr std::string_view revised_mark = "Revised after the review";
constexpr std::string_view first_issue = "put() accepts an empty name";  // of the first review
constexpr std::size_t topic_bytes_max = 90;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

struct Prompt {
  std::string system, user;  // `user`: only the last message; earlier turns are answered already
};

Prompt prompt_of(const core::ChatRequest& request) {
  Prompt prompt;
  for (const auto& message : request.messages) {
    if (message.role == core::ChatMessage::Role::system) prompt.system.append(message.content).append("\n");
    if (message.role == core::ChatMessage::Role::user) prompt.user = message.content + "\n";
  }
  return prompt;
}

// Whether the text contains a finished review, and not only the description of its fields.
bool contains_review(std::string_view text) { return has(text, "<review-") || has(text, first_issue); }

// A prompt that requests a ranking ends with its format; one that quotes rankings continues after them.
bool requests_ranking(std::string_view user) {
  constexpr std::size_t format_bytes_max = 150;
  return has(user.substr(user.size() - std::min(user.size(), format_bytes_max)), "FINAL RANKING:");
}

// A JSON form that the answer must have; null: none.
const ResponseFormat* required_format(const core::ChatRequest& request) {
  const auto& own = request.parameters.response_format;
  if (own) return own->kind == ResponseFormat::Kind::text ? nullptr : &*own;
  return request.answer_schema ? &*request.answer_schema : nullptr;
}

Role role_of(const Prompt& prompt, const core::ChatRequest& request) {
  const std::string_view form = request.answer_schema ? std::string_view(request.answer_schema->name) : "";
  if (form == "ranking" || requests_ranking(prompt.user)) return Role::ranker;
  if (form == "choice" || has(prompt.user, "VOTE: X")) return Role::voter;
  if (form == "review") return Role::reviewer;
  if (form == "verdict") return Role::judge;
  if (required_format(request) != nullptr) return Role::json;
  const auto text = lower_case(prompt.system);
  std::size_t earliest = std::string::npos;
  Role role = Role::other;
  for (const auto& stem : stems) {
    const auto at = text.find(stem.word);
    if (at < earliest) {
      earliest = at;
      role = stem.role;
    }
  }
  if (role != Role::coder) return role;
  if (contains_review(prompt.user)) return Role::refiner;
  return has(prompt.user, "code_quality_score") ? Role::reviewer : Role::coder;
}

// Moves behind the closing tag of a block of material, whose opening tag is this line. False if it is none.
bool skip_block(std::string_view line, std::string_view& rest) {
  if (!line.starts_with('<') || !line.ends_with('>')) return false;
  const auto name = line.substr(1, line.find_first_of(" >") - 1);
  const auto close = fmt::format("</{}>", name);
  const auto at = rest.find(close);
  if (at == rest.npos) return false;
  rest.remove_prefix(at + close.size());
  return true;
}

// The line under a heading "Task" or "Question", or else the first line behind all material.
std::string_view task_line(std::string_view user) {
  std::string_view first;
  bool under_heading = false;
  while (!user.empty()) {
    const auto end = std::min(user.find('\n'), user.size());
    const auto line = trimmed(user.substr(0, end));
    user.remove_prefix(std::min(end + 1, user.size()));
    if (line.empty()) continue;
    if (skip_block(line, user) || line.starts_with("Text between tags")) {
      first = {};
      continue;
    }
    if (under_heading) return line;
    if (first.empty()) first = line;
    const auto heading = lower_case(trimmed(line, "# :*"));
    under_heading = heading == "task" || heading == "question" || heading == "the question";
  }
  return first;
}

// Short enough for a heading, safe inside a comment and between quotes.
std::string topic_of(std::string_view user) {
  const auto line = task_line(user);
  auto cut = utf8_prefix(line, topic_bytes_max);
  if (cut.size() < line.size()) cut = cut.substr(0, std::min(cut.rfind(' '), cut.size()));
  std::string topic(trimmed(cut, " \t.:"));
  std::replace_if(
      topic.begin(), topic.end(), [](char c) { return c == '"' || c == '\\' || c == '`'; }, '\'');
  if (topic.empty()) return "the task";
  return cut.size() < line.size() ? topic + "…" : topic;
}

// FNV-1a, 64 bit: spreads well enough to choose between phrases.
std::uint64_t seed_of(const core::ChatRequest& request) {
  std::uint64_t hash = 14695981039346656037U;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  };
  mix(request.model);
  for (const auto& message : request.messages) mix(message.content);
  return hash;
}

struct Part {
  std::string_view keyword, name, duty;
};
constexpr Part parts[] = {
    {"api", "Router", "maps each request to one handler and rejects unknown paths"},
    {"jwt", "Token service", "issues signed tokens and rejects requests without a valid one"},
    {"auth", "Accounts", "stores users with hashed passwords and authenticates them"},
    {"chat", "Channels", "tracks members and delivers each message to all of them"},
    {"database", "Migrations", "move the schema from one version to the next"},
    {"file", "File reader", "reads in chunks of bounded size and reports unreadable files"},
    {"parse", "Parser", "turns text into a tree and reports the line and column of every error"},
    {"web", "Pages", "render on the server and work without scripts"},
    {"test", "Test kit", "simulates time and network, so that no test waits"},
    {"queue", "Queue", "processes work in order and applies backpressure when full"},
    {"cache", "Cache", "answers repeated requests and evicts by age and size"},
    {"cli", "Command line", "parses arguments and returns documented exit codes"},
};

std::string architecture(const std::string& topic, std::uint64_t seed) {
  const auto lower_topic = lower_case(topic);
  std::string components = "- **Core**: contains the rules, without network or disk access.\n";
  for (const auto& part : parts) {
    if (has(lower_topic, part.keyword)) components += fmt::format("- **{}**: {}.\n", part.name, part.duty);
  }
  components += "- **Store**: the only component that writes to disk.\n";
  constexpr std::array decisions = {"Start with one process: the simplest design that solves the task.",
                                    "Keep all state in one component, so that a fault has one place to look for it.",
                                    "Validate every input at the edge, so that the core can trust its arguments."};
  return fmt::format(
      "{}\n\n# Architecture: {}\n\n## Understanding\n\n"
      "The task is implemented as written; where it is ambiguous, the simpler option is chosen.\n\n"
      "## Components\n\n{}\n## Data flow\n\n"
      "A request is validated at the edge, processed by the core, and written to the store last. A failed request "
      "does not change the store and returns the cause.\n\n"
      "## Decisions\n\n- {}\n- Errors contain a cause and a remedy.\n\n"
      "## Risks\n\n- Load: the store is the first bottleneck.\n- Security: inputs are untrusted until "
      "validated.\n",
      offline_label, topic, components, decisions[seed % decisions.size()]);
}

constexpr std::string_view first_body = R"(    def put(self, name: str, value: str) -> None:
        self.items[name] = value

    def get(self, name: str) -> str:
        return self.items[name]
)";

constexpr std::string_view revised_body = R"(    def put(self, name: str, value: str) -> None:
        if not name.strip():
            raise ValueError("name must not be blank")
        self.items[name] = value

    def get(self, name: str) -> str:
        if name not in self.items:
            raise LookupError(f"unknown item {name!r}")
        return self.items[name]
)";

std::string code(const std::string& topic, bool revised) {
  const auto mark = revised ? fmt::format("# {}: names are validated and errors name the missing item.\n", revised_mark)
                            : std::string();
  return fmt::format(
      "**service.py**\n\n```python\n# {}\n{}\"\"\"{}: a placeholder for a solution.\"\"\"\n\n"
      "from dataclasses import dataclass, field\n\n\n@dataclass\nclass Service:\n"
      "    \"\"\"Stores named items in memory.\"\"\"\n\n    items: dict[str, str] = "
      "field(default_factory=dict)\n\n{}\n\n"
      "if __name__ == \"__main__\":\n    service = Service()\n    service.put(\"greeting\", \"hello\")\n"
      "    print(service.get(\"greeting\"))\n```\n",
      offline_label, mark, topic, revised ? revised_body : first_body);
}

std::string review(bool of_revised_code) {
  std::string text = "{\n  \"note\": ";
  append_json_string(text, offline_label);
  if (of_revised_code) {
    return text +
           ",\n  \"critical_issues\": [],\n"
           "  \"suggestions\": [\"Store the items on disk, so that they survive a restart.\"],\n"
           "  \"code_quality_score\": 8,\n  \"issues_found\": false\n}\n";
  }
  return text +
         ",\n  \"critical_issues\": [\n"
         "    \"put() accepts an empty name, which cannot be found again: reject it.\",\n"
         "    \"get() does not report which item is missing: include it in the error.\"\n  ],\n"
         "  \"suggestions\": [\"Store the items on disk, so that they survive a restart.\"],\n"
         "  \"code_quality_score\": 6,\n  \"issues_found\": true\n}\n";
}

std::string documentation(const std::string& topic) {
  return fmt::format(
      "{}\n\n# {}\n\n## What it is\n\n"
      "A small service that stores and returns named items. It demonstrates the layout of an answer; no model was "
      "called.\n\n"
      "## Install and run\n\nRequires Python 3.10 or later:\n\n    python3 service.py\n\n"
      "## Use\n\n- `put(name, value)` stores an item; an empty name is rejected.\n"
      "- `get(name)` returns it, or an error naming the missing item.\n\n"
      "## Limits\n\nItems are in memory only and are lost when the process ends.\n",
      offline_label, topic);
}

// The capital letters after `before` at the start of lines.
std::vector<std::string_view> labels_after(std::string_view text, std::string_view before, std::string_view after) {
  std::vector<std::string_view> labels;
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1) {
    const auto line = text.substr(at);
    const auto end = line.find_first_of(after);
    if (!line.starts_with(before) || end == line.npos || end <= before.size()) continue;
    const auto label = line.substr(before.size(), end - before.size());
    if (std::all_of(label.begin(), label.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) labels.push_back(label);
  }
  return labels;
}

std::string ranking(std::string_view user, std::uint64_t seed) {
  auto labels = labels_after(user, "Response ", ":");
  if (!labels.empty()) {
    std::rotate(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(seed % labels.size()), labels.end());
  }
  std::string text =
      fmt::format("{}\n\nThe answers were not read; the order is arbitrary.\n\nFINAL RANKING:\n", offline_label);
  for (std::size_t i = 0; i < labels.size(); ++i) text += fmt::format("{}. Response {}\n", i + 1, labels[i]);
  return text;
}

std::string vote(std::string_view user, std::uint64_t seed) {
  const auto labels = labels_after(user, "", ".");
  return fmt::format("{}\n\nThe options were not compared; the choice is arbitrary.\n\nVOTE: {}\n", offline_label,
                     labels.empty() ? "A" : labels[seed % labels.size()]);
}

// All answers hold the position that they are placeholders.
std::string verdict(std::string_view user) {
  std::string members;
  for (const auto label : labels_after(user, "Response ", ":")) {
    members += fmt::format("{}\"{}\"", members.empty() ? "" : ", ", label);
  }
  return fmt::format(
      R"({{"positions": [{{"label": "placeholder", "summary": "No model was called.", "members": [{}], "evidence": []}}],
 "conflicts": [], "votes": [], "minority_reports": [], "caveats": ["The answers were not read."],
 "dissent_summary": "", "type": "decision", "headline": "{}",
 "recommendation": "Set the key of a provider to get a verdict of models."}})",
      members, offline_label);
}

std::string json(const ResponseFormat& format, const std::string& topic, std::uint64_t seed) {
  if (format.kind == ResponseFormat::Kind::json_schema) return offline_json(format.schema_json, seed) + "\n";
  std::string text = "{\n  \"note\": ";
  append_json_string(text, offline_label);
  text += ",\n  \"question\": ";
  append_json_string(text, topic);
  return text + "\n}\n";
}

std::string prose(const std::string& model, const std::string& topic, std::uint64_t seed) {
  constexpr std::array beginnings = {"This demonstrates how an answer arrives.", "This is a placeholder for an answer.",
                                     "An answer would appear here."};
  constexpr std::array middles = {"It arrives word by word, so that you can watch a stream grow.",
                                  "Each word is one event, which any number of subscribers receive.",
                                  "You can disconnect and resume: nothing is lost and nothing is repeated."};
  return fmt::format(
      "{}\n\nYour question: {}\n\n{} {} To get an answer from a model instead of {}, set the key of a provider, for "
      "example OPENAI_API_KEY, or configure one in the configuration file, and restart the server.\n",
      offline_label, topic, beginnings[seed % beginnings.size()], middles[seed / 7 % middles.size()], model);
}

}  // namespace

std::string offline_text(const core::ChatRequest& request) {
  const auto prompt = prompt_of(request);
  const auto topic = topic_of(prompt.user);
  const auto seed = seed_of(request);
  switch (role_of(prompt, request)) {
    case Role::architect:
      return architecture(topic, seed);
    case Role::coder:
      return code(topic, false);
    case Role::refiner:
      return code(topic, true);
    case Role::reviewer:
      return review(has(prompt.user, revised_mark) || has(prompt.user, first_issue));
    case Role::documenter:
      return documentation(topic);
    case Role::ranker:
      return ranking(prompt.user, seed);
    case Role::voter:
      return vote(prompt.user, seed);
    case Role::judge:
      return verdict(prompt.user);
    case Role::json:
      return json(*required_format(request), topic, seed);
    case Role::other:
      break;
  }
  return prose(request.model, topic, seed);
}

}  // namespace plenum::provider
