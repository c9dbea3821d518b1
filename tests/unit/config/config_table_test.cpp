#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "server/config/config_table.h"

using namespace plenum::config;

TEST_CASE("every default is a value that its own setting accepts") {
  for (const auto& setting : settings()) {
    CAPTURE(setting.name);
    Config config;
    CHECK(apply(config, setting, setting.fallback));
  }
}

TEST_CASE("a number is taken at both bounds and refused one past them") {
  for (const auto& setting : settings()) {
    if (setting.high == 0) continue;
    CAPTURE(setting.name);
    Config config;
    CHECK(apply(config, setting, std::to_string(setting.low)));
    CHECK(apply(config, setting, std::to_string(setting.high)));
    CHECK_FALSE(apply(config, setting, std::to_string(setting.low - 1)));
    CHECK_FALSE(apply(config, setting, std::to_string(setting.high + 1)));
    CHECK_FALSE(apply(config, setting, "1e3"));
    CHECK_FALSE(apply(config, setting, " 15"));
    CHECK_FALSE(apply(config, setting, ""));
  }
}

TEST_CASE("a refusal says what was given and what is taken") {
  Config config;
  const auto refused = apply(config, *find_setting("heartbeat_ms"), "15s");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == plenum::ErrorCode::config_invalid);
  CHECK(refused.error().message == "\"15s\" is not a whole number from 10 to 3600000 milliseconds");
  CHECK(apply(config, *find_setting("log_format"), "xml").error().message == "\"xml\" is not one of text, json");
  CHECK(apply(config, *find_setting("allow_public"), "yes").error().message == "\"yes\" is not true or false");
}

TEST_CASE("a list drops empty items and spaces around the others") {
  Config config;
  REQUIRE(apply(config, *find_setting("allowed_hosts"), " a.example , ,b.example,"));
  CHECK(config.allowed_hosts == std::vector<std::string>{"a.example", "b.example"});
}

TEST_CASE("every setting can be written as a flag and as a variable, each one only once") {
  std::set<std::string> flags, variables;
  for (const auto& setting : settings()) {
    CHECK(flags.insert(flag_of(setting)).second);
    CHECK(variables.insert(variable_of(setting)).second);
  }
  CHECK(flags.count("--subscriber-write-timeout-ms") == 1);
  CHECK(variables.count("PLENUM_SUBSCRIBER_WRITE_TIMEOUT_MS") == 1);
}

TEST_CASE("a mistyped name finds its neighbour and nonsense finds nothing") {
  constexpr std::string_view known[] = {"heartbeat_ms", "listen", "event_loops"};
  CHECK(nearest_name("hartbeat_ms", known) == "heartbeat_ms");
  CHECK(nearest_name("event_loop", known) == "event_loops");
  CHECK(nearest_name("color_of_the_sky", known) == "");
}

TEST_CASE("docs/configuration.md says what the table says") {
  const char* path = PLENUM_DOCS "/configuration.md";
  if (std::getenv("PLENUM_GOLDEN_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << settings_markdown();
  std::ifstream file(path, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const bool same = page == settings_markdown();
  CHECK_MESSAGE(same, "print the page anew: PLENUM_GOLDEN_UPDATE=1 unit_config");
}
