#include "server/workflow/definition/workflow_compiler.h"

#include <doctest/doctest.h>

#include "server/workflow/definition/template.h"
#include "tests/unit/workflow/definition/diagnostics_text.h"

namespace plenum::workflow {

using tests::fault_in;
using tests::head;
using tests::remedy_of;
using tests::step;
using tests::step_a;

namespace {

std::string ids(const Workflow& workflow) {
  std::string text;
  for (const Step& step : workflow.steps) text += step.id + " ";
  return text;
}

const std::string rounds_file = R"(name = "w"
description = "d"
roles = ["one", "two"]
chairman = "two"
review = "review"
answer = "{{code}}"

[[steps]]
id = "code"
agent = "Coder"
stage = "s"
role = "one"
prompt = "{{task}}"

[[steps]]
id = "review"
agent = "Reviewer"
stage = "s"
role = "two"
form = "review"
needs = ["code"]
prompt = "{{code}}"

[[steps]]
rounds = 2
while = { review = "issues" }

[[steps.round]]
id = "refine"
agent = "Refiner"
stage = "s"
role = "one"
binds = "code"
needs = ["code", "review"]
prompt = "{{code}} {{review}}"

[[steps.round]]
id = "review"
agent = "Reviewer"
stage = "s"
role = "two"
form = "review"
needs = ["code"]
prompt = "{{code}}"

[[steps]]
id = "document"
agent = "Documenter"
stage = "s"
role = "one"
needs = ["code"]
prompt = "{{code}}"
)";

}  // namespace

TEST_CASE("a file of one step gives its defaults to what is not written") {
  const auto workflow = load_workflow(step_a("prompt = \"{{task}}\""), "w.toml");
  REQUIRE(workflow);
  CHECK(workflow->deadline == std::chrono::minutes(15));
  CHECK(workflow->rounds_max == 0);
  const Step& only = workflow->steps.at(0);
  CHECK(only.binds == "a");
  CHECK(only.role == 0);
  CHECK(only.kind->name == "text");
  CHECK(only.on_error == OnError::fail);
  CHECK(only.timeout == std::chrono::minutes(3));
  CHECK_FALSE(only.temperature);
}

TEST_CASE("everything that a step may say reaches the workflow") {
  const auto workflow = load_workflow(step_a(R"(description = "does it"
role = "one"
form = "largest_fence"
system = "be {{task}}"
prompt = "{{context}}"
temperature = 0
max_tokens = 20
timeout_s = 7
on_error = "degrade")"),
                                      "w.toml");
  REQUIRE(workflow);
  const Step& only = workflow->steps.at(0);
  CHECK(only.description == "does it");
  CHECK(only.kind->name == "largest_fence");
  REQUIRE(only.system_template);
  CHECK(only.system_template->text() == "be {{task}}");
  CHECK(only.temperature == 0.0);
  CHECK(only.max_tokens == 20);
  CHECK(only.timeout == std::chrono::seconds(7));
  CHECK(only.on_error == OnError::degrade);
}

TEST_CASE("rounds are unrolled with numbered ids, and names mean the latest step before") {
  const auto workflow = load_workflow(rounds_file, "w.toml");
  REQUIRE_MESSAGE(workflow, fault_in(rounds_file));
  CHECK(ids(*workflow) == "code review refine-1 review-1 refine-2 review-2 document ");
  CHECK(workflow->rounds_max == 2);
  CHECK(workflow->chairman_role == 1);
  CHECK(workflow->review->step == 5);
  const Step& second_refine = workflow->steps[4];
  CHECK(second_refine.round == 2);
  CHECK(second_refine.rebinds == 2);
  CHECK(second_refine.needs[1].step == 3);  // the review of the first round
  CHECK(second_refine.when->step == 3);
  CHECK(workflow->steps[5].when->step == 3);  // the condition is the round's, not the step's
  CHECK(workflow->steps[6].needs[0].step == 4);
  CHECK(workflow->steps[6].after == std::vector<StepIndex>{4});
}

