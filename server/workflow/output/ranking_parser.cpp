// The forms in which a ranking is read. Each form gives candidates; a candidate counts only if it is complete.
#include "server/workflow/output/ranking_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "common/base/labels.h"
#include "common/base/strings.h"
#include "common/json/json.h"
#include "server/workflow/output/answer_text.h"

namespace plenum::workflow {

namespace {

using Kind = Token::Kind;
using Tokens = std::span<const Token>;

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Kind::word && equal_ignoring_case(token.text, word);
}
bool is_mark(const Token& token, std::string_view mark) { return token.kind == Kind::mark && token.text == mark; }

// One line of a list.
struct Entry {
  std::optional<long> number;
  std::vector<std::size_t> labels;  // several: tied
  bool bare = true;                 // nothing else stands in the line
};

class RankingReader {
 public:
  explicit RankingReader(std::span<const std::size_t> labels) : labels_(labels.begin(), labels.end()) {}

  RankingReading read(std::string_view answer) {
    const std::string text = visible_text(answer);
    if (auto reading = from_json(text)) return *std::move(reading);
    const std::vector<Token> tokens = tokens_of(text);
    const auto headings = headings_of(tokens);
    for (auto at = headings.rbegin(); at != headings.rend(); ++at) {
      if (auto places = section(Tokens(tokens).subspan(*at))) return {*std::move(places), {}};
    }
    // Under a heading that was read, a list elsewhere is no ranking.
    if (headings.empty()) {
      if (auto places = last_bare_list(tokens)) return {*std::move(places), {}};
    }
    return {{}, problem_.empty() ? "It has no list under the heading `FINAL RANKING:`." : problem_};
  }

 private:
  // Positions behind each line that begins with the heading.
  static std::vector<std::size_t> headings_of(Tokens tokens) {
    std::vector<std::size_t> found;
    for (std::size_t at = 0; at + 1 < tokens.size(); ++at) {
      if (tokens[at].line_start && is_word(tokens[at], "final") && is_word(tokens[at + 1], "ranking")) {
        found.push_back(at + 2);
      }
    }
    return found;
  }

  std::optional<RankingReading> from_json(std::string_view text) {
    const std::vector<Json> objects = json_objects_in(text);
    for (auto object = objects.rbegin(); object != objects.rend(); ++object) {
      const Json* list = member_by_key(*object, "ranking");
      if (list == nullptr) list = member_by_key(*object, "finalranking");
      if (list == nullptr || !list->is_array()) continue;
      Places places;
      for (const Json& entry : *list) {
        const Json entries = entry.is_array() ? entry : Json::array({entry});
        places.emplace_back();
        for (const Json& one : entries) {
          const auto label = one.is_string() ? label_in(one.get_ref<const std::string&>()) : std::nullopt;
          if (!label) return RankingReading{{}, "The ranking in its JSON names something other than a response."};
          places.back().push_back(*label);
        }
      }
      if (is_complete(places)) return RankingReading{std::move(places), {}};
      return RankingReading{{}, problem_};
    }
    return std::nullopt;
  }

  std::optional<std::size_t> label_in(std::string_view text) const {
    const auto tokens = tokens_of(text);
    std::size_t at = 0;
    const auto label = read_label(tokens, at);
    return at == tokens.size() ? label : std::nullopt;
  }

  // A label at `at`, with a word such as "Response" before it or without. Moves behind it.
  //   known_words  only "response" and "answer": other words may belong to a reason
  std::optional<std::size_t> read_label(Tokens tokens, std::size_t& at, bool known_words = false) const {
    std::size_t next = at;
    const bool named = next + 1 < tokens.size() && tokens[next].kind == Kind::word && tokens[next].text.size() > 1 &&
                       tokens[next + 1].kind == Kind::word && index_of_label(tokens[next].text) == std::nullopt;
    const bool known_word = named && (is_word(tokens[next], "response") || is_word(tokens[next], "answer"));
    if (named && known_words && !known_word) return std::nullopt;
    if (named) ++next;
    if (next >= tokens.size() || tokens[next].kind != Kind::word) return std::nullopt;
    const std::string_view word = tokens[next].text;
    const bool capital = std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    const auto label = index_of_label(word);
    if (!label || (!capital && !known_word)) return std::nullopt;
    // Without a word before it, a letter that a word follows may be a word itself: "A good answer".
    const bool word_follows = next + 1 < tokens.size() && tokens[next + 1].kind == Kind::word;
    if (!named && word_follows && !joins(tokens[next + 1])) return std::nullopt;
    at = next + 1;
    return label;
  }

