#include "server/workflow/definition/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <kainjow/mustache.hpp>
#include <optional>

#include "common/base/strings.h"

namespace plenum::workflow {

struct Template::Part {
  enum class Kind { text, value, section, inverted };
  Kind kind = Kind::text;
  std::string text;         // literal text, or the name of a variable or section
  std::vector<Part> parts;  // of a section
};

namespace {

namespace mustache = kainjow::mustache;
using Component = mustache::component<std::string>;

// Every message of the library ends with ` at <byte>`.
TemplateError syntax_fault(const std::string& message) {
  TemplateError fault{0, message, "Close every {{tag}} and end every {{#section}} with {{/section}}."};
  const auto at = message.rfind(" at ");
  if (at == std::string::npos) return fault;
  const char* digits = message.data() + at + 4;
  std::from_chars(digits, message.data() + message.size(), fault.offset);
  fault.what = message.substr(0, at);
  return fault;
}

class TemplateReader {
 public:
  void read(const Component& parent) {
    for (const Component& child : parent.children) {
      if (fault) return;
      read_tag(child);
      const bool is_inverted = child.tag.type == mustache::tag_type::section_begin_inverted;
      const bool is_section = child.tag.type == mustache::tag_type::section_begin;
      if ((is_section || is_inverted) && ++depth_ > section_depth_max) {
        return reject(child, fmt::format("sections stand inside each other more than {} deep", section_depth_max),
                      "Close some of them first.");
      }
      if (is_section) sections_.push_back(child.tag.name);
      read(child);
      if (is_section) sections_.pop_back();
      if (is_section || is_inverted) --depth_;
    }
  }

  std::vector<TemplateUse> uses;
  std::optional<TemplateError> fault;

 private:
  void read_tag(const Component& component) {
    using mustache::tag_type;
    const auto& tag = component.tag;
    switch (tag.type) {
      case tag_type::text:
      case tag_type::comment:
      case tag_type::section_end:
        return;
      case tag_type::partial:
        return reject(component, "partials ({{>…}}) are not supported", "Write the text in position.");
      case tag_type::set_delimiter:
        return reject(component, "other delimiters ({{=…=}}) are not supported", "Use {{ and }}.");
      default:
        break;
    }
    if (tag.name.empty()) return reject(component, "a tag without a name", "Put a name between {{ and }}.");
    uses.push_back({tag.name, component.position, sections_});
  }

  void reject(const Component& component, std::string what, std::string remedy) {
    fault = TemplateError{component.position, std::move(what), std::move(remedy)};
  }

  std::vector<std::string> sections_;  // enclosing the current tag
  std::size_t depth_ = 0;              // including inverted sections
};

// The template as a tree; `error` is empty on success.
Component parsed(const std::string& text, std::string& error) {
  mustache::context<std::string> names;
  mustache::context_internal<std::string> state(names);
  Component root;
  mustache::parser<std::string> reads(text, state, root, error);
  return root;
}

bool is_lone_section_tag(std::string_view line) {
  line = trimmed(line);
  if (line.size() < 5 || !line.starts_with("{{") || line.find("}}") != line.size() - 2) return false;
  return line[2] == '#' || line[2] == '^' || line[2] == '/' || line[2] == '!';
}

// Removes the line of a section tag that is alone on it (mustache(5), "standalone"). The library does so only
// for sections that are rendered; omitted ones would produce empty lines.
std::string without_lone_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t tag = line.find("{{");
    out += is_lone_section_tag(line) ? line.substr(tag, line.rfind("}}") + 2 - tag) : line;
    text.remove_prefix(line.size());
  }
  return out;
}

void add_parts(const Component& from, std::vector<Template::Part>& parts) {
  using mustache::tag_type;
  using Kind = Template::Part::Kind;
  for (const Component& child : from.children) {
    switch (child.tag.type) {
      case tag_type::text:
        // The library splits text into pieces.
        if (parts.empty() || parts.back().kind != Kind::text) parts.emplace_back();
        parts.back().text += child.text;
        break;
      case tag_type::variable:
      case tag_type::unescaped_variable:
        parts.push_back({Kind::value, child.tag.name, {}});
        break;
      case tag_type::section_begin:
      case tag_type::section_begin_inverted:
        parts.push_back(
            {child.tag.type == tag_type::section_begin ? Kind::section : Kind::inverted, child.tag.name, {}});
        add_parts(child, parts.back().parts);
        break;
      default:
        break;
    }
  }
}