TEST_CASE("faults of syntax, keys and values are named with file, line and column") {
  CHECK(fault_in("name = \n").starts_with("w.toml:1:"));
  CHECK(fault_in(head + "extra = 1\n" + step("a", "prompt = \"x\"")) == "w.toml:5:1: unknown key `extra`");
  CHECK(fault_in(step_a("prompt = \"x\"\nneed = []")) == "w.toml:10:1: unknown key `need`");
  CHECK(remedy_of(step_a("prompt = \"x\"\nneed = []")).find("needs") != std::string::npos);
  CHECK(fault_in(head + step("a", "")) == "w.toml:5:1: `prompt` is missing");
  CHECK(fault_in("") == "w.toml:1:1: `name` is missing");
  CHECK(fault_in(head + "steps = []\n") == "w.toml:5:9: `steps` must be one or more tables");
  CHECK(fault_in(step_a("prompt = 3")) == "w.toml:9:10: `prompt` must be a text");
  CHECK(fault_in(step_a("prompt = \"x\"\ntemperature = 2.5")) ==
        "w.toml:10:15: `temperature` must be a number from 0 to 2");
  CHECK(fault_in(step_a("prompt = \"x\"\nmax_tokens = 0")) ==
        "w.toml:10:14: `max_tokens` must be a whole number from 1 to 1000000");
  CHECK(fault_in(step_a("prompt = \"x\"\ntimeout_s = \"1\"")) ==
        "w.toml:10:13: `timeout_s` must be a number from 1 to 86400");
  CHECK(fault_in(step_a("prompt = \"x\"\nform = \"fence\"")) ==
        "w.toml:10:8: `form` has a value that it does not know");
  CHECK(fault_in(head + step("A b", "prompt = \"x\"")) == "w.toml:6:6: `id` is not a name: \"A b\"");
  CHECK(fault_in(step_a("prompt = \"x\"\nrole = \"two\"")) == "w.toml:10:8: unknown role \"two\"");
}

TEST_CASE("a step may need only what earlier steps bind") {
  CHECK(fault_in(step_a("prompt = \"x\"\nneeds = [\"b\"]")) == "w.toml:10:10: no step binds \"b\"");
  const std::string circle =
      head + step("a", "prompt = \"x\"\nneeds = [\"b\"]") + step("b", "prompt = \"x\"\nneeds = [\"a\"]");
  CHECK(fault_in(circle) == "w.toml:10:10: \"b\" is bound only by this step or a later one");
  CHECK(fault_in(step_a("prompt = \"x\"\nneeds = [\"a\"]")) ==
        "w.toml:10:10: \"a\" is bound only by this step or a later one");
}

TEST_CASE("a template may show only the task, the context and what its step needs") {
  CHECK(fault_in(step_a("prompt = \"{{tsk}}\"")) == "w.toml:9:11: unknown template variable {{tsk}}");
  CHECK(remedy_of(step_a("prompt = \"{{tsk}}\"")) == "Known: task, context, choices, a.");
  CHECK(fault_in(head + step("a", "prompt = \"x\"") + step("b", "prompt = \"{{#a}}{{/a}}\"")) ==
        "w.toml:14:11: the template shows {{a}}, but \"a\" is not among the step's needs");
  CHECK(fault_in("name = \"w\"\ndescription = \"d\"\nroles = [\"one\"]\nanswer = \"{{b}}\"\n" +
                 step("a", "prompt = \"x\"")) == "w.toml:4:11: unknown template variable {{b}}");
}

TEST_CASE("a fault inside a long template is named where it stands in the file") {
  const std::string prompt = "prompt = '''\nFür {{task}}:\n\n  äh {{context}} {{cotext}}\n'''";
  CHECK(fault_in(step_a(prompt)) == "w.toml:12:18: unknown template variable {{cotext}}");
  CHECK(fault_in(step_a("prompt = \"\"\"\\\n   {{task}} \\\n   {{#open}}\"\"\"")) ==
        "w.toml:11:4: Unclosed section \"open\"");
}

