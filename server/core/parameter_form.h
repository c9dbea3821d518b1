// The forms in which provider protocols send the parameters of a model call. Models differ in what they accept, and no
// list of model names stays correct: a form that a model rejects is omitted from later requests to it. Pure; any
// thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace plenum::core {

enum class ParameterForm : std::uint8_t {
  temperature,
  top_p,
  max_tokens,
  max_completion_tokens,
  seed,
  stop,
  reasoning_effort,   // a word such as `low`
  thinking,           // a request for the text of the reasoning
  thinking_budget,    // reasoning_effort as a number of tokens
  thinking_disabled,  // reasoning_effort "none"
  response_format,
  forced_tool,  // a response format as the input of a tool that the model must call
  images,       // attachments
  documents,    // attachments: PDF
};
inline constexpr int parameter_forms = static_cast<int>(ParameterForm::documents) + 1;

// The name of the parameter for users, the same for all of its forms.
constexpr std::string_view name_of(ParameterForm form) {
  constexpr std::string_view names[] = {
      "temperature", "top_p",    "max_tokens",      "max_tokens",      "seed",  "stop", "reasoning_effort", "thinking",
      "thinking",    "thinking", "response_format", "response_format", "image", "pdf"};
  return names[static_cast<std::size_t>(form)];
}

class ParameterForms {
 public:
  constexpr ParameterForms() = default;
  constexpr ParameterForms(std::initializer_list<ParameterForm> forms) {
    for (const auto form : forms) add(form);
  }
  constexpr void add(ParameterForm form) { bits_ = static_cast<std::uint16_t>(bits_ | bit(form)); }
  constexpr bool contains(ParameterForm form) const { return (bits_ & bit(form)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr ParameterForms with(ParameterForms other) const { return ParameterForms(bits_ | other.bits_); }
  constexpr ParameterForms without(ParameterForms other) const { return ParameterForms(bits_ & ~other.bits_); }
  constexpr ParameterForms common_with(ParameterForms other) const { return ParameterForms(bits_ & other.bits_); }
  constexpr bool operator==(const ParameterForms&) const = default;

 private:
  constexpr explicit ParameterForms(int bits) : bits_(static_cast<std::uint16_t>(bits)) {}
  static constexpr int bit(ParameterForm form) { return 1 << static_cast<int>(form); }

  std::uint16_t bits_ = 0;
};

// The names of the parameters for users, each once, separated by commas.
inline std::string names_of(ParameterForms forms) {
  std::string names;
  std::string_view last;
  for (int i = 0; i < parameter_forms; ++i) {
    const auto form = static_cast<ParameterForm>(i);
    if (!forms.contains(form) || name_of(form) == last) continue;
    last = name_of(form);
    names.append(names.empty() ? "" : ", ").append(last);
  }
  return names;
}

// What a request to one model must not contain.
struct ModelRestrictions {
  ParameterForms rejected;
  std::optional<int> max_tokens;  // the largest value that the model accepts

  ModelRestrictions with(const ModelRestrictions& other) const {
    ModelRestrictions joined{rejected.with(other.rejected), max_tokens ? max_tokens : other.max_tokens};
    if (max_tokens && other.max_tokens) joined.max_tokens = std::min(*max_tokens, *other.max_tokens);
    return joined;
  }
  bool operator==(const ModelRestrictions&) const = default;
};

// The parameters in the body of one request.
struct SentParameters {
  ParameterForms forms;
  ParameterForms mandatory;  // those without which the request must not be made
  int max_tokens = 0;        // its value; 0: not sent
};

// What an error response rejected.
struct Rejection {
  ModelRestrictions restrictions;
  bool lasting = true;  // also applies to later requests to this model
};

}  // namespace plenum::core