// Resolves names at one position: fields of the enclosing items first, innermost to outermost, then variables.
class Scope {
 public:
  explicit Scope(const Bindings& bindings) : bindings_(bindings) {}
  Scope(const Scope& around, const Item& item) : bindings_(around.bindings_), around_(&around), item_(&item) {}

  std::string_view text(const std::string& name) const {
    if (const std::string* value = in_items(name)) return *value;
    const auto found = bindings_.find(name);
    return found == bindings_.end() ? std::string_view() : std::string_view(found->second.text);
  }
  bool shows(const std::string& name) const {
    if (const std::string* value = in_items(name)) return !value->empty();
    const auto found = bindings_.find(name);
    return found != bindings_.end() && !found->second.empty();
  }
  const std::vector<Item>* list(const std::string& name) const {
    if (in_items(name) != nullptr) return nullptr;
    const auto found = bindings_.find(name);
    return found == bindings_.end() || found->second.items.empty() ? nullptr : &found->second.items;
  }

 private:
  const std::string* in_items(const std::string& name) const {
    for (const Scope* scope = this; scope != nullptr && scope->item_ != nullptr; scope = scope->around_) {
      if (const auto found = scope->item_->find(name); found != scope->item_->end()) return &found->second;
    }
    return nullptr;
  }

  const Bindings& bindings_;
  const Scope* around_ = nullptr;
  const Item* item_ = nullptr;
};

// Checks the size before it appends, so that a text over the limit is never built.
class Renderer {
 public:
  explicit Renderer(std::size_t bytes_max) : remaining_(bytes_max) {}

  // False if the limit is exceeded.
  bool render(const Template::Part& parent, const Scope& scope) {
    using Kind = Template::Part::Kind;
    for (const Template::Part& part : parent.parts) {
      bool fits = true;
      switch (part.kind) {
        case Kind::text:
          fits = put(part.text);
          break;
        case Kind::value:
          fits = put(scope.text(part.text));
          break;
        case Kind::section:
          if (const auto* items = scope.list(part.text)) {
            fits = std::all_of(items->begin(), items->end(),
                               [&](const Item& item) { return render(part, Scope(scope, item)); });
          } else if (scope.shows(part.text)) {
            fits = render(part, scope);
          }
          break;
        case Kind::inverted:
          fits = scope.shows(part.text) || render(part, scope);
          break;
      }
      if (!fits) return false;
    }
    return true;
  }

  std::string out;

 private:
  bool put(std::string_view text) {
    if (text.size() > remaining_) return false;
    remaining_ -= text.size();
    out += text;
    return true;
  }

  std::size_t remaining_;
};

// The offset of the first tag beyond tags_max; npos if there is none.
std::size_t find_excess_tag(std::string_view text) {
  std::size_t at = text.find("{{");
  for (std::size_t tags = 0; at != std::string_view::npos; at = text.find("{{", at + 2)) {
    if (++tags > tags_max) return at;
  }
  return std::string_view::npos;
}

}  // namespace

tl::expected<std::vector<TemplateUse>, TemplateError> template_uses(const std::string& text) {
  // Checked before anything is allocated for the tags.
  if (const std::size_t at = find_excess_tag(text); at != std::string::npos) {
    return tl::unexpected(TemplateError{at, fmt::format("the template has more than {} tags", tags_max),
                                        "Show each name once, or divide the work between several steps."});
  }
  std::string error;
  const Component root = parsed(text, error);
  if (!error.empty()) return tl::unexpected(syntax_fault(error));
  TemplateReader reader;
  reader.read(root);
  if (reader.fault) return tl::unexpected(std::move(*reader.fault));
  return std::move(reader.uses);
}

Template::Template(std::string text) : text_(std::move(text)) {
  auto root = std::make_shared<Part>();
  std::string error;
  if (find_excess_tag(text_) == std::string::npos) {
    const Component read = parsed(without_lone_lines(text_), error);
    if (error.empty()) add_parts(read, root->parts);
  }
  root_ = std::move(root);
}

std::optional<std::string> Template::render(const Bindings& bindings, std::size_t bytes_max) const {
  Renderer renderer(bytes_max);
  if (!renderer.render(*root_, Scope(bindings))) return std::nullopt;
  return std::move(renderer.out);
}

}  // namespace plenum::workflow
