// Every fault of a file at once, and files that are made to be too much.
#include <doctest/doctest.h>

#include "server/workflow/definition/template.h"
#include "tests/unit/workflow/definition/diagnostics_text.h"

namespace plenum::workflow {

using tests::fault_in;
using tests::head;
using tests::step;
using tests::step_a;

namespace {

// Every fault, as `line:column what`, by position.
std::vector<std::string> faults_in(const std::string& text) {
  std::vector<std::string> faults;
  const CheckedWorkflow checked = check_workflow(text, "w.toml");
  CHECK(checked.workflow.has_value() == checked.faults.empty());
  for (const Diagnostic& fault : checked.faults) {
    CHECK_FALSE(fault.remedy.empty());
    faults.push_back(fmt::format("{}:{} {}", fault.position.line, fault.position.column, fault.what));
  }
  return faults;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

}  // namespace

TEST_CASE("a template that would multiply lists is refused with its place") {
  const std::string bomb = R"(name = "w"
description = "d"
answer = "x"
[[steps]]
id = "a"
agent = "M"
stage = "s"
each = "members"
prompt = "{{task}}"
[[steps]]
id = "b"
agent = "M"
stage = "s"
each = "members"
inputs = ["a"]
prompt = "{{#a}}{{#a}}{{text}}{{/a}}{{/a}}"
)";
  CHECK(fault_in(bomb) == "w.toml:16:17: the list {{a}} is nested in another list");
}

TEST_CASE("all errors of a file are reported at once, by position") {
  const std::string text = R"(name = "w"
description = "d"
roles = ["one"]
chairman = "unknown"
answer = "{{a}} {{z}}"
color = "red"
[[steps]]
id = "a"
agent = "A"
stage = "s"
role = "two"
parameters = { temperature = 9 }
prompt = "{{tsk}} {{contxt}} {{tsk}}"
[[steps]]
id = "b"
agent = "B"
inputs = ["missing"]
when = { a = "issues" }
prompt = "{{a}} {{missing}} {{nonsense}}"
)";
  CHECK(faults_in(text) == std::vector<std::string>{
                               "4:12 unknown role \"unknown\"",
                               "5:17 unknown template variable {{z}}",
                               "6:1 unknown key `color`",
                               "11:8 unknown role \"two\"",
                               "12:30 `temperature` must be a number from 0 to 2",
                               "13:11 unknown template variable {{tsk}}",
                               "13:19 unknown template variable {{contxt}}",
                               "14:1 `stage` is missing",
                               "17:11 no step outputs \"missing\"",
                               "18:10 \"a\" is not a review",
                               "19:17 unknown template variable {{missing}}",
                               "19:29 unknown template variable {{nonsense}}",
                           });
}

TEST_CASE("an invalid name is one error and does not cause others") {
  CHECK(faults_in(head + step("A b", "prompt = \"{{oops}}\"\ninputs = [\"x\"]") + step("a", "prompt = \"{{task}}\"")) ==
        std::vector<std::string>{"6:6 `id` is not a name: \"A b\""});
  CHECK(faults_in("name = [").size() == 1);  // a syntax error ends the parse
  CHECK(faults_in(head).size() == 1);        // without steps, the answer is not checked
}

TEST_CASE("an error in rounds is reported once, and the number of errors is bounded") {
  const std::string in_rounds = head + step("a", "prompt = \"x\"") + "[[steps]]\nrounds = 9\n" +
                                "[[steps.round]]\nid = \"r\"\nagent = \"A\"\nstage = \"s\"\nprompt = \"{{no}}\"\n";
  CHECK(faults_in(in_rounds) == std::vector<std::string>{"16:11 unknown template variable {{no}}"});
  std::string many = head;
  for (int i = 0; i < 5000; ++i) many += fmt::format("key{} = 1\n", i);
  CHECK(faults_in(many + step("a", "prompt = \"x\"")).size() == diagnostics_max);
}

TEST_CASE("oversized files are rejected quickly, with position and remedy") {
  CHECK(fault_in(step_a("prompt = \"" + std::string(10 << 20, 'x') + "\"")).find("w.toml:1:1: the file has 104") == 0);
  CHECK(fault_in(step_a("prompt = \"" + std::string(3 << 20, 'x') + "\"")) ==
        "w.toml:9:10: `prompt` has 3145728 bytes");
  std::string steps = head;
  for (int i = 0; i < 10'000; ++i) steps += step(fmt::format("s{}", i), "prompt = \"x\"");
  CHECK(fault_in(steps) == "w.toml:5005:1: there are more than 1000 steps");
  std::string names;
  for (int i = 0; i < 200'000; ++i) names += fmt::format("\"n{}\",", i);
  CHECK(fault_in(step_a("prompt = \"x\"\ninputs = [" + names + "]")) == "w.toml:10:10: `inputs` holds 200000 names");
}

TEST_CASE("a file of errors only is checked in bounded time") {
  std::string unknown, text = head;
  for (int i = 0; i < 500; ++i) unknown += fmt::format("{{{{x{}}}}}", i);
  for (int i = 0; i < 950; ++i) text += step(fmt::format("s{}", i), "prompt = \"" + unknown + "\"");
  CHECK(faults_in(text).size() == diagnostics_max);
}

TEST_CASE("excessive nesting is rejected at its position") {
  CHECK(fault_in(head + "a = " + std::string(1 << 20, '[')).find("w.toml:5:") == 0);
  CHECK(fault_in(head + "a = " + repeated("{a=", 1 << 20)).find("w.toml:5:") == 0);
  CHECK(fault_in("a" + repeated(".a", 1 << 20) + " = 1\n") == "w.toml:1:32: a key has more than 16 parts");
  CHECK(fault_in(head + "[a" + repeated(".\"{=\"", 1 << 19) + "]") == "w.toml:5:78: a key has more than 16 parts");
  // Dots elsewhere are irrelevant.
  const std::string dots = repeated("a.b.", 20);
  CHECK(fault_in(step_a("prompt = '''\n" + dots + " = \"1\" ''" + dots + "'''  # " + dots)) == "fine");
  CHECK(fault_in(step_a("prompt = \"\\\"" + dots + "\"")) == "fine");
}

TEST_CASE("a template with excessive tags or nesting is rejected at the first excess tag") {
  CHECK(fault_in(step_a("prompt = \"" + repeated("{{task}}", 8000) + "\"")) ==
        "w.toml:9:4011: the template has more than 500 tags");
  CHECK(fault_in(step_a("prompt = \"" + repeated("{{#task}}", 17) + repeated("{{/task}}", 17) + "\"")) ==
        "w.toml:9:155: sections stand inside each other more than 16 deep");
  std::string answer = step_a("prompt = \"x\"");
  const std::string shown = "{{a}}";
  CHECK(fault_in(answer.replace(answer.find(shown), shown.size(), repeated(shown, 501))) ==
        "w.toml:4:2511: the template has more than 500 tags");
}

TEST_CASE("a workflow has its source text and a version derived from it") {
  const std::string text = step_a("prompt = \"x\"");
  const auto one = load_workflow(text, "w.toml"), again = load_workflow(text, "elsewhere.toml");
  const auto other = load_workflow(text + "# a remark\n", "w.toml");
  REQUIRE((one && again && other));
  CHECK(*one->source == text);
  CHECK(one->version.size() == 16);
  CHECK(one->version == again->version);
  CHECK(one->version != other->version);
}

}  // namespace plenum::workflow
