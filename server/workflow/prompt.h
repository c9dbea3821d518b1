// Prompt templates: Mustache without escaping and without partials, lambdas or other delimiters.
// Source: mustache(5). The library leaves an unknown name silently empty, so templates are read once
// at load and every name is compared with what the step can see.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace plenum::workflow {

// A name in a template and the byte at which its tag begins.
struct TemplateUse {
  std::string name;
  std::size_t offset = 0;
};

struct TemplateFault {
  std::size_t offset = 0;
  std::string what;
  std::string remedy;
};

// Every variable and section of the template, in its order. Any thread.
tl::expected<std::vector<TemplateUse>, TemplateFault> template_uses(const std::string& text);

// What templates can see. A name that is missing or has an empty text counts as false: its section is
// left out, its inverted section is shown.
using Bindings = std::map<std::string, std::string, std::less<>>;

// The text with every name replaced. Values are put in as they are and never read as templates. The
// template must have passed template_uses. Any thread.
std::string render(const std::string& text, const Bindings& bindings);

}  // namespace plenum::workflow
