#include "server/provider/offline/offline_text.h"

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

enum class Role : std::uint8_t { architect, coder, reviewer, refiner, documenter, ranker, voter, other };

struct Stem {
  std::string_view word;
  Role role;
};
// The first of these in the system prompt says who is meant to speak.
constexpr Stem stems[] = {
    {"architect", Role::architect}, {"review", Role::reviewer},
    {"refine", Role::refiner},      {"programmer", Role::coder},
    {"coder", Role::coder},         {"engineer", Role::coder},
    {"developer", Role::coder},     {"technical writer", Role::documenter},
    {"document", Role::documenter},
};

constexpr std::string_view mended_mark = "Mended after the review";
constexpr std::size_t topic_bytes_max = 90;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

struct Prompt {
  std::string system, user;  // of the user only the last message: earlier turns were answered already
};

Prompt prompt_of(const core::ChatRequest& request) {
  Prompt prompt;
  for (const auto& message : request.messages) {
    if (message.role == core::ChatMessage::Role::system) prompt.system.append(message.content).append("\n");
    if (message.role == core::ChatMessage::Role::user) prompt.user = message.content + "\n";
  }
  return prompt;
}

// Whether the text holds a finished review, and not only the description of its fields.
bool holds_review(std::string_view text) {
  constexpr std::string_view field = "\"code_quality_score\":";
  for (std::size_t at = 0; (at = text.find(field, at)) != std::string_view::npos;) {
    at = std::min(text.find_first_not_of(' ', at + field.size()), text.size());
    if (at < text.size() && text[at] >= '0' && text[at] <= '9') return true;
  }
  return false;
}

// A prompt that asks for a ranking ends with its form; one that shows rankings goes on behind them.
bool asks_for_ranking(std::string_view user) {
  constexpr std::size_t form_bytes_max = 150;
  return has(user.substr(user.size() - std::min(user.size(), form_bytes_max)), "FINAL RANKING:");
}

Role role_of(const Prompt& prompt) {
  if (asks_for_ranking(prompt.user)) return Role::ranker;
  if (has(prompt.user, "Answer with one letter")) return Role::voter;
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
  if (holds_review(prompt.user)) return Role::refiner;
  return has(prompt.user, "code_quality_score") ? Role::reviewer : Role::coder;
}

// The line under a heading "Task" or "Question", or else the first line that says something.
std::string_view task_line(std::string_view user) {
  std::string_view first;
  bool under_heading = false;
  while (!user.empty()) {
    const auto end = std::min(user.find('\n'), user.size());
    const auto line = trimmed(user.substr(0, end), " \t\r");
    user.remove_prefix(std::min(end + 1, user.size()));
    if (line.empty()) continue;
    if (under_heading) return line;
    if (first.empty()) first = line;
    const auto heading = lower_case(trimmed(line, "# :*"));
    under_heading = heading == "task" || heading == "question" || heading == "the question";
  }
  return first;
}

// Short enough for a heading, harmless inside a comment and between quotes.
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
    {"api", "Router", "maps each request to one handler and refuses what it does not know"},
    {"jwt", "Token guard", "issues signed tokens and lets nobody pass without a valid one"},
    {"auth", "Accounts", "keeps users with hashed passwords and answers who somebody is"},
    {"chat", "Rooms", "keeps who is where and hands each message to everyone there"},
    {"database", "Migrations", "bring the schema from one version to the next"},
    {"file", "File reader", "reads in pieces of bounded size and reports what it could not read"},
    {"parse", "Parser", "turns text into a tree and names line and column of every fault"},
    {"web", "Pages", "render on the server and work without scripts"},
    {"test", "Test kit", "plays time and network, so that no test waits"},
    {"queue", "Queue", "takes work in order and pushes back when it is full"},
    {"cache", "Cache", "answers repeated questions and forgets by age and size"},
    {"cli", "Command line", "reads arguments and gives exit codes that scripts can rely on"},
};

std::string architecture(const std::string& topic, std::uint64_t seed) {
  const auto asked = lower_case(topic);
  std::string components = "- **Core**: holds the rules and knows neither network nor disk.\n";
  for (const auto& part : parts) {
    if (has(asked, part.keyword)) components += fmt::format("- **{}**: {}.\n", part.name, part.duty);
  }
  components += "- **Store**: the only part that writes; everything else asks it.\n";
  constexpr std::array decisions = {"Start with one process: it is the simplest thing that does the whole task.",
                                    "Keep all state in one place, so that a fault has one place to be looked for.",
                                    "Check every input at the edge, so that the core can trust what it is given."};
  return fmt::format(
      "{}\n\n# Architecture: {}\n\n## Understanding\n\n"
      "The task is taken as it stands; where it leaves a choice, the simpler one is made.\n\n"
      "## Components\n\n{}\n## Data flow\n\n"
      "A request enters at the edge, is checked, reaches the core, and changes the store last. A request that fails "
      "leaves the store as it was and says why.\n\n"
      "## Decisions\n\n- {}\n- Failures carry a cause and a remedy.\n\n"
      "## Risks\n\n- Load: the store is the first thing to become slow.\n- Security: inputs are hostile until "
      "checked.\n",
      offline_label, topic, components, decisions[seed % decisions.size()]);
}

