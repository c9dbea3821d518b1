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
kind = "review"
inputs = ["code"]
prompt = "{{code}}"

[[steps]]
rounds = 2
while = { review = "issues" }

[[steps.round]]
id = "refine"
agent = "Refiner"
stage = "s"
role = "one"
output = "code"
inputs = ["code", "review"]
prompt = "{{code}} {{review}}"

[[steps.round]]
id = "review"
agent = "Reviewer"
stage = "s"
role = "two"
kind = "review"
inputs = ["code"]
prompt = "{{code}}"

[[steps]]
id = "document"
agent = "Documenter"
stage = "s"
role = "one"
inputs = ["code"]
prompt = "{{code}}"
)";

}  // namespace

TEST_CASE("a file of one step has defaults for all omitted keys") {
  const auto workflow = load_workflow(step_a("prompt = \"{{task}}\""), "w.toml");
  REQUIRE(workflow);
  CHECK(workflow->deadline == std::chrono::minutes(15));
  CHECK(workflow->rounds_max == 0);
  const Step& only = workflow->steps.at(0);
  CHECK(only.output == "a");
  CHECK(only.role == 0);
  CHECK(only.kind->name == "text");
  CHECK(only.on_error == OnError::fail);
  CHECK(only.timeout == std::chrono::minutes(3));
  CHECK(only.parameters.empty());
}

TEST_CASE("every key of a step reaches the workflow") {
  const auto workflow = load_workflow(step_a(R"(description = "does it"
role = "one"
kind = "files"
system = "be {{task}}"
prompt = "{{context}}"
parameters = { temperature = 0, max_tokens = 20, stop = ["END"] }
timeout_s = 7
on_error = "degrade")"),
                                      "w.toml");
  REQUIRE(workflow);
  const Step& only = workflow->steps.at(0);
  CHECK(only.description == "does it");
  CHECK(only.kind->name == "files");
  REQUIRE(only.system_template);
  CHECK(only.system_template->text() == "be {{task}}");
  CHECK(only.parameters.temperature == 0.0);
  CHECK(only.parameters.max_tokens == 20);
  CHECK(only.parameters.stop == std::vector<std::string>{"END"});
  CHECK(only.timeout == std::chrono::seconds(7));
  CHECK(only.on_error == OnError::degrade);
}

TEST_CASE("rounds are unrolled with numbered ids, and names resolve to the latest earlier step") {
  const auto workflow = load_workflow(rounds_file, "w.toml");
  REQUIRE_MESSAGE(workflow, fault_in(rounds_file));
  CHECK(ids(*workflow) == "code review refine-1 review-1 refine-2 review-2 document ");
  CHECK(workflow->rounds_max == 2);
  CHECK(workflow->chairman_role == 1);
  CHECK(workflow->review->step == 5);
  const Step& second_refine = workflow->steps[4];
  CHECK(second_refine.round == 2);
  CHECK(second_refine.supersedes == 2);
  CHECK(second_refine.inputs[1].step == 3);  // the review of the first round
  CHECK(second_refine.when->step == 3);
  CHECK(workflow->steps[5].when->step == 3);  // the condition is the round's, not the step's
  CHECK(workflow->steps[6].inputs[0].step == 4);
  CHECK(workflow->steps[6].after == std::vector<StepIndex>{4});
}

TEST_CASE("errors of syntax, keys and values are reported with file, line and column") {
  CHECK(fault_in("name = \n").starts_with("w.toml:1:"));
  CHECK(fault_in(head + "extra = 1\n" + step("a", "prompt = \"x\"")) == "w.toml:5:1: unknown key `extra`");
  CHECK(fault_in(step_a("prompt = \"x\"\nneed = []")) == "w.toml:10:1: unknown key `need`");
  CHECK(remedy_of(step_a("prompt = \"x\"\nneed = []")).find("inputs") != std::string::npos);
  CHECK(fault_in(head + step("a", "")) == "w.toml:5:1: `prompt` is missing");
  CHECK(fault_in("") == "w.toml:1:1: `name` is missing");
  CHECK(fault_in(head + "steps = []\n") == "w.toml:5:9: `steps` must be one or more tables");
  CHECK(fault_in(step_a("prompt = 3")) == "w.toml:9:10: `prompt` must be a text");
  CHECK(fault_in(step_a("prompt = \"x\"\nparameters = { temperature = 2.5 }")) ==
        "w.toml:10:30: `temperature` must be a number from 0 to 2");
  CHECK(fault_in(step_a("prompt = \"x\"\nparameters = { max_tokens = 0 }")) ==
        "w.toml:10:29: `max_tokens` must be a whole number from 1 to 10,000,000");
  CHECK(fault_in(step_a("prompt = \"x\"\nparameters = { temp = 1 }")).starts_with("w.toml:10:"));
  CHECK(fault_in(step_a("prompt = \"x\"\ntimeout_s = \"1\"")) ==
        "w.toml:10:13: `timeout_s` must be a number from 1 to 86400");
  CHECK(fault_in(step_a("prompt = \"x\"\nkind = \"fence\"")) == "w.toml:10:8: `kind` has an unknown value");
  CHECK(fault_in(head + step("A b", "prompt = \"x\"")) == "w.toml:6:6: `id` is not a name: \"A b\"");
  CHECK(fault_in(step_a("prompt = \"x\"\nrole = \"two\"")) == "w.toml:10:8: unknown role \"two\"");
}

