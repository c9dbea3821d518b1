// Prompt templates: Mustache without escaping and without partials, lambdas or other delimiters.
// Source: mustache(5). The library leaves an unknown name silently empty, so templates are read once
// at load and every name is compared with what the step can see.
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

// A name in a template, the byte at which its tag begins, and the sections around it, outermost first.
struct TemplateUse {
  std::string name;
  std::size_t offset = 0;
  std::vector<std::string> sections;
};

struct TemplateFault {
  std::size_t offset = 0;
  std::string what;
  std::string remedy;
};

// Every variable and section of the template, in its order. Any thread.
tl::expected<std::vector<TemplateUse>, TemplateFault> template_uses(const std::string& text);

// What a name stands for: a text, or a list of items.
struct Binding {
  std::string text;
  std::vector<Item> items;

  Binding() = default;
  Binding(std::string value) : text(std::move(value)) {}
  Binding(const char* value) : text(value) {}
  Binding(std::vector<Item> list) : items(std::move(list)) {}
  bool empty() const { return text.empty() && items.empty(); }
};

// What templates can see. A name that is missing or is empty counts as false: its section is left out,
// its inverted section is shown. The section of a list is shown once for each item, whose names stand
// before all others there; as a variable a list is nothing.
using Bindings = std::map<std::string, Binding, std::less<>>;

// A template, read once and shown any number of times. Never changes; any thread.
class Template {
 public:
  // One that has not passed template_uses shows nothing of what it says.
  explicit Template(std::string text);

  const std::string& text() const { return text_; }
  // The text with every name replaced, or nothing when that would be longer than bytes_max. Values are put in
  // as they are and never read as templates.
  std::optional<std::string> render(const Bindings& bindings, std::size_t bytes_max) const;

  struct Part;

 private:
  std::string text_;
  std::shared_ptr<const Part> root_;
};

inline constexpr std::size_t tags_max = 500;  // of one template
inline constexpr std::size_t sections_deep_max = 16;
// Of what a step's templates come to. No model reads this much; a short template that shows a long text many
// times would come to it, as would many members' long answers over many rounds.
inline constexpr std::size_t rendered_bytes_max = std::size_t{16} << 20;
// Of a task's answer, in which the texts of all members may stand.
inline constexpr std::size_t rendered_answer_bytes_max = std::size_t{64} << 20;

}  // namespace plenum::workflow