constexpr std::string_view first_body = R"(    def put(self, name: str, value: str) -> None:
        self.items[name] = value

    def get(self, name: str) -> str:
        return self.items[name]
)";

constexpr std::string_view mended_body = R"(    def put(self, name: str, value: str) -> None:
        if not name.strip():
            raise ValueError("an item needs a name")
        self.items[name] = value

    def get(self, name: str) -> str:
        if name not in self.items:
            raise LookupError(f"there is no item named {name!r}")
        return self.items[name]
)";

std::string code(const std::string& topic, bool mended) {
  const auto mark =
      mended ? fmt::format("# {}: names are checked and failures say what is missing.\n", mended_mark) : std::string();
  return fmt::format(
      "```python\n# {}\n{}\"\"\"{}: the shape of a solution, not its substance.\"\"\"\n\n"
      "from dataclasses import dataclass, field\n\n\n@dataclass\nclass Service:\n"
      "    \"\"\"Keeps named items in memory.\"\"\"\n\n    items: dict[str, str] = "
      "field(default_factory=dict)\n\n{}\n\n"
      "if __name__ == \"__main__\":\n    service = Service()\n    service.put(\"greeting\", \"hello\")\n"
      "    print(service.get(\"greeting\"))\n```\n",
      offline_label, mark, topic, mended ? mended_body : first_body);
}

std::string review(bool of_mended_code) {
  std::string text = "{\n  \"note\": ";
  append_json_string(text, offline_label);
  if (of_mended_code) {
    return text +
           ",\n  \"issues_found\": false,\n  \"critical_issues\": [],\n"
           "  \"suggestions\": [\"Keep the items somewhere that outlives the process.\"],\n"
           "  \"code_quality_score\": 8\n}\n";
  }
  return text +
         ",\n  \"issues_found\": true,\n  \"critical_issues\": [\n"
         "    \"put() takes an empty name, which nobody can find again: refuse it.\",\n"
         "    \"get() fails without saying which item is missing: name it in the failure.\"\n  ],\n"
         "  \"suggestions\": [\"Keep the items somewhere that outlives the process.\"],\n"
         "  \"code_quality_score\": 6\n}\n";
}

std::string documentation(const std::string& topic) {
  return fmt::format(
      "{}\n\n# {}\n\n## What it is\n\n"
      "A small service that keeps named items and gives them back. It shows how an answer to the task could be laid "
      "out; no model has thought about it.\n\n"
      "## Install and run\n\nPython 3.10 or later, nothing else:\n\n    python3 service.py\n\n"
      "## Use\n\n- `put(name, value)` keeps an item; an empty name is refused.\n"
      "- `get(name)` gives it back, or says which item is missing.\n\n"
      "## Limits\n\nItems live in memory and are gone when the process ends.\n",
      offline_label, topic);
}

// The capital letters that stand behind this at the beginning of lines.
std::vector<std::string_view> labels_behind(std::string_view text, std::string_view before, std::string_view after) {
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
  auto labels = labels_behind(user, "## Response ", "\n");
  if (!labels.empty()) {
    std::rotate(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(seed % labels.size()), labels.end());
  }
  std::string text = fmt::format("{}\n\nNo answer was read; the order is drawn.\n\nFINAL RANKING:\n", offline_label);
  for (std::size_t i = 0; i < labels.size(); ++i) text += fmt::format("{}. Response {}\n", i + 1, labels[i]);
  return text;
}

std::string vote(std::string_view user, std::uint64_t seed) {
  const auto labels = labels_behind(user, "", ".");
  return fmt::format("{}\n\nAnswer: {}\n", offline_label, labels.empty() ? "A" : labels[seed % labels.size()]);
}

std::string prose(const std::string& topic, std::uint64_t seed) {
  constexpr std::array beginnings = {"Here is how an answer would arrive.", "This is the shape of an answer.",
                                     "An answer would stand here."};
  constexpr std::array middles = {
      "It comes word by word, so that you can see a stream while it forms.",
      "Each word is an event of its own, which any number of readers can follow.",
      "You can leave in the middle and come back: nothing is lost and nothing is repeated."};
  return fmt::format(
      "{}\n\nYou asked: {}\n\n{} {} To have it answered by a model, set the key of a provider, for example "
      "OPENAI_API_KEY, or name one in the configuration file, and start the server again.\n",
      offline_label, topic, beginnings[seed % beginnings.size()], middles[seed / 7 % middles.size()]);
}

}  // namespace

std::string offline_text(const core::ChatRequest& request) {
  const auto prompt = prompt_of(request);
  const auto topic = topic_of(prompt.user);
  const auto seed = seed_of(request);
  switch (role_of(prompt)) {
    case Role::architect:
      return architecture(topic, seed);
    case Role::coder:
      return code(topic, false);
    case Role::refiner:
      return code(topic, true);
    case Role::reviewer:
      return review(has(prompt.user, mended_mark) || holds_review(prompt.user));
    case Role::documenter:
      return documentation(topic);
    case Role::ranker:
      return ranking(prompt.user, seed);
    case Role::voter:
      return vote(prompt.user, seed);
    case Role::other:
      break;
  }
  return prose(topic, seed);
}

}  // namespace plenum::provider
