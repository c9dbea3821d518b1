// The rules by which a vote is read, from the most explicit one to the least.
#include "server/workflow/output/vote_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
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

template <std::size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
  return std::any_of(words.begin(), words.end(), [&](auto each) { return equal_ignoring_case(word, each); });
}

constexpr std::array<std::string_view, 11> deciding_verbs = {"choose", "chose", "choosing",  "pick",  "select", "vote",
                                                             "prefer", "favor", "recommend", "wähle", "stimme"};
constexpr std::array<std::string_view, 12> deciding_nouns = {"answer",   "vote",    "choice",     "pick",
                                                             "decision", "verdict", "selection",  "winner",
                                                             "antwort",  "wahl",    "conclusion", "recommendation"};
constexpr std::array<std::string_view, 5> conclusions = {"so", "thus", "hence", "therefore", "daher"};
// Words that may follow the letter of a decision; "the answer is B or C" and "answer B is wrong" decide nothing.
constexpr std::array<std::string_view, 16> reasons = {"because", "since",   "as",     "over",  "for",   "and",
                                                      "but",     "instead", "rather", "given", "which", "with",
                                                      "due",     "weil",    "da",     "here"};
constexpr std::array<std::string_view, 22> fillers = {
    "for", "is",  "would", "be",      "goes", "to", "with", "option",  "choice", "answer", "final",
    "the", "ist", "für",   "clearly", "must", "my", "will", "remains", "letter", "auf",    "am"};
constexpr std::array<std::string_view, 14> negations = {"not",     "no",       "never",   "don't", "cannot",
                                                        "can't",   "wouldn't", "neither", "nor",   "except",
                                                        "against", "nicht",    "kein",    "worst"};

class VoteReader {
 public:
  explicit VoteReader(std::span<const std::string> choices) : choices_(choices) {}

  VoteReading read(std::string_view answer) {
    const std::string text = visible_text(answer);
    const std::vector<Token> all = tokens_of(text);
    tokens_ = all;
    if (auto reading = from_json(text)) return *reading;
    vote_lines();
    if (auto reading = decided()) return *reading;
    letter_lines();
    decisions();
    if (auto reading = decided()) return *reading;
    text_alone();
    if (auto reading = decided()) return *reading;
    return {std::nullopt, "It does not name one option: there is no line `VOTE: X`."};
  }

 private:
  // Nothing as long as no option was named.
  std::optional<VoteReading> decided() const {
    if (!problem_.empty()) return VoteReading{std::nullopt, problem_};
    if (named_.size() > 1) return VoteReading{std::nullopt, fmt::format("It names different options: {}.", names())};
    if (named_.size() == 1) return VoteReading{*named_.begin(), {}};
    return std::nullopt;
  }

  std::optional<VoteReading> from_json(std::string_view text) const {
    for (const Json& object : json_objects_in(text)) {
      for (const char* key : {"vote", "choice", "answer"}) {
        const Json* value = member_by_key(object, key);
        if (value == nullptr || !value->is_string()) continue;
        const std::string name(trimmed(value->get_ref<const std::string&>()));
        const auto tokens = tokens_of(name);
        if (!tokens.empty()) {
          if (const auto label = label_at(tokens, 0, true);
              label && (tokens.size() == 1 || tokens[1].kind == Kind::mark))
            return VoteReading{label, {}};
        }
        for (std::size_t i = 0; i < choices_.size(); ++i) {
          if (lower_case(choices_[i]) == lower_case(name)) return VoteReading{i, {}};
        }
        return VoteReading{std::nullopt, "The vote in its JSON is not the letter of an option."};
      }
    }
    return std::nullopt;
  }

  // The option whose letter is this token. A small letter, and a capital one that is also a word, only where a letter
  // is expected.
  std::optional<std::size_t> label_at(Tokens tokens, std::size_t at, bool expected) const {
    if (at >= tokens.size() || tokens[at].kind != Kind::word) return std::nullopt;
    const std::string_view word = tokens[at].text;
    const auto index = index_of_label(word);
    if (!index || *index >= choices_.size()) return std::nullopt;
    const bool capital = std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    const bool is_a_word = word == "I" || equal_ignoring_case(word, "a");
    if (capital && !is_a_word) return index;
    // "a" and "A" before a word are articles; "I" is a pronoun.
    const bool word_follows = at + 1 < tokens.size() && tokens[at + 1].kind == Kind::word;
    if (word == "I") return expected && !word_follows ? index : std::nullopt;
    if (!capital) return expected && !word_follows ? index : std::nullopt;
    return !word_follows || (expected && !starts_small(tokens[at + 1].text)) ||
                   (expected && equal_ignoring_case(tokens[at + 1].text, "because"))
               ? index
               : std::nullopt;
  }
  static bool starts_small(std::string_view word) { return !word.empty() && lower(word.front()) == word.front(); }