TEST_CASE("ids are unique, and the task's own names stay its own") {
  CHECK(fault_in(step_a("prompt = \"x\"") + step("a", "prompt = \"x\"\nbinds = \"b\"")) ==
        "w.toml:11:6: the id \"a\" is taken");
  CHECK(fault_in(step_a("prompt = \"x\"\nbinds = \"task\"")) == "w.toml:10:9: `binds` may not be \"task\"");
}

TEST_CASE("only a review can be asked by a condition") {
  CHECK(fault_in(step_a("prompt = \"x\"") + step("b", "prompt = \"x\"\nwhen = { a = \"issues\" }")) ==
        "w.toml:15:10: \"a\" is not a review");
  CHECK(fault_in(step_a("prompt = \"x\"\nform = \"review\"") + step("b", "prompt = \"x\"\nwhen = { a = \"yes\" }")) ==
        "w.toml:16:14: `when` has a value that it does not know");
}

TEST_CASE("limits on steps, templates and roles hold") {
  CHECK(fault_in(step_a(fmt::format("prompt = \"{}\"", std::string(prompt_bytes_max, 'x')))) == "fine");
  CHECK(fault_in(step_a(fmt::format("prompt = \"{}\"", std::string(prompt_bytes_max + 1, 'x')))) ==
        "w.toml:9:10: `prompt` has 65537 bytes");
  const auto rounds = [](int count) {
    return step_a("prompt = \"x\"") +
           fmt::format("[[steps]]\nrounds = {}\n[[steps.round]]\nid = \"r\"\nagent = \"A\"\n", count) +
           "stage = \"s\"\nprompt = \"x\"\n";
  };
  CHECK(fault_in(rounds(999)) == "fine");
  CHECK(fault_in(rounds(1000)) == "w.toml:12:1: there are more than 1000 steps");
  CHECK(fault_in(rounds(1001)) == "w.toml:11:10: `rounds` must be a whole number from 1 to 1000");
}

TEST_CASE("what every member runs is held together with what it gives") {
  const auto with = [](const std::string& second, const std::string& roles = "") {
    return "name = \"w\"\ndescription = \"d\"\nroles = [" + roles + R"(]
answer = "{{#answers}}{{text}}{{/answers}}"
[[steps]]
id = "answers"
agent = "M"
stage = "s"
each = "members"
prompt = "{{task}}"
[[steps]]
id = "second"
agent = "N"
stage = "t"
)" + second;
  };
  CHECK(load_workflow(with("each = \"answers\"\nform = \"ranking\"\nneeds = [\"answers\"]\n"
                           "prompt = \"{{#answers}}{{label}}{{#own}}!{{/own}}{{/answers}}\""),
                      "w"));
  CHECK(fault_in(with("each = \"second\"\nprompt = \"x\"")).find("is bound only by this step") != std::string::npos);
  CHECK(fault_in(with("prompt = \"x\"")).find("`role` is missing") != std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nrole = \"r\"\nprompt = \"x\"", "\"r\"")).find("has no `role`") !=
        std::string::npos);
  CHECK(fault_in(with("role = \"r\"\nform = \"choice\"\nprompt = \"x\"", "\"r\"")).find("needs `each`") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nform = \"review\"\nprompt = \"x\"")).find("cannot have `each`") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nform = \"ranking\"\nprompt = \"x\"")).find("needs a list to rank") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nquorum = 2\nprompt = \"x\"")).find("more than the step needs") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nbinds = \"answers\"\nneeds = [\"answers\"]\nprompt = \"{{text}}\""))
            .find("unknown template variable {{text}}") != std::string::npos);
  CHECK(fault_in(with("role = \"r\"\nbinds = \"answers\"\nprompt = \"x\"", "\"r\""))
            .find("is every member's in one step") != std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nexcept = \"nobody\"\nprompt = \"x\"")).find("unknown role") !=
        std::string::npos);
}

}  // namespace plenum::workflow
