#include "server/provider/protocol/errors/rejected_parameters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "common/base/strings.h"

namespace plenum::protocol {

namespace {

using core::ParameterForm;
using core::ParameterForms;
using core::Rejection;
using core::SentParameters;

// The rest of a long message is an echo of the request or advice.
constexpr std::size_t examined_bytes = 800;

constexpr ParameterForms token_limit{ParameterForm::max_tokens, ParameterForm::max_completion_tokens};
constexpr ParameterForms format{ParameterForm::response_format, ParameterForm::forced_tool};
constexpr ParameterForms budget{ParameterForm::thinking_budget, ParameterForm::thinking_disabled};
constexpr ParameterForms thinking = budget.with({ParameterForm::thinking, ParameterForm::reasoning_effort});

constexpr ParameterForms images{ParameterForm::images};
constexpr ParameterForms documents{ParameterForm::documents};
constexpr ParameterForms attachments = images.with(documents);

// Names without case and punctuation, so that top_p, topP and "top p" are one; the longest name at a place applies.
struct Name {
  std::string_view text;
  ParameterForms forms;
};
constexpr auto names = std::to_array<Name>({
    {"temperature", {ParameterForm::temperature}},
    {"topp", {ParameterForm::top_p}},
    {"maxtokens", token_limit},
    {"maxcompletiontokens", token_limit},
    {"maxoutputtokens", token_limit},
    {"seed", {ParameterForm::seed}},
    {"randomseed", {ParameterForm::seed}},
    {"stop", {ParameterForm::stop}},
    {"stopsequence", {ParameterForm::stop}},
    {"stopsequences", {ParameterForm::stop}},
    {"reasoning", {ParameterForm::reasoning_effort}},
    {"reasoningeffort", {ParameterForm::reasoning_effort}},
    {"effort", {ParameterForm::reasoning_effort}},
    {"outputconfigeffort", {ParameterForm::reasoning_effort}},
    {"thinkinglevel", {ParameterForm::reasoning_effort}},
    {"thinkingconfigthinkinglevel", {ParameterForm::reasoning_effort}},
    {"thinking", thinking},
    {"thinkingconfig", thinking},
    {"thinkingconfigincludethoughts", {ParameterForm::thinking}},
    {"includethoughts", {ParameterForm::thinking}},
    {"thinkingbudget", budget},
    {"thinkingbudgettokens", budget},
    {"thinkingconfigthinkingbudget", budget},
    {"budget", budget},
    {"outputconfig", format.with({ParameterForm::reasoning_effort})},
    {"outputconfigformat", format},
    {"outputformat", format},
    {"responseformat", format},
    {"responseschema", format},
    {"responsejsonschema", format},
    {"responsemimetype", format},
    {"jsonschema", format},
    {"jsonmode", format},
    {"structuredoutput", format},
    {"structuredoutputs", format},
    {"tools", format},
    {"toolchoice", format},
    {"tooluse", format},
    {"image", images},
    {"images", images},
    {"imageurl", images},
    {"imageinput", images},
    {"inputimage", images},
    {"vision", images},
    {"multimodal", attachments},
    {"file", documents},
    {"files", documents},
    {"fileinput", documents},
    {"inputfile", documents},
    {"filedata", documents},
    {"pdf", documents},
    {"document", documents},
    {"documents", documents},
    {"mimetype", attachments},
    {"inlinedata", attachments},
    {"contentmustbe", attachments},  // Groq: `messages[0].content must be a string`
});
constexpr std::size_t name_words_max = 3;

struct Word {
  std::string text;     // lower case, without _ and -
  std::size_t end = 0;  // in the message
};

// A hyphen or an underscore is inside of a word, so that a model's name is one word; a dot separates the words of a
// path.
std::vector<Word> words_of(std::string_view message) {
  std::vector<Word> words;
  bool open = false;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    const bool inside = is_alphanumeric(c) || c == '_' || c == '-';
    if (inside && !open) words.emplace_back();
    open = inside;
    if (!inside) continue;
    if (is_alphanumeric(c)) words.back().text += lower(c);
    words.back().end = i + 1;
  }
  return words;
}

struct Found {
  ParameterForms forms;  // those that were sent
  std::size_t end = 0;   // of the name in the message
};

std::optional<Found> first_named(const std::vector<Word>& words, ParameterForms sent) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (std::size_t count = std::min(name_words_max, words.size() - i); count > 0; --count) {
      std::string joined;
      for (std::size_t k = i; k < i + count; ++k) joined += words[k].text;
      const auto name = std::find_if(names.begin(), names.end(), [&](const Name& row) { return row.text == joined; });
      if (name == names.end()) continue;
      const auto forms = name->forms.common_with(sent);
      if (!forms.empty()) return Found{forms, words[i + count - 1].end};
      break;  // a name of something that was not sent; its parts are no names of their own
    }
  }
  return std::nullopt;
}

