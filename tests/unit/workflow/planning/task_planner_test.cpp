#include "server/workflow/planning/task_planner.h"

#include <doctest/doctest.h>

#include "server/workflow/run/state/result_builder.h"
#include "tests/support/fixed_prices.h"

namespace plenum::workflow {

namespace {

using Names = std::vector<std::string>;

class FixedDirectory final : public core::ProviderDirectory {
 public:
  explicit FixedDirectory(std::vector<core::ProviderInfo> providers) : providers_(std::move(providers)) {}
  const std::vector<core::ProviderInfo>& all() const override { return providers_; }
  const core::ProviderInfo* find(std::string_view name) const override {
    for (const auto& provider : providers_) {
      if (provider.name == name) return &provider;
    }
    return nullptr;
  }

 private:
  std::vector<core::ProviderInfo> providers_;
};

core::ProviderInfo provider(std::string name, std::string key_env, bool key_present, std::string default_model) {
  core::ProviderInfo info;
  info.name = std::move(name);
  info.key_env = std::move(key_env);
  info.key_present = key_present;
  if (!default_model.empty()) info.default_models = {std::move(default_model)};
  return info;
}

const FixedDirectory usual({provider("openai", "OPENAI_API_KEY", true, "gpt-4.1"),
                            provider("anthropic", "ANTHROPIC_API_KEY", false, "claude"),
                            provider("openrouter", "OPENROUTER_API_KEY", true, ""),
                            provider("ollama", "", true, "llama3")});
const FixedDirectory keyless({provider("openai", "OPENAI_API_KEY", false, "gpt-4.1"),
                              provider("anthropic", "ANTHROPIC_API_KEY", false, "claude")});

TaskSpec task_with(Names members, std::string workflow = "consensus") {
  TaskSpec spec;
  spec.task = "t";
  spec.workflow = std::move(workflow);
  spec.members = std::move(members);
  return spec;
}

std::variant<Assignment, std::vector<ValidationError>> assign(const TaskSpec& spec,
                                                              const FixedDirectory& providers = usual) {
  static const CurrentCatalog catalog(std::make_shared<const Catalog>(Catalog::built_in().value()));
  return TaskPlanner(catalog, providers).assign(spec);
}

Assignment assigned(const TaskSpec& spec) {
  auto outcome = assign(spec);
  if (const auto* faults = std::get_if<std::vector<ValidationError>>(&outcome)) FAIL(faults->front().detail);
  return std::get<Assignment>(std::move(outcome));
}

// Each fault as `pointer: detail`.
Names faults_of(const TaskSpec& spec, const FixedDirectory& providers = usual) {
  const auto outcome = assign(spec, providers);
  Names lines;
  if (const auto* faults = std::get_if<std::vector<ValidationError>>(&outcome)) {
    for (const ValidationError& fault : *faults) lines.push_back(fault.pointer + ": " + fault.detail);
  }
  return lines;
}

// Who sits where: the member of each role.
Names seats(const Assignment& assignment) {
  Names ids;
  for (const std::size_t member : assignment.role_members) ids.push_back(assignment.members[member].id);
  return ids;
}

Names members(const Assignment& assignment) {
  Names ids;
  for (const auto& member : assignment.members) ids.push_back(member.id);
  return ids;
}

}  // namespace

TEST_CASE("a member may be a provider, a model of it, or a model whose name holds slashes") {
  const auto assignment = assigned(task_with({"openai", "openrouter/meta-llama/llama", "ollama/phi"}));
  CHECK(members(assignment) == Names{"openai/gpt-4.1", "openrouter/meta-llama/llama", "ollama/phi"});
  CHECK(assignment.members[1].provider == "openrouter");
  CHECK(assignment.members[1].model == "meta-llama/llama");
}

TEST_CASE("members fill the roles in order, round-robin if there are fewer") {
  CHECK(seats(assigned(task_with({"openai", "ollama"}))) ==
        Names{"openai/gpt-4.1", "ollama/llama3", "openai/gpt-4.1", "ollama/llama3"});
  CHECK(seats(assigned(task_with({"ollama"}, "single"))) == Names{"ollama/llama3"});
}

TEST_CASE("a member named twice in two ways is an error, with and without a key") {
  CHECK(faults_of(task_with({"openai", "ollama", "openai/gpt-4.1", "ollama/phi"})) ==
        Names{"/members/2: \"openai/gpt-4.1\" is openai/gpt-4.1, which is already a member"});
  CHECK(faults_of(task_with({"ollama", "anthropic/claude", "anthropic"})) ==
        Names{"/members/2: \"anthropic\" is anthropic/claude, which is already a member"});
}

TEST_CASE("a chairman that is also a member fills both roles and is listed once") {
  TaskSpec spec = task_with({"openai", "ollama"});
  spec.chairman = "openai/gpt-4.1";
  const auto assignment = assigned(spec);
  CHECK(seats(assignment)[0] == "openai/gpt-4.1");
  CHECK(seats(assignment)[2] == "openai/gpt-4.1");
  CHECK(members(assignment) == Names{"openai/gpt-4.1", "ollama/llama3"});
}

TEST_CASE("without members the providers with a key and a default model are used") {
  CHECK(members(assigned(task_with({}))) == Names{"openai/gpt-4.1", "ollama/llama3"});
  CHECK(members(assigned(task_with({}, "single"))) == Names{"openai/gpt-4.1"});
}

TEST_CASE("members without a key are skipped with the variable to set") {
  const auto assignment = assigned(task_with({"anthropic/opus", "openai"}));
  CHECK(members(assignment) == Names{"openai/gpt-4.1"});
  CHECK(assignment.skipped == std::vector<SkippedMember>{{"anthropic/opus", "no key: set ANTHROPIC_API_KEY"}});
}

TEST_CASE("a result without a requested member or chairman is degraded with a reason") {
  TaskSpec spec = task_with({"anthropic/opus", "openai"});
  spec.chairman = "anthropic";
  const auto assignment = assigned(spec);
  const auto result = build_result(StepOutputs(assignment, "trace"), StepScheduler(assignment.workflow));
  CHECK(result.degraded);
  CHECK(result.reasons ==
        Names{"anthropic/opus: no key: set ANTHROPIC_API_KEY", "anthropic/claude: no key: set ANTHROPIC_API_KEY"});
}

TEST_CASE("a member without a role does not degrade the result") {
  const TaskSpec spec = task_with({"openai", "ollama"}, "single");
  const auto assignment = assigned(spec);
  const auto result = build_result(StepOutputs(assignment, "trace"), StepScheduler(assignment.workflow));
  CHECK(result.skipped.size() == 1);
  CHECK_FALSE(result.degraded);
}

TEST_CASE("members without a role are listed as skipped") {
  const auto assignment = assigned(task_with({"openai", "ollama"}, "single"));
  CHECK(members(assignment) == Names{"openai/gpt-4.1"});
  CHECK(assignment.skipped == std::vector<SkippedMember>{{"ollama/llama3", "workflow \"single\" has no free role"}});
}

TEST_CASE("without any key the error names the variables to set") {
  CHECK(faults_of(task_with({"openai", "anthropic"}), keyless) ==
        Names{"/members: none of the members has a key: set ANTHROPIC_API_KEY or OPENAI_API_KEY"});
  CHECK(faults_of(task_with({}), keyless) ==
        Names{"/members: no provider is ready: set ANTHROPIC_API_KEY or OPENAI_API_KEY"});
}

TEST_CASE("a provider without a default model is reported as such, not as a missing key") {
  const FixedDirectory modelless(
      {provider("openai", "OPENAI_API_KEY", false, "gpt-4.1"), provider("local", "", true, "")});
  CHECK(faults_of(task_with({}), modelless) == Names{"/members: no provider has a default model: name members as "
                                                     "<provider>/<model>; known providers: openai, local"});
}

TEST_CASE("a cost cap is rejected if the price of a member or fallback is unknown") {
  core::ProviderInfo priced = provider("openai", "", true, "gpt-4.1");
  priced.prices = tests::fixed_prices({{"gpt-4.1", 2, 8}});
  const FixedDirectory providers({priced, provider("local", "", true, "llama3")});
  TaskSpec spec = task_with({"openai"}, "single");
  spec.max_cost_usd = 0.5;
  CHECK(faults_of(spec, providers).empty());
  spec.fallback = {{"*", {"local"}}};
  CHECK(faults_of(spec, providers) ==
        Names{"/max_cost_usd: the price of local/llama3 is unknown: add \"local/llama3\" to [prices] of the "
              "configuration, or remove the cap"});
}

TEST_CASE("all errors of a request are reported with their pointers") {
  TaskSpec spec = task_with({"openai", "opnai/gpt", "openrouter"});
  spec.workflow = "concensus";
  CHECK(
      faults_of(spec) ==
      Names{
          "/workflow: unknown workflow \"concensus\" (did you mean consensus?); known workflows: auto, adversarial, "
          "arena, consensus, council, "
          "debate, "
          "duo, elite, "
          "raw, single, synthesize, vote",
          "/members/1: unknown provider \"opnai\" in \"opnai/gpt\"; nearest: openai; known providers: openai, "
          "anthropic, "
          "openrouter, ollama",
          "/members/2: \"openrouter\" names no model, and the provider has no default one: write openrouter/<model>"});
  CHECK(faults_of(task_with({"openai/"})).size() == 1);
  CHECK(faults_of(task_with({""})).size() == 1);
}

TEST_CASE("the chairman fills the judging role") {
  TaskSpec spec = task_with({"openai", "ollama"});
  spec.chairman = "ollama/judge";
  const auto assignment = assigned(spec);
  CHECK(seats(assignment) == Names{"openai/gpt-4.1", "ollama/llama3", "ollama/judge", "openai/gpt-4.1"});
  CHECK(members(assignment).size() == 3);
  spec.chairman = "missing/x";
  CHECK(faults_of(spec).at(0).starts_with("/chairman: unknown provider \"missing\""));
  spec.workflow = "single";
  CHECK(faults_of(spec) == Names{"/chairman: workflow \"single\" has no chairman: remove the field"});
}

TEST_CASE("a chairman without a key is skipped and a member judges") {
  TaskSpec spec = task_with({"openai"});
  spec.chairman = "anthropic";
  const auto assignment = assigned(spec);
  CHECK(seats(assignment)[2] == "openai/gpt-4.1");
  CHECK(assignment.skipped.size() == 1);
}

TEST_CASE("options that the workflow does not support are rejected by name") {
  TaskSpec spec = task_with({"openai"});
  spec.options_json = R"({"rounds": 1})";
  CHECK(assigned(spec).options.rounds == 1);
  spec.options_json = R"({"rounds": 4, "ro/und~s": 1})";
  CHECK(faults_of(spec) ==
        Names{"/options/rounds: must be a whole number from 0 to 3",
              "/options/ro~1und~0s: workflow \"consensus\" does not support this option; it supports rounds, strict"});
  for (const char* wrong : {R"({"rounds": "1"})", R"({"rounds": -1})", R"({"rounds": 1.5})", R"({"rounds": null})"}) {
    spec.options_json = wrong;
    CHECK(faults_of(spec).size() == 1);
  }
  spec.workflow = "single";
  spec.options_json = R"({"rounds": 1})";
  CHECK(faults_of(spec) ==
        Names{"/options/rounds: workflow \"single\" does not support this option; it supports search, strict"});
}

TEST_CASE("a quorum is from one to the number of usable members, and only for workflows with list inputs") {
  TaskSpec spec = task_with({"openai", "ollama"}, "synthesize");
  for (const char* right : {R"({"quorum": 1})", R"({"quorum": 2})"}) {
    spec.options_json = right;
    CHECK(assigned(spec).options.quorum.has_value());
  }
  for (const char* wrong : {R"({"quorum": 0})", R"({"quorum": 3})", R"({"quorum": -1})", R"({"quorum": 1.5})",
                            R"({"quorum": "2"})", R"({"quorum": 18446744073709551615})"}) {
    spec.options_json = wrong;
    CHECK(faults_of(spec) ==
          Names{"/options/quorum: must be a whole number from 1 to 2, the number of members that can answer"});
  }
  spec.options_json = R"({"quorum": 2})";
  spec.workflow = "raw";
  CHECK(faults_of(spec) == Names{"/options/quorum: workflow \"raw\" does not support this option; it supports strict"});
}

TEST_CASE("a verdict is turned on or off for workflows that have one") {
  TaskSpec spec = task_with({"openai", "ollama"}, "synthesize");
  CHECK_FALSE(assigned(spec).options.verdict.has_value());
  for (const bool on : {true, false}) {
    spec.options_json = on ? R"({"verdict": true})" : R"({"verdict": false})";
    CHECK(assigned(spec).options.verdict == on);
  }
  spec.options_json = R"({"verdict": "yes"})";
  CHECK(faults_of(spec) == Names{"/options/verdict: must be true or false"});
  spec.workflow = "council";
  CHECK(faults_of(spec).size() == 1);
}

TEST_CASE("what happens to late answers is an option of workflows that rank them") {
  TaskSpec spec = task_with({"openai", "ollama"}, "council");
  for (const char* right : {R"({"late": "rank"})", R"({"late": "drop"})", R"({"late": "wait"})"}) {
    spec.options_json = right;
    CHECK(assigned(spec).options.late.has_value());
  }
  for (const char* wrong : {R"({"late": "no"})", R"({"late": true})"}) {
    spec.options_json = wrong;
    CHECK(faults_of(spec) == Names{R"(/options/late: must be "rank", "drop" or "wait")"});
  }
  spec.workflow = "synthesize";
  spec.options_json = R"({"late": "drop"})";
  CHECK(faults_of(spec) == Names{"/options/late: workflow \"synthesize\" does not support this option; it "
                                 "supports verdict, search, quorum, strict"});
  spec.workflow = "debate";
  spec.options_json = R"({"rounds_min": 3})";
  CHECK(assigned(spec).options.rounds_min == 3);
  spec.options_json = R"({"rounds_min": 10})";
  CHECK(faults_of(spec) == Names{"/options/rounds_min: must be a whole number from 0 to 9"});
}

TEST_CASE("every member is assigned in addition to the roles of the workflow") {
  const auto assignment = assigned(task_with({"openai", "ollama"}, "council"));
  CHECK(seats(assignment) == Names{"openai/gpt-4.1", "openai/gpt-4.1", "ollama/llama3"});
  // With the search, its query, the answers that follow it if it is wanted, and the rankings of late answers.
  CHECK(assignment.workflow->steps.size() == 11);
  CHECK(assignment.skipped.empty());
}

TEST_CASE("a workflow with a minimum number of members rejects fewer") {
  CHECK(faults_of(task_with({"openai"}, "council")) ==
        Names{"/members: workflow \"council\" needs at least 2 members with a key, but there is 1: add more as "
              "<provider>/<model>"});
}

TEST_CASE("a vote requires choices") {
  TaskSpec spec = task_with({"openai", "ollama"}, "vote");
  CHECK(faults_of(spec) == Names{"/options/choices: workflow \"vote\" needs the choices to vote on: a list of texts"});
  for (const char* wrong :
       {R"({"choices": ["one"]})", R"({"choices": "ab"})", R"({"choices": ["a", ""]})", R"({"choices": ["a", "a"]})"}) {
    spec.options_json = wrong;
    CHECK(faults_of(spec) == Names{"/options/choices: must be a list of 2 to 64 different texts"});
  }
  spec.options_json = R"({"choices": ["a", "b"]})";
  CHECK(assigned(spec).options.choices == Names{"a", "b"});
}

TEST_CASE("a fallback chain comes from the task's entry for the member, else for all, else from its provider") {
  const auto ids = [](const std::vector<AssignedMember>& chain) {
    Names found;
    for (const auto& member : chain) found.push_back(member.id);
    return found;
  };
  TaskSpec spec = task_with({"openai", "ollama"}, "synthesize");
  spec.fallback = {{"openai", {"ollama/small", "anthropic"}}, {"*", {"openrouter/x", "ollama"}}};
  const auto assignment = assigned(spec);
  CHECK(ids(assignment.fallbacks.at(0)) == Names{"ollama/small"});  // anthropic has no key
  CHECK(ids(assignment.fallbacks.at(1)) == Names{"openrouter/x"});  // not itself

  auto table = usual.all();
  table[0].fallback = {"openrouter/spare"};
  const FixedDirectory with_table(table);
  auto outcome = assign(task_with({"openai", "ollama"}, "synthesize"), with_table);
  CHECK(ids(std::get<Assignment>(outcome).fallbacks.at(0)) == Names{"openrouter/spare"});
}

TEST_CASE("a chain with an unknown member, or of a member that is not in the task, is an error with its pointer") {
  TaskSpec spec = task_with({"openai", "ollama"}, "synthesize");
  spec.fallback = {{"*", {"missing/x"}}, {"openrouter/y", {"ollama"}}};
  CHECK(faults_of(spec) ==
        Names{"/fallback/openrouter~1y: \"openrouter/y\" is neither a member nor the chairman of this task",
              "/fallback/*/0: unknown provider \"missing\" in \"missing/x\"; known providers: openai, anthropic, "
              "openrouter, "
              "ollama"});
}

TEST_CASE("one model may be a member several times with different personas") {
  TaskSpec spec = task_with({"openai#sceptic", "openai/gpt-4.1#optimist", "openai"}, "synthesize");
  spec.personas = {{"sceptic", "You doubt."}, {"optimist", "You hope."}};
  const auto assignment = assigned(spec);
  CHECK(members(assignment) == Names{"openai/gpt-4.1#sceptic", "openai/gpt-4.1#optimist", "openai/gpt-4.1"});
  CHECK(assignment.members[0].persona == "You doubt.");
  CHECK(assignment.members[0].model == "gpt-4.1");
  CHECK(assignment.members[2].persona.empty());
}

TEST_CASE("a persona of the task overrides a configured one") {
  const CurrentCatalog catalog(std::make_shared<const Catalog>(Catalog::built_in().value()));
  const TaskPlanner planner(catalog, usual, {.personas = {{"sceptic", "configured"}, {"poet", "You rhyme."}}});
  TaskSpec spec = task_with({"openai#sceptic", "ollama#poet"}, "synthesize");
  spec.personas = {{"sceptic", "the task's own"}};
  const auto assignment = std::get<Assignment>(planner.assign(spec));
  CHECK(assignment.members[0].persona == "the task's own");
  CHECK(assignment.members[1].persona == "You rhyme.");
}

TEST_CASE("an unknown persona is an error that lists the known ones") {
  TaskSpec spec = task_with({"openai#sceptik"}, "single");
  CHECK(faults_of(spec) == Names{"/members/0: unknown persona \"sceptik\" in \"openai#sceptik\"; none are defined: add "
                                 "its text to `personas`"});
  spec.personas = {{"sceptic", "You doubt."}};
  CHECK(faults_of(spec) == Names{"/members/0: unknown persona \"sceptik\" (did you mean sceptic?) in "
                                 "\"openai#sceptik\"; known personas: sceptic"});
}

TEST_CASE("a fallback member inherits the persona") {
  TaskSpec spec = task_with({"openai#sceptic"}, "single");
  spec.personas = {{"sceptic", "You doubt."}, {"poet", "You rhyme."}};
  spec.fallback = {{"*", {"ollama", "ollama/phi#poet"}}};
  const auto assignment = assigned(spec);
  REQUIRE(assignment.fallbacks[0].size() == 2);
  CHECK(assignment.fallbacks[0][0].id == "ollama/llama3#sceptic");
  CHECK(assignment.fallbacks[0][0].persona == "You doubt.");
  CHECK(assignment.fallbacks[0][1].id == "ollama/phi#poet");
}

TEST_CASE("a model without a provider names its member, as member, chairman and fallback") {
  auto table = usual.all();
  table[2].models = {"shared", "anthropic/opus"};
  table[3].models = {"shared", "phi"};
  const FixedDirectory providers(table);
  TaskSpec spec = task_with({"gpt-4.1", "phi"});
  spec.chairman = "anthropic/opus";
  spec.fallback = {{"phi", {"shared"}}};
  CHECK(faults_of(spec, providers).front() ==
        "/fallback/phi/0: several providers have the model \"shared\": name one of openrouter/shared, ollama/shared");
  spec.fallback.clear();
  auto outcome = assign(spec, providers);
  const auto& assignment = std::get<Assignment>(outcome);
  CHECK(members(assignment) == Names{"openai/gpt-4.1", "ollama/phi"});
  CHECK(assignment.skipped.front().id == "anthropic/opus");  // the provider of that name, and not a model of another
  CHECK(faults_of(task_with({"gtp-4.1"}))
            .front()
            .starts_with("/members/0: \"gtp-4.1\" is neither a provider nor a model of a known one"));
}

TEST_CASE("one model takes part several times with distinct ids, in every workflow") {
  const auto assignment = assigned(task_with({"openai/gpt-4.1*3", "ollama"}, "synthesize"));
  CHECK(members(assignment) == Names{"openai/gpt-4.1", "openai/gpt-4.1~2", "openai/gpt-4.1~3", "ollama/llama3"});
  for (std::size_t i = 0; i < 3; ++i) CHECK(assignment.members[i].model == "gpt-4.1");
  // The ids are names again: a task that resumes is assigned from them.
  CHECK(assignment.requested == members(assignment));
  CHECK(members(assigned(task_with(assignment.requested, "synthesize"))) == members(assignment));
  for (const char* workflow : {"council", "debate", "arena", "raw", "consensus", "adversarial", "duo"}) {
    CAPTURE(workflow);
    CHECK(members(assigned(task_with({"openai*3"}, workflow))).size() >= 2);
  }
}

TEST_CASE("copies of a model have personas, parameters and fallbacks by their ids") {
  TaskSpec spec = task_with({"openai#p*2"}, "synthesize");
  spec.personas = {{"p", "You doubt."}};
  spec.parameters.members["openai#p*2"].temperature = 1;
  spec.parameters.members["openai/gpt-4.1#p~2"].max_tokens = 5;
  spec.fallback = {{"openai/gpt-4.1#p~2", {"ollama"}}};
  const auto assignment = assigned(spec);
  CHECK(members(assignment) == Names{"openai/gpt-4.1#p", "openai/gpt-4.1#p~2"});
  CHECK(assignment.members[1].persona == "You doubt.");
  CHECK(assignment.parameters.members.at("openai/gpt-4.1#p").temperature == 1);
  CHECK(assignment.parameters.members.at("openai/gpt-4.1#p~2").max_tokens == 5);
  CHECK(assignment.fallbacks.at(0).empty());
  CHECK(assignment.fallbacks.at(1).front().id == "ollama/llama3#p");
}

TEST_CASE("copies count as members: no id twice, no chairman that is several, at most 64") {
  CHECK(faults_of(task_with({"openai*2", "openai~2"})) ==
        Names{"/members/1: \"openai~2\" is openai/gpt-4.1~2, which is already a member"});
  CHECK(faults_of(task_with({"openai*40", "ollama*40"}, "raw")) ==
        Names{"/members: must have at most 64 members, not 80"});
  TaskSpec spec = task_with({"openai"});
  spec.chairman = "openai*2";
  CHECK(faults_of(spec) == Names{"/chairman: \"openai*2\" stands for 2 members: name one"});
}

TEST_CASE("the offline provider takes part with every model, and only if there is no other") {
  core::ProviderInfo offline = provider("offline", "", true, "a");
  offline.kind = core::ProviderKind::offline;
  offline.default_models = {"a", "b", "c"};
  const FixedDirectory alone({provider("openai", "OPENAI_API_KEY", false, "gpt-4.1"), offline});
  auto outcome = assign(task_with({}, "council"), alone);
  CHECK(members(std::get<Assignment>(outcome)) == Names{"offline/a", "offline/b", "offline/c"});
  CHECK(std::get<Assignment>(outcome).skipped.empty());
  outcome = assign(task_with({}, "auto"), alone);
  CHECK(std::get<Assignment>(outcome).workflow->name == "synthesize");
  outcome = assign(task_with({"offline"}, "single"), alone);
  CHECK(members(std::get<Assignment>(outcome)) == Names{"offline/a"});
  CHECK(std::get<Assignment>(outcome).members[0].substitutes.empty());
  const FixedDirectory both({provider("openai", "", true, "gpt-4.1"), offline});
  outcome = assign(task_with({}, "raw"), both);
  CHECK(members(std::get<Assignment>(outcome)) == Names{"openai/gpt-4.1"});
}

TEST_CASE("further default models are substitutes of a default one, also after a restart, and of no named one") {
  core::ProviderInfo several = provider("openai", "", true, "new");
  several.default_models = {"new", "old"};
  const FixedDirectory providers({several});
  auto outcome = assign(task_with({"openai"}, "single"), providers);
  CHECK(std::get<Assignment>(outcome).members[0].substitutes == Names{"old"});
  outcome = assign(task_with({"openai/new"}, "single"), providers);
  CHECK(std::get<Assignment>(outcome).members[0].substitutes.empty());
  const CurrentCatalog catalog(std::make_shared<const Catalog>(Catalog::built_in().value()));
  outcome = TaskPlanner(catalog, providers).assign(task_with({"openai/new"}, "single"), nullptr, {"openai/new"});
  CHECK(std::get<Assignment>(outcome).members[0].substitutes == Names{"old"});
}

}  // namespace plenum::workflow