  static bool joins(const Token& token) {
    return is_mark(token, "=") || is_mark(token, "&") || is_mark(token, "/") || is_word(token, "and") ||
           is_word(token, "und") || is_word(token, "tie") || is_word(token, "tied");
  }

  // A label and those tied with it.
  std::vector<std::size_t> read_tie(Tokens tokens, std::size_t& at) const {
    std::vector<std::size_t> tied;
    auto label = read_label(tokens, at);
    while (label) {
      tied.push_back(*label);
      std::size_t next = at;
      while (next < tokens.size() && (joins(tokens[next]) || is_mark(tokens[next], ","))) ++next;
      if (next == at) break;
      label = read_label(tokens, next, true);
      if (label) at = next;
    }
    return tied;
  }

  // The ranking in the section; only if it is complete.
  std::optional<Places> section(Tokens tokens) {
    if (auto chain = read_chain(tokens)) return chain;
    if (auto inline_list = read_inline(tokens)) return inline_list;
    return read_lines(tokens);
  }

  // `B > C > A`, on the first line that is not empty.
  std::optional<Places> read_chain(Tokens tokens) {
    std::size_t at = skip_blank(tokens);
    Places places;
    while (true) {
      std::vector<std::size_t> tied = read_tie(tokens, at);
      if (tied.empty()) return std::nullopt;
      places.push_back(std::move(tied));
      if (at >= tokens.size() || !is_mark(tokens[at], ">")) break;
      ++at;
    }
    if (places.size() < 2 || !is_complete(places)) return std::nullopt;
    return places;
  }

  static std::size_t skip_blank(Tokens tokens) {
    std::size_t at = 0;
    while (at < tokens.size() &&
           (tokens[at].kind == Kind::line_end || is_mark(tokens[at], ":") || is_mark(tokens[at], "-")))
      ++at;
    return at;
  }

  // `1. Response B, 2. Response A` on one line, with the numbers in their order.
  std::optional<Places> read_inline(Tokens tokens) {
    Places places;
    for (std::size_t at = skip_blank(tokens); at < tokens.size() && tokens[at].kind == Kind::number;) {
      if (tokens[at].value != static_cast<long>(places.size()) + 1) return std::nullopt;
      ++at;
      while (at < tokens.size() && tokens[at].kind == Kind::mark) ++at;
      std::size_t before = at;
      const auto label = read_label(tokens, before);
      if (!label) return std::nullopt;
      at = before;
      places.push_back({*label});
      while (at < tokens.size() && (is_mark(tokens[at], ",") || is_mark(tokens[at], ";"))) ++at;
      if (at >= tokens.size() || tokens[at].kind != Kind::number) break;
    }
    if (places.empty() || !is_complete(places)) return std::nullopt;
    return places;
  }

  static std::vector<Tokens> lines_of(Tokens tokens) {
    std::vector<Tokens> lines;
    for (std::size_t at = 0; at < tokens.size();) {
      std::size_t end = at;
      while (end < tokens.size() && tokens[end].kind != Kind::line_end) ++end;
      if (end > at) lines.push_back(tokens.subspan(at, end - at));
      at = end + 1;
    }
    return lines;
  }

  std::optional<Entry> entry_of(Tokens line) const {
    Entry entry;
    std::size_t at = 0;
    while (at < line.size() && is_mark(line[at], "-")) ++at;
    if (at < line.size() && line[at].kind == Kind::number) entry.number = line[at++].value;
    // `1st place:`, `1.`, `1)`, `Best:`
    std::size_t colon = at;
    while (colon < line.size() && colon < at + 3 && line[colon].kind == Kind::word) ++colon;
    const bool introduced =
        colon > at && colon < line.size() && is_mark(line[colon], ":") && !index_of_label(line[colon - 1].text);
    if (introduced) {
      if (is_word(line[at], "worst") || is_word(line[at], "last")) entry.number = worst;
      at = colon + 1;
    }
    while (at < line.size() && line[at].kind == Kind::mark) ++at;
    entry.labels = read_tie(line, at);
    if (entry.labels.empty()) return std::nullopt;
    while (at < line.size() && line[at].kind == Kind::mark) ++at;
    entry.bare = at == line.size();
    return entry;
  }
  static constexpr long worst = 1'000'000;