// The next whole number and the text behind it; numbers inside of words, such as those of a model's name, do not count.
struct Number {
  std::int64_t value = 0;
  std::string_view rest;
};
std::optional<Number> next_number(std::string_view text) {
  const auto in_word = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!in_word(text[i])) continue;
    const auto end = static_cast<std::size_t>(
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), in_word) - text.begin());
    Number number{0, text.substr(end)};
    const auto [last, fault] = std::from_chars(text.data() + i, text.data() + end, number.value);
    if (fault == std::errc() && last == text.data() + end) return number;
    i = end;
  }
  return std::nullopt;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [text](std::string_view phrase) { return text.find(phrase) != text.npos; });
}

// The largest number below the value that was sent, in a message that names a limit: `64000 > 8192`, "at most 16384",
// "[1, 8192]", "from 1 (inclusive) to 65537 (exclusive)".
std::optional<int> smaller_maximum(std::string_view text, int value) {
  constexpr int sensible_min = 16;
  if (!has_any(text, {">", "<", "most", "maximum", "less than", "range", "up to", "between", "exceed", "too large"}))
    return std::nullopt;
  std::int64_t best = 0;
  for (auto number = next_number(text); number; number = next_number(number->rest)) {
    auto limit = number->value;
    if (number->rest.starts_with(" (exclusive")) --limit;
    if (limit < value) best = std::max(best, limit);
  }
  return best >= sensible_min ? std::optional(static_cast<int>(best)) : std::nullopt;
}

// Space for the answer in the context window: "188240 + 21333 > 200000", or "4096 > 4096 - 1000".
std::optional<int> context_space(std::string_view text, int value) {
  const auto operation = [](const Number& number) { return trimmed(number.rest.substr(0, 3), " ").substr(0, 1); };
  for (auto first = next_number(text); first; first = next_number(first->rest)) {
    const auto second = next_number(first->rest);
    const auto third = second ? next_number(second->rest) : std::nullopt;
    if (!third) break;
    const bool sum = operation(*first) == "+" && operation(*second) == ">";
    const bool difference = operation(*first) == ">" && operation(*second) == "-";
    const auto space = sum ? third->value - first->value : second->value - third->value;
    if ((sum || difference) && space > 0 && space < value) return static_cast<int>(space);
  }
  return std::nullopt;
}

Rejection token_limit_rejection(std::string_view message, std::size_t name_end, const Found& found, int value) {
  Rejection rejection;
  // The space depends on the length of this prompt.
  rejection.lasting = !has_any(message, {"context length", "context limit", "input tokens", "prompt"});
  const auto maximum = rejection.lasting ? smaller_maximum(message.substr(name_end), value)
                                         : context_space(message.substr(name_end), value);
  if (maximum) {
    rejection.restrictions.max_tokens = maximum;
  } else {
    rejection.restrictions.rejected = found.forms;
  }
  return rejection;
}

}  // namespace

std::optional<Rejection> find_rejection(std::string_view message, const SentParameters& sent) {
  message = message.substr(0, examined_bytes);
  const auto found = first_named(words_of(message), sent.forms);
  if (!found) return std::nullopt;
  Rejection rejection;
  if (found->forms.common_with(token_limit).empty()) {
    rejection.restrictions.rejected = found->forms;
  } else {
    rejection = token_limit_rejection(message, found->end, *found, sent.max_tokens);
  }
  rejection.restrictions.rejected = rejection.restrictions.rejected.without(sent.mandatory);
  if (rejection.restrictions == core::ModelRestrictions()) return std::nullopt;
  return rejection;
}

}  // namespace plenum::protocol