TEST_CASE("the inputs of a step are outputs of earlier steps") {
  CHECK(fault_in(step_a("prompt = \"x\"\ninputs = [\"b\"]")) == "w.toml:10:11: no step outputs \"b\"");
  const std::string circle =
      head + step("a", "prompt = \"x\"\ninputs = [\"b\"]") + step("b", "prompt = \"x\"\ninputs = [\"a\"]");
  CHECK(fault_in(circle) == "w.toml:10:11: \"b\" is output only by this step or a later one");
  CHECK(fault_in(step_a("prompt = \"x\"\ninputs = [\"a\"]")) ==
        "w.toml:10:11: \"a\" is output only by this step or a later one");
}

TEST_CASE("a template may use only the task, the context and the inputs of its step") {
  CHECK(fault_in(step_a("prompt = \"{{tsk}}\"")) == "w.toml:9:11: unknown template variable {{tsk}}");
  CHECK(remedy_of(step_a("prompt = \"{{tsk}}\"")) ==
        "Known: task, context, choices, date, material_rule, search_text, a.");
  CHECK(fault_in(head + step("a", "prompt = \"x\"") + step("b", "prompt = \"{{#a}}{{/a}}\"")) ==
        "w.toml:14:11: the template uses {{a}}, but \"a\" is not an input of the step");
  CHECK(fault_in("name = \"w\"\ndescription = \"d\"\nroles = [\"one\"]\nanswer = \"{{b}}\"\n" +
                 step("a", "prompt = \"x\"")) == "w.toml:4:11: unknown template variable {{b}}");
}

TEST_CASE("an error inside a long template is reported with its position in the file") {
  const std::string prompt = "prompt = '''\nFür {{task}}:\n\n  äh {{context}} {{cotext}}\n'''";
  CHECK(fault_in(step_a(prompt)) == "w.toml:12:18: unknown template variable {{cotext}}");
  CHECK(fault_in(step_a("prompt = \"\"\"\\\n   {{task}} \\\n   {{#open}}\"\"\"")) ==
        "w.toml:11:4: Unclosed section \"open\"");
}

TEST_CASE("ids are unique, and names of the task are reserved") {
  CHECK(fault_in(step_a("prompt = \"x\"") + step("a", "prompt = \"x\"\noutput = \"b\"")) ==
        "w.toml:11:6: the id \"a\" is already used");
  CHECK(fault_in(step_a("prompt = \"x\"\noutput = \"task\"")) == "w.toml:10:10: `output` may not be \"task\"");
}

TEST_CASE("a condition must name a review") {
  CHECK(fault_in(step_a("prompt = \"x\"") + step("b", "prompt = \"x\"\nwhen = { a = \"issues\" }")) ==
        "w.toml:15:10: \"a\" is not a review");
  CHECK(fault_in(step_a("prompt = \"x\"\nkind = \"review\"") + step("b", "prompt = \"x\"\nwhen = { a = \"yes\" }")) ==
        "w.toml:16:14: `when` has an unknown value");
}

TEST_CASE("limits of steps, templates and roles are enforced") {
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

TEST_CASE("steps with `each` have lists as outputs and are checked as such") {
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
  CHECK(load_workflow(with("each = \"answers\"\nkind = \"ranking\"\ninputs = [\"answers\"]\n"
                           "prompt = \"{{#answers}}{{label}}{{#own}}!{{/own}}{{/answers}}\""),
                      "w"));
  CHECK(fault_in(with("each = \"second\"\nprompt = \"x\"")).find("is output only by this step") != std::string::npos);
  CHECK(fault_in(with("prompt = \"x\"")).find("`role` is missing") != std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nrole = \"r\"\nprompt = \"x\"", "\"r\"")).find("either `each` or `role`") !=
        std::string::npos);
  CHECK(fault_in(with("role = \"r\"\nkind = \"choice\"\nprompt = \"x\"", "\"r\"")).find("requires `each`") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nkind = \"review\"\nprompt = \"x\"")).find("cannot have `each`") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nkind = \"ranking\"\nprompt = \"x\"")).find("no list to judge") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nquorum = 2\nprompt = \"x\"")).find("exceeds the number of inputs") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\noutput = \"answers\"\ninputs = [\"answers\"]\nprompt = \"{{text}}\""))
            .find("unknown template variable {{text}}") != std::string::npos);
  CHECK(fault_in(with("role = \"r\"\noutput = \"answers\"\nprompt = \"x\"", "\"r\"")).find("is a list in one step") !=
        std::string::npos);
  CHECK(fault_in(with("each = \"members\"\nexcept = [\"unknown\"]\nprompt = \"x\"")).find("unknown role") !=
        std::string::npos);
}