  // A list with one line for each place, until every label is placed.
  std::optional<Places> read_lines(Tokens tokens) {
    std::vector<Entry> numbered, plain;
    bool prose = false;
    for (const Tokens line : lines_of(tokens)) {
      const auto entry = entry_of(line);
      if (!entry || (!entry->number && !entry->bare)) {
        prose |= !plain.empty();
        continue;
      }
      (entry->number ? numbered : plain).push_back(*entry);
      if (auto places = complete(numbered)) return places;
    }
    if (!numbered.empty()) {
      // A last one marked "worst" belongs to a list without numbers.
      if (numbered.size() == 1 && numbered.front().number == worst) {
        plain.push_back(numbered.front());
      } else {
        is_complete(places_of(numbered));  // sets the problem
        return std::nullopt;
      }
    }
    if (prose) {
      problem_ = "The list under `FINAL RANKING:` has no numbers.";
      return std::nullopt;
    }
    return complete(plain);
  }

  std::optional<Places> complete(const std::vector<Entry>& entries) {
    Places places = places_of(entries);
    if (places.empty() || !is_complete(places)) return std::nullopt;
    return places;
  }

  // By their numbers; the same number several times is a tie, unless all are the same (Markdown counts by itself).
  static Places places_of(const std::vector<Entry>& entries) {
    Places places;
    const bool counted = std::any_of(entries.begin(), entries.end(),
                                     [&](const Entry& entry) { return entry.number != entries.front().number; });
    if (!counted || std::any_of(entries.begin(), entries.end(), [](const Entry& entry) { return !entry.number; })) {
      for (const Entry& entry : entries) places.push_back(entry.labels);
      return places;
    }
    std::map<long, std::vector<std::size_t>> by_number;
    for (const Entry& entry : entries) {
      auto& place = by_number[*entry.number];
      place.insert(place.end(), entry.labels.begin(), entry.labels.end());
    }
    for (auto& [number, place] : by_number) places.push_back(std::move(place));
    return places;
  }

  // The last run of numbered lines that hold nothing but a label.
  std::optional<Places> last_bare_list(Tokens tokens) {
    std::optional<Places> found;
    std::vector<Entry> run;
    for (const Tokens line : lines_of(tokens)) {
      const auto entry = entry_of(line);
      if (entry && entry->number && entry->bare) {
        run.push_back(*entry);
        if (auto places = complete(run)) found = std::move(places);
      } else {
        run.clear();
      }
    }
    return found;
  }

  bool is_complete(const Places& places) {
    std::set<std::size_t> placed;
    std::string twice, unknown, missing;
    const auto add = [](std::string& list, std::size_t label) { list += (list.empty() ? "" : ", ") + label_of(label); };
    for (const std::size_t label : in_order(places)) {
      if (!labels_.contains(label)) {
        add(unknown, label);
      } else if (!placed.insert(label).second) {
        add(twice, label);
      }
    }
    for (const std::size_t label : labels_) {
      if (!placed.contains(label)) add(missing, label);
    }
    if (missing.empty() && twice.empty() && unknown.empty()) return true;
    problem_.clear();
    if (!missing.empty()) problem_ += fmt::format("The ranking does not place {}. ", missing);
    if (!twice.empty()) problem_ += fmt::format("It places {} more than once. ", twice);
    if (!unknown.empty()) problem_ += fmt::format("There is no response {}. ", unknown);
    problem_.pop_back();
    return false;
  }

  const std::set<std::size_t> labels_;
  std::string problem_;
};

}  // namespace

RankingReading parse_ranking_text(std::string_view text, std::span<const std::size_t> labels) {
  if (labels.empty()) return {{}, "There was nothing to rank."};
  return RankingReader(labels).read(text);
}

std::string ranking_schema(std::span<const std::size_t> labels) {
  Json letters = Json::array();
  for (const std::size_t label : labels) letters.push_back(label_of(label));
  const Json letter{{"type", "string"}, {"enum", std::move(letters)}};
  const Json text{{"type", "string"}};
  const Json evaluation{{"type", "object"},
                        {"properties", {{"response", letter}, {"strengths", text}, {"weaknesses", text}}},
                        {"required", Json::array({"response", "strengths", "weaknesses"})},
                        {"additionalProperties", false}};
  Json properties;
  properties["evaluations"] = {{"type", "array"}, {"items", evaluation}};
  properties["ranking"] = {{"type", "array"}, {"items", letter}};
  return dump_json(Json{{"type", "object"},
                        {"properties", std::move(properties)},
                        {"required", Json::array({"evaluations", "ranking"})},
                        {"additionalProperties", false}});
}

}  // namespace plenum::workflow
