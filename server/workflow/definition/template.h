// Prompt templates: Mustache without escaping and without partials, lambdas or other delimiters.
// Source: mustache(5). The library renders an unknown name as empty text without an error, so every name is
// checked against the step's inputs when the workflow is loaded.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "server/workflow/kinds/step_kind.h"

namespace plenum::workflow {

// A tag of a template: its name, the byte offset of the tag, and the enclosing sections, outermost first.
struct TemplateUse {
  std::string name;
  std::size_t offset = 0;
  std::vector<std::string> sections;
};

struct TemplateError {
  std::size_t offset = 0;
  std::string what;
  std::string remedy;
};

// All variables and sections of the template, in order. Any thread.
tl::expected<std::vector<TemplateUse>, TemplateError> template_uses(const std::string& text);

// The value of a template variable: a text or a list of items.
struct Binding {
  std::string text;
  std::vector<Item> items;

  Binding() = default;
  Binding(std::string value) : text(std::move(value)) {}
  Binding(const char* value) : text(value) {}
  Binding(std::vector<Item> list) : items(std::move(list)) {}
  bool empty() const { return text.empty() && items.empty(); }
};

// The variables of a template. A missing or empty variable is false: its section is omitted and its inverted
// section is rendered. The section of a list is rendered once per item; the fields of the item shadow other
// variables there. A list used as a variable renders as empty text.
using Bindings = std::map<std::string, Binding, std::less<>>;

// A parsed template. Immutable; any thread.
class Template {
 public:
  // A template that template_uses rejects renders as empty text.
  explicit Template(std::string text);

  const std::string& text() const { return text_; }
  // The rendered text, or nothing if it would exceed bytes_max. Values are inserted verbatim and never parsed
  // as templates.
  std::optional<std::string> render(const Bindings& bindings, std::size_t bytes_max) const;

  struct Part;

 private:
  std::string text_;
  std::shared_ptr<const Part> root_;
};

inline constexpr std::size_t tags_max = 500;  // per template
inline constexpr std::size_t section_depth_max = 16;
// Size of the rendered templates of one step. No model reads this much; a short template that repeats a long
// text could reach it, and so could long answers of many members over many rounds.
inline constexpr std::size_t rendered_bytes_max = std::size_t{16} << 20;
// Size of the final answer, which may contain the texts of all members.
inline constexpr std::size_t rendered_answer_bytes_max = std::size_t{64} << 20;

}  // namespace plenum::workflow
