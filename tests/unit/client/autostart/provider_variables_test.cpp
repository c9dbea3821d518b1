#include "client/autostart/provider_variables.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/support/process/temp_dir.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

TEST_CASE("the variables of providers are the API keys with a value, and the address of Ollama") {
  const char* const environment[] = {"PATH=/bin",        "XAI_API_KEY=x", "OPENAI_API_KEY=a=b", "GROQ_API_KEY=",
                                     "OLLAMA_HOST=host", "MY_API_KEYS=x", "no equals",          nullptr};
  CHECK(provider_variables(environment) == VariableNames{"OLLAMA_HOST", "OPENAI_API_KEY", "XAI_API_KEY"});
  CHECK(provider_variables(nullptr).empty());
}

TEST_CASE("the variables that a running server lacks are found, and none of a server that has ended") {
  const TempDir dir;
  LaunchPlan plan;
  plan.pid_file = dir.write("pid", std::to_string(::getpid()) + "\n");
  plan.variables_file = dir.path() / "variables";
  CHECK_FALSE(missing_variables(plan, {"A_API_KEY"}).has_value());  // not known
  store_variables(plan, {"B_API_KEY", "C_API_KEY"});
  CHECK_FALSE(missing_variables(plan, {}).has_value());
  CHECK_FALSE(missing_variables(plan, {"B_API_KEY"}).has_value());
  const auto missing = missing_variables(plan, {"A_API_KEY", "B_API_KEY"});
  REQUIRE(missing.has_value());
  CHECK(missing->server == ::getpid());
  CHECK(missing->names == VariableNames{"A_API_KEY"});
  dir.write("pid", "0\n");
  CHECK_FALSE(missing_variables(plan, {"A_API_KEY"}).has_value());
}
