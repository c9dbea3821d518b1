// Which files may let a step start before its lists are complete, and rank late items once more.
#include "server/workflow/catalog/catalog.h"
#include "server/workflow/definition/member_expansion.h"
#include "tests/unit/workflow/definition/diagnostics_text.h"

namespace plenum::workflow {

using tests::fault_in;
using tests::remedy_of;
using tests::step;

namespace {

const std::string start = R"(name = "w"
description = "d"
roles = ["chair"]
answer = "{{#answers}}{{text}}{{/answers}}"
)";
const std::string answers = step("answer", "each = \"members\"\noutput = \"answers\"\nprompt = \"x\"");

std::string ranking(const std::string& id, const std::string& more) {
  return step(id, "each = \"answers\"\noutput = \"rankings\"\nkind = \"ranking\"\nprompt = \"x\"\n" + more);
}
const std::string first = ranking("first", "inputs = [\"answers\"]\nstart = \"all_but_one\"\n");

std::string sum(const std::string& inputs, const std::string& start_at = "quorum") {
  return step("sum", "role = \"chair\"\nprompt = \"x\"\nquorum = 2\nstart = \"" + start_at + "\"\n" + inputs);
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an early start is an error where another input waits for the whole list") {
  CHECK(fault_in(start + answers + sum("inputs = [\"answers\"]")) == "fine");
  // A text that is made of all answers.
  const std::string digest = step("digest", "role = \"chair\"\ninputs = [\"answers\"]\nprompt = \"x\"");
  const std::string blocked = start + answers + digest + sum("inputs = [\"answers\", \"digest\"]");
  CHECK(holds(fault_in(blocked), "`start` has no effect: \"digest\" is available only when all of \"answers\" is"));
  CHECK(remedy_of(blocked) == "Remove it, or set it in the steps before \"digest\" too.");
  CHECK(fault_in(start + answers + digest + sum("inputs = [\"answers\"]")) == "fine");
  // Items of a second list that each read the whole first one.
  const std::string late = ranking("r", "inputs = [\"answers\"]");
  for (const char* start_at : {"quorum", "all_but_one"}) {
    CHECK(holds(
        fault_in(start + answers + late + sum("inputs = [\"answers\"]\noptional_inputs = [\"rankings\"]", start_at)),
        "\"rankings\" is available only when all of \"answers\" is"));
  }
  CHECK(fault_in(start + answers + first + sum("inputs = [\"answers\"]\noptional_inputs = [\"rankings\"]")) == "fine");
  // Both lists of a step may be incomplete, or one of them.
  CHECK(fault_in(start + answers + late + sum("inputs = [\"rankings\", \"answers\"]")) == "fine");
}

TEST_CASE("a step that the task omits passes on the list before it, complete or not") {
  const std::string again = step("again",
                                 "each = \"answers\"\noutput = \"answers\"\nenabled_by = \"requery\"\n"
                                 "inputs = [\"answers\"]\nprompt = \"{{replaced}}\"");
  CHECK(fault_in(start + answers + again + sum("inputs = [\"answers\"]")) == "fine");
  const std::string digest = step("digest", "role = \"chair\"\ninputs = [\"answers\"]\nprompt = \"x\"");
  CHECK(holds(fault_in(start + answers + digest + again + sum("inputs = [\"answers\", \"digest\"]")), "fine") == true);
  CHECK(holds(fault_in(start + answers + again + digest + sum("inputs = [\"answers\", \"digest\"]")), "no effect"));
}

TEST_CASE("every built-in workflow may be copied with an early start of the steps that read a list") {
  for (const auto& workflow : Catalog::built_in()->all()) CHECK(fault_in(*workflow->source) == "fine");
  const auto council = Catalog::built_in()->find("council");
  std::string copy = *council->source;
  const std::size_t synthesis = copy.find("id = \"synthesis\"");
  copy.insert(copy.find("quorum = 2", synthesis), "start = \"quorum\"\n");
  CHECK(holds(fault_in(copy), "\"rankings\" is available only when all of \"answers\" is"));
}

TEST_CASE("late items are ranked by a ranking that replaces an earlier one of the same list") {
  const auto late = [](const std::string& more) { return start + answers + first + ranking("late", more); };
  CHECK(fault_in(late("inputs = [\"answers\"]\nwhen = { answers = \"late\" }")) == "fine");
  CHECK(holds(fault_in(late("inputs = [\"answers\"]\nwhen = { rankings = \"late\" }")),
              "is not a list that the step ranks"));
  CHECK(holds(fault_in(late("inputs = [\"answers\"]\nstart = \"quorum\"\nwhen = { answers = \"late\" }")),
              "cannot start early"));
  CHECK(holds(fault_in(start + answers + ranking("late", "inputs = [\"answers\"]\nwhen = { answers = \"late\" }")),
              "no earlier step outputs \"rankings\" as a ranking of \"answers\""));
  CHECK(holds(fault_in(start + answers +
                       step("x",
                            "role = \"chair\"\ninputs = [\"answers\"]\nprompt = \"x\"\n"
                            "when = { answers = \"late\" }")),
              "is not a list that the step ranks"));
  CHECK(holds(fault_in(start + answers +
                       "[[steps]]\nrounds = 2\nwhile = { answers = \"late\" }\n[[steps.round]]\n"
                       "id = \"r\"\nagent = \"A\"\nstage = \"s\"\nrole = \"chair\"\nprompt = \"x\""),
              "`while` has an unknown value"));
}

TEST_CASE("`replaced` exists where an output is replaced, and is no name of an output") {
  CHECK(holds(fault_in(start + step("a", "role = \"chair\"\nprompt = \"{{replaced}}\"") + answers),
              "unknown template variable {{replaced}}"));
  CHECK(fault_in(start + step("a", "role = \"chair\"\nprompt = \"x\"") +
                 step("b", "role = \"chair\"\noutput = \"a\"\nprompt = \"{{replaced_block}}\"") + answers) == "fine");
  CHECK(holds(fault_in(start + step("replaced", "role = \"chair\"\nprompt = \"x\"") + answers),
              "may not be \"replaced\""));
}

TEST_CASE(
    "what is late is ranked, dropped or waited for as the task requests, and two members have nothing that is late") {
  const auto council = Catalog::built_in()->find("council");
  const std::size_t chair[] = {0};
  const auto starts = [&](std::size_t members, const StartOptions& options) {
    std::string text;
    for (const Step& made : expand_members(*council, chair, members, options).steps) {
      if (made.base_id == "ranking" && text.empty()) {
        text = fmt::format("{} {}", static_cast<int>(made.start), made.drops_late ? "drops" : "keeps");
      } else if (made.base_id == "ranking-late" && !holds(text, "late")) {
        text += made.disabled ? ", no late" : ", late";
      } else if (made.base_id == "synthesis") {
        text += fmt::format(", chairman {} at {}", static_cast<int>(made.start), made.quorum);
      }
    }
    return text;
  };
  CHECK(starts(3, {}) == "2 keeps, late, chairman 0 at 2");
  CHECK(starts(2, {}) == "2 keeps, no late, chairman 0 at 2");
  CHECK(starts(4, {3, {}}) == "1 drops, no late, chairman 1 at 3");
  CHECK(starts(4, {3, LatePolicy::rank}) == "1 keeps, late, chairman 0 at 3");
  CHECK(starts(4, {4, LatePolicy::rank}) == "1 keeps, no late, chairman 0 at 4");
  CHECK(starts(4, {3, LatePolicy::wait}) == "0 keeps, no late, chairman 0 at 3");
  CHECK(starts(4, {{}, LatePolicy::drop}) == "2 drops, no late, chairman 0 at 2");
  CHECK(starts(4, {{}, LatePolicy::wait}) == "0 keeps, no late, chairman 0 at 2");
}

}  // namespace plenum::workflow
