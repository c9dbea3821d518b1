#include "server/workflow/catalog/catalog.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/workflow/catalog/current_catalog.h"
#include "server/workflow/definition/template.h"
#include "server/workflow/definition/workflow_compiler.h"
#include "server/workflow/definition/workflow_parser.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::workflow {

namespace {

std::string fault_of(const Result<Catalog>& catalog) { return catalog ? "" : catalog.error().message; }

std::string one_step(std::string_view name, std::string_view description) {
  return fmt::format(
      "name = \"{}\"\ndescription = \"{}\"\nroles = [\"r\"]\nanswer = \"{{{{a}}}}\"\n"
      "[[steps]]\nid = \"a\"\nagent = \"A\"\nstage = \"s\"\nprompt = \"{{{{task}}}}\"\n",
      name, description);
}

std::string workflows_page() {
  std::ifstream file(PLENUM_WORKFLOWS_PAGE);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

TEST_CASE("the workflows that are compiled in are all sound") {
  const auto catalog = Catalog::built_in();
  REQUIRE_MESSAGE(catalog, fault_of(catalog));
  CHECK(catalog->find("single"));
  CHECK(catalog->find("consensus"));
  CHECK_FALSE(catalog->find("nonesuch"));
  CHECK(catalog->all().size() >= 2);
}

TEST_CASE("consensus designs, writes, reviews, fixes in up to three rounds and documents") {
  const auto consensus = Catalog::built_in()->find("consensus");
  std::string steps;
  for (const Step& step : consensus->steps) steps += step.agent + " ";
  CHECK(steps == "Architect Coder Reviewer Refiner Reviewer Refiner Reviewer Refiner Reviewer Documenter ");
  for (const Step& step : consensus->steps) {
    CAPTURE(step.id);
    CHECK(step.user_template->text().find("{{context_block}}") != std::string::npos);
    CHECK(step.user_template->text().find("{{task}}") != std::string::npos);
  }
}

TEST_CASE("no built-in workflow sends a parameter that a model might reject") {
  const auto catalog = Catalog::built_in();
  for (const auto& workflow : catalog->all()) {
    CAPTURE(workflow->name);
    CHECK(workflow->parameters.empty());
    CHECK(workflow->of_roles.empty());
    for (const Step& step : workflow->steps) {
      // A query is one line, and max_tokens has a second form for models that reject the first.
      ModelParameters rest = step.parameters;
      if (step.kind->is_auxiliary) rest.max_tokens.reset();
      CHECK(rest.empty());
    }
  }
}

TEST_CASE("single gives a local model the time to be loaded, and no deadline is shorter than a step of it") {
  const auto catalog = Catalog::built_in();
  CHECK(catalog->find("single")->steps.back().timeout == std::chrono::minutes(10));
  for (const auto& workflow : catalog->all()) {
    CAPTURE(workflow->name);
    for (const Step& step : workflow->steps) CHECK(step.timeout <= workflow->deadline);
  }
}

TEST_CASE("the files of a directory join the catalog and replace built-in ones of their name") {
  tests::TempDir directory;
  directory.write("mine.toml", one_step("mine", "new"));
  directory.write("other-name.toml", one_step("single", "replaced"));
  directory.write("notes.txt", "not a workflow");
  const auto catalog = Catalog::with_directory(directory.path().string());
  REQUIRE_MESSAGE(catalog, fault_of(catalog));
  CHECK(catalog->find("mine")->description == "new");
  CHECK(catalog->find("single")->description == "replaced");
  CHECK(catalog->find("consensus"));
}

TEST_CASE("a faulty file in the directory fails the whole, with file, line and column") {
  tests::TempDir directory;
  const auto path = directory.path() / "bad.toml";
  directory.write("bad.toml", "name = \"bad\"\nnonsense = 1\n");
  const auto catalog = Catalog::with_directory(directory.path().string());
  REQUIRE_FALSE(catalog);
  CHECK(catalog.error().message.starts_with(path.string() + ":"));
  directory.write("bad.toml", one_step("twice", "d"));
  directory.write("too.toml", one_step("twice", "d"));
  CHECK(
      Catalog::with_directory(directory.path().string()).error().message.find("is already used by " + path.string()) !=
      std::string::npos);
}

TEST_CASE("a catalog is replaced as a whole and stays in use when the next one is invalid") {
  const auto share = [](Result<Catalog> made) { return std::make_shared<const Catalog>(std::move(*made)); };
  tests::TempDir directory;
  directory.write("mine.toml", one_step("mine", "new"));
  CurrentCatalog current(share(Catalog::built_in()));
  const auto before = current.get();
  current.replace(share(Catalog::with_directory(directory.path().string())));
  CHECK_FALSE(before->find("mine"));  // a holder of the previous catalog is not affected
  CHECK(current.get()->find("mine"));
  current.report_error({ErrorCode::workflow_invalid, "bad"});
  CHECK(current.get()->find("mine"));
  CHECK(current.error()->message == "bad");
  current.replace(before);
  CHECK_FALSE(current.error());
}

TEST_CASE("a missing directory is reported by name") {
  const auto catalog = Catalog::with_directory("/nonexistent/workflows");
  REQUIRE_FALSE(catalog);
  CHECK(catalog.error().message == "/nonexistent/workflows: No such file or directory");
}

TEST_CASE("docs/workflows.md describes every key and every built-in workflow") {
  const std::string page = workflows_page();
  REQUIRE_FALSE(page.empty());
  for (const KeyRow& row : workflow_keys()) {
    CAPTURE(row.key);
    CHECK(page.find(fmt::format("`{}`", row.key)) != std::string::npos);
  }
  for (const auto& workflow : Catalog::built_in()->all()) {
    CAPTURE(workflow->name);
    CHECK(page.find(fmt::format("\n### `{}`", workflow->name)) != std::string::npos);
    for (const Step& step : workflow->steps) CHECK(page.find(step.agent) != std::string::npos);
  }
}

TEST_CASE("the example of docs/workflows.md is a valid workflow") {
  const std::string page = workflows_page();
  const std::size_t begin = page.find("```toml\n", page.find("\n## Example\n"));
  REQUIRE(begin != std::string::npos);
  const std::size_t text = page.find('\n', begin) + 1;
  const auto workflow = load_workflow(page.substr(text, page.find("\n```", text) + 1 - text), "example");
  CHECK_MESSAGE(workflow, (workflow ? "" : workflow.error().message));
}

}  // namespace plenum::workflow
