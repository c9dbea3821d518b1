#include "server/workflow/definition/template.h"

#include <doctest/doctest.h>

namespace plenum::workflow {

namespace {

std::string render(const std::string& text, const Bindings& bindings) {
  return Template(text).render(bindings, rendered_bytes_max).value_or("too long");
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

std::string fault_of(const std::string& text) {
  const auto uses = template_uses(text);
  return uses ? "fine" : std::to_string(uses.error().offset) + " " + uses.error().what;
}

}  // namespace

TEST_CASE("a template inserts values verbatim, without escaping") {
  CHECK(render("{{code}}", {{"code", "if (a < b && \"c\") {}"}}) == "if (a < b && \"c\") {}");
}

TEST_CASE("a value that looks like a template is not parsed as one") {
  CHECK(render("{{task}}", {{"task", "print {{code}} {{#x}}"}, {"code", "secret"}}) == "print {{code}} {{#x}}");
}

TEST_CASE("a section is omitted with its lines if its variable is missing or empty") {
  const std::string text = "Task\n{{#context}}\nContext: {{context}}\n{{/context}}\nEnd";
  CHECK(render(text, {{"context", ""}}) == "Task\nEnd");
  CHECK(render(text, {}) == "Task\nEnd");
  CHECK(render(text, {{"context", "{}"}}) == "Task\nContext: {}\nEnd");
  CHECK(render("a\n  {{#x}}  \r\n\n# X\n{{/x}}", {{"x", "1"}}) == "a\n\n# X\n");
  CHECK(render("a {{#x}}\nb\n{{/x}} c", {}) == "a  c");  // not alone on their lines
  CHECK(render("{{^review}}not reviewed{{/review}}", {{"review", ""}}) == "not reviewed");
}

TEST_CASE("the variables of a template are found with their offsets, also inside sections") {
  const auto uses = template_uses("{{task}} {{#a}} {{{b}}} {{^c}}{{! a remark }}{{&d}}{{/c}}{{/a}}");
  REQUIRE(uses);
  std::string names;
  for (const auto& use : *uses) names += use.name + " ";
  CHECK(names == "task a b c d ");
  CHECK((*uses)[1].offset == 9);
}

TEST_CASE("an unsupported construct of a template is reported with its offset") {
  const auto offset_and_what = [](const char* text) {
    const auto uses = template_uses(text);
    return uses ? std::string("fine") : std::to_string(uses.error().offset) + " " + uses.error().what;
  };
  CHECK(offset_and_what("ab {{task") == "3 Unclosed tag");
  CHECK(offset_and_what("ab {{#task}} x") == "3 Unclosed section \"task\"");
  CHECK(offset_and_what("{{#a}}{{/b}}") == "0 Unclosed section \"a\"");
  CHECK(offset_and_what("x {{/b}}") == "2 Unopened section \"b\"");
  CHECK(offset_and_what("x {{>other}}") == "2 partials ({{>…}}) are not supported");
  CHECK(offset_and_what("{{=<% %>=}}") == "0 other delimiters ({{=…=}}) are not supported");
  CHECK(offset_and_what("{{}}") == "0 a tag without a name");
  CHECK(offset_and_what("x {{") == "2 Unclosed tag");
}

TEST_CASE("a template with too many tags is rejected at the first excess tag") {
  CHECK(fault_of(repeated("{{task}}", tags_max)) == "fine");
  CHECK(fault_of(repeated("{{task}}", tags_max + 1)) == "4000 the template has more than 500 tags");
  CHECK(fault_of(repeated("{{#task}}", 7000)) == "4500 the template has more than 500 tags");
}

TEST_CASE("sections may be nested up to a limit") {
  const auto nested = [](std::size_t deep, const std::string& sign) {
    return repeated("{{" + sign + "a}}", deep) + repeated("{{/a}}", deep);
  };
  CHECK(fault_of(nested(section_depth_max, "#")) == "fine");
  CHECK(fault_of(nested(section_depth_max + 1, "#")) == "96 sections stand inside each other more than 16 deep");
  CHECK(fault_of(nested(section_depth_max + 1, "^")) == "96 sections stand inside each other more than 16 deep");
  CHECK(fault_of(repeated("{{#a}}{{/a}}", 100)) == "fine");  // beside each other
}

TEST_CASE("a text over the size limit is not rendered, and a text of exactly the limit is") {
  const Bindings bindings{{"task", std::string(1000, 'x')}, {"list", std::vector<Item>(3, Item{{"text", "12345"}})}};
  CHECK(Template("{{task}}{{task}}").render(bindings, 2000)->size() == 2000);
  CHECK_FALSE(Template("{{task}}{{task}}").render(bindings, 1999));
  CHECK(Template("{{#list}}{{text}}{{/list}}").render(bindings, 15));
  CHECK_FALSE(Template("{{#list}}{{text}}{{/list}}").render(bindings, 14));
  CHECK_FALSE(Template("{{^none}}text{{/none}}").render(bindings, 3));
  CHECK(Template("{{! {{task}} }}").render(bindings, 1000));
}

}  // namespace plenum::workflow