TEST_CASE("a verdict is a step of one role on a list with a quorum, and a task may turn it on") {
  const auto with = [](const std::string& second) {
    return "name = \"w\"\ndescription = \"d\"\nroles = [\"r\"]\nanswer = \"{{second}}\"\n" +
           step("answers", "each = \"members\"\nprompt = \"{{task}}\"") + step("second", second);
  };
  const std::string verdict = "kind = \"verdict\"\ninputs = [\"answers\"]\nprompt = \"{{verdict_form}}\"\n";
  const auto usual = load_workflow(with(verdict + "quorum = 2"), "w");
  REQUIRE(usual);
  CHECK(is_requested(usual->steps[1], std::nullopt));
  CHECK_FALSE(is_requested(usual->steps[1], false));
  const auto on_request = load_workflow(with(verdict + "quorum = 2\nenabled_by = \"verdict\""), "w");
  REQUIRE(on_request);
  CHECK_FALSE(is_requested(on_request->steps[1], std::nullopt));
  CHECK(is_requested(on_request->steps[1], true));
  CHECK(fault_in(with(verdict)).find("requires a `quorum` of at least 2") != std::string::npos);
  CHECK(fault_in(with(verdict + "each = \"members\"\nquorum = 2")).find("cannot have `each`") != std::string::npos);
  CHECK(fault_in(with("kind = \"verdict\"\nquorum = 2\nprompt = \"x\"")).find("no list to judge") != std::string::npos);
  CHECK(fault_in(with("enabled_by = \"verdict\"\nprompt = \"x\"")).find("requires kind = \"verdict\"") !=
        std::string::npos);
}

TEST_CASE("readiness names stages of the file, in its order, each with a number of members") {
  const std::string steps = step("b", "prompt = \"x\"") + step("a", "prompt = \"x\"");
  const auto with = [&](const std::string& readiness) { return head + "readiness = " + readiness + "\n" + steps; };
  const auto workflow = load_workflow(head + "readiness = { s = 3 }\n" + steps, "w");
  REQUIRE(workflow);
  CHECK(workflow->readiness[0].stage == "s");
  CHECK(workflow->readiness[0].members_min == 3);
  CHECK(fault_in(with("{ t = 3 }")) == "w.toml:5:15: no step has the stage \"t\"");
  CHECK(fault_in(with("{ s = 0 }")) == "w.toml:5:19: `s` must be a whole number from 1 to 64");
  CHECK(fault_in(with("{ s = 65 }")).find("from 1 to 64") != std::string::npos);
  CHECK(fault_in(with("{}")).find("`readiness` must be a table of 1 to 100 stages") != std::string::npos);
  CHECK(fault_in(with("3")).find("must be a table") != std::string::npos);
}

TEST_CASE("parameters of a file apply to its steps, and those of a role must name one") {
  const auto workflow =
      load_workflow(head + "[parameters]\ntemperature = 0.5\n[parameters.roles.one]\nreasoning_effort = \"high\"\n" +
                        step("a", "prompt = \"x\""),
                    "w.toml");
  REQUIRE(workflow);
  CHECK(workflow->parameters.temperature == 0.5);
  CHECK(workflow->of_roles.at("one").reasoning_effort == "high");
  CHECK(fault_in(head + "[parameters.roles.two]\nseed = 1\n" + step("a", "prompt = \"x\"")).find("unknown role") !=
        std::string::npos);
}

TEST_CASE("a step may judge only what it reads, and no workflow is called auto") {
  CHECK(fault_in(step_a("prompt = \"x\"\njudges = [\"b\"]")) ==
        "w.toml:10:11: `judges` names \"b\", which is not in `inputs`");
  CHECK(fault_in("name = \"auto\"\ndescription = \"d\"\nroles = [\"one\"]\nanswer = \"{{a}}\"\n" +
                 step("a", "prompt = \"x\"")) == "w.toml:1:8: `name` may not be \"auto\"");
}

}  // namespace plenum::workflow