  // The tokens from `at` to the end of the line.
  static Tokens line_from(Tokens tokens, std::size_t at) {
    std::size_t end = at;
    while (end < tokens.size() && tokens[end].kind != Kind::line_end) ++end;
    return tokens.subspan(at, end - at);
  }

  std::vector<Tokens> lines() const {
    std::vector<Tokens> lines;
    for (std::size_t at = 0; at < tokens_.size();) {
      Tokens line = line_from(tokens_, at);
      at += line.size() + 1;
      while (!line.empty() && line.front().kind == Kind::mark) line = line.subspan(1);
      if (!line.empty()) lines.push_back(line);
    }
    return lines;
  }

  // The option whose text begins here, longest first; nothing if there is none.
  std::optional<std::size_t> text_at(Tokens tokens) const {
    std::optional<std::size_t> best;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
      const std::size_t length = matched(tokens, texts()[i]);
      if (length > longest) {
        longest = length;
        best = i;
      }
    }
    return best;
  }

  static std::size_t matched(Tokens tokens, const std::vector<std::string>& words) {
    if (words.empty()) return 0;
    std::size_t at = 0;
    for (const std::string& word : words) {
      while (at < tokens.size() && tokens[at].kind == Kind::mark) ++at;
      const bool same = at < tokens.size() && tokens[at].kind != Kind::line_end && lower_case(tokens[at].text) == word;
      if (!same) return 0;
      ++at;
    }
    return at;
  }

  const std::vector<std::vector<std::string>>& texts() const {
    if (!texts_.empty()) return texts_;
    for (const std::string& choice : choices_) {
      texts_.emplace_back();
      for (const Token& token : tokens_of(choice)) {
        if (token.kind == Kind::word || token.kind == Kind::number) texts_.back().push_back(lower_case(token.text));
      }
    }
    return texts_;
  }

  // What follows a letter must not be the text of another option.
  void name_with_text(std::size_t label, Tokens behind) {
    while (!behind.empty() && behind.front().kind == Kind::mark) behind = behind.subspan(1);
    const auto other = text_at(behind);
    if (other && *other != label) {
      problem_ = fmt::format("It names the letter {} with the text of option {}.", label_of(label), label_of(*other));
    }
    named_.insert(label);
  }

  void vote_lines() {
    for (const Tokens line : lines()) {
      if (line.size() < 2 || line[0].kind != Kind::word || !equal_ignoring_case(line[0].text, "vote")) continue;
      if (line[1].kind != Kind::mark || (line[1].text != ":" && line[1].text != "=" && line[1].text != "-")) continue;
      std::size_t at = 2;
      if (at < line.size() && line[at].kind == Kind::word && equal_ignoring_case(line[at].text, "option")) ++at;
      if (const auto label = label_at(line, at, true)) name_with_text(*label, line.subspan(at + 1));
    }
  }

  // A first or last line that is only a letter, with the text of its option or without.
  void letter_lines() {
    const auto all = lines();
    if (all.empty()) return;
    for (const Tokens line : {all.front(), all.back()}) {
      const auto label = label_at(line, 0, true);
      if (!label) continue;
      Tokens rest = line.subspan(1);
      while (!rest.empty() && rest.front().kind == Kind::mark) rest = rest.subspan(1);
      if (rest.empty()) {
        named_.insert(*label);
      } else if (line[1].kind == Kind::mark && text_at(rest) && texts_named() == 1) {
        name_with_text(*label, rest);
      }
    }
  }

  // The number of options whose text occurs.
  std::size_t texts_named() const {
    std::set<std::size_t> found;
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (const auto option = text_at(tokens_.subspan(at))) found.insert(*option);
    }
    return found.size();
  }

  bool negated(std::size_t at) const {
    for (std::size_t back = 1; back <= 4 && back <= at; ++back) {
      const Token& token = tokens_[at - back];
      if (token.kind == Kind::line_end) return false;
      if (token.kind == Kind::mark &&
          (token.text == "." || token.text == "!" || token.text == "?" || token.text == ";"))
        return false;
      if (token.kind == Kind::word && is_one_of(token.text, negations)) return true;
    }
    return false;
  }

  // Sentences that decide.
  void decisions() {
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (tokens_[at].kind != Kind::word) continue;
      const std::string_view word = tokens_[at].text;
      const bool decides =
          is_one_of(word, deciding_verbs) || is_one_of(word, deciding_nouns) || is_one_of(word, conclusions);
      const bool option = equal_ignoring_case(word, "option") && tokens_[at].line_start;
      if ((decides || option) && !negated(at)) label_behind(at, option);
      comparison(at);
      lone_letter(at);
    }
  }

  // "I vote for option B", "the answer is B", "So: B", "Option B, because …".
  void label_behind(std::size_t at, bool option) {
    std::size_t next = at + 1;
    while (next < tokens_.size() && next <= at + 6) {
      const Token& token = tokens_[next];
      if (token.kind == Kind::mark &&
          (token.text == ":" || token.text == "=" || token.text == "-" || token.text == ">")) {
        ++next;
      } else if (token.kind == Kind::word && !option && is_one_of(token.text, fillers)) {
        ++next;
      } else {
        break;
      }
    }
    const auto label = label_at(tokens_, next, true);
    if (!label) {
      if (const auto text = option ? std::nullopt : text_at(tokens_.subspan(next))) named_.insert(*text);
      return;
    }
    const bool ends = next + 1 >= tokens_.size() || tokens_[next + 1].kind != Kind::word;
    if (!ends && !is_one_of(tokens_[next + 1].text, reasons)) return;
    // A line that begins with "Option A:" describes it.
    const bool described =
        option && next + 1 < tokens_.size() && (tokens_[next + 1].text == ":" || tokens_[next + 1].text == "-");
    if (!described) named_.insert(*label);
  }

  // "B is better than A", if that is all.
  static constexpr std::size_t sentence_tokens_max = 12;
  void comparison(std::size_t at) {
    if (at + 4 >= tokens_.size() || tokens_.size() > sentence_tokens_max || negated(at)) return;
    const auto word = [&](std::size_t i, std::string_view text) {
      return tokens_[at + i].kind == Kind::word && lower_case(tokens_[at + i].text) == text;
    };
    const bool better =
        word(1, "is") && (word(2, "better") || word(2, "superior")) && (word(3, "than") || word(3, "to"));
    const auto label = label_of_capital(at), other = label_of_capital(at + 4);
    if (better && label && other && *label != *other) named_.insert(*label);
  }
  std::optional<std::size_t> label_of_capital(std::size_t at) const {
    const std::string_view word = tokens_[at].kind == Kind::word ? tokens_[at].text : std::string_view();
    const auto index = index_of_label(word);
    const bool capital =
        !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return index && capital && *index < choices_.size() ? index : std::nullopt;
  }

  // A last sentence of its own in its line: "Not A. B."
  void lone_letter(std::size_t at) {
    const auto label = label_of_capital(at);
    const bool begins = at > 0 && (tokens_[at - 1].kind == Kind::line_end || is_stop(tokens_[at - 1]));
    std::size_t end = at + 1;
    while (end < tokens_.size() && tokens_[end].kind == Kind::mark) ++end;
    const bool ends = end >= tokens_.size() || tokens_[end].kind == Kind::line_end;
    if (label && begins && ends) named_.insert(*label);
  }
  static bool is_stop(const Token& token) {
    return token.kind == Kind::mark && (token.text == "." || token.text == "!" || token.text == "?");
  }

  // Nothing but the text of one option.
  void text_alone() {
    Tokens rest = tokens_;
    const auto skip = [&] {
      while (!rest.empty() && rest.front().kind != Kind::word && rest.front().kind != Kind::number)
        rest = rest.subspan(1);
    };
    skip();
    const auto option = text_at(rest);
    if (!option) return;
    rest = rest.subspan(matched(rest, texts()[*option]));
    skip();
    if (rest.empty()) named_.insert(*option);
  }

  std::string names() const {
    std::string list;
    for (const std::size_t label : named_) list += (list.empty() ? "" : " and ") + label_of(label);
    return list;
  }

  const std::span<const std::string> choices_;
  Tokens tokens_;
  mutable std::vector<std::vector<std::string>> texts_;  // words of the options
  std::set<std::size_t> named_;
  std::string problem_;
};

}  // namespace

VoteReading parse_vote(std::string_view text, std::span<const std::string> choices) {
  return VoteReader(choices).read(text);
}

std::string vote_schema(std::size_t choices) {
  Json letters = Json::array();
  for (std::size_t i = 0; i < choices; ++i) letters.push_back(label_of(i));
  Json properties;
  properties["reason"] = {{"type", "string"}};
  properties["vote"] = {{"type", "string"}, {"enum", std::move(letters)}};
  return dump_json(Json{{"type", "object"},
                        {"properties", std::move(properties)},
                        {"required", Json::array({"reason", "vote"})},
                        {"additionalProperties", false}});
}

}  // namespace plenum::workflow
