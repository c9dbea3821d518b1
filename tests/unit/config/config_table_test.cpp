#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "common/text/edit_distance.h"
#include "server/config/config_docs.h"
#include "server/config/config_table.h"

using namespace plenum::config;
using plenum::nearest_name;

TEST_CASE("every default is a value that its own setting accepts") {
  for (const auto& setting : settings()) {
    CAPTURE(setting.name);
    Config config;
    CHECK(apply(config, setting, setting.default_text));
  }
}

TEST_CASE("a number is accepted at both limits and rejected beyond them") {
  for (const auto& setting : settings()) {
    if (!is_number(setting)) continue;
    CAPTURE(setting.name);
    Config config;
    CHECK(apply(config, setting, format_quantity(setting.unit, setting.low)));
    CHECK(apply(config, setting, format_quantity(setting.unit, setting.high)));
    CHECK_FALSE(apply(config, setting, format_quantity(setting.unit, setting.low - 1)));
    CHECK_FALSE(apply(config, setting, format_quantity(setting.unit, setting.high + 1)));
    CHECK_FALSE(apply(config, setting, "1e3"));
    CHECK_FALSE(apply(config, setting, " 15"));
    CHECK_FALSE(apply(config, setting, ""));
  }
}

TEST_CASE("a rejected value is quoted with the accepted ones") {
  Config config;
  const auto rejected = apply(config, *find_setting("heartbeat_ms"), "15 seconds");
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().code == plenum::ErrorCode::config_invalid);
  CHECK(rejected.error().message == "\"15 seconds\" is not a duration from 500ms to 1h");
  CHECK(apply(config, *find_setting("body_bytes_max"), "1").error().message ==
        "\"1\" is not a size from 1KiB to 64MiB");
  CHECK(apply(config, *find_setting("event_loops"), "300").error().message ==
        "\"300\" is not a whole number from 0 to 256");
  CHECK(apply(config, *find_setting("log_format"), "xml").error().message == "\"xml\" is not one of text, json");
  CHECK(apply(config, *find_setting("allow_public"), "yes").error().message == "\"yes\" is not true or false");
}

TEST_CASE("durations and sizes accept units") {
  Config config;
  REQUIRE(apply(config, *find_setting("heartbeat_ms"), "15s"));
  CHECK(config.heartbeat == std::chrono::seconds(15));
  REQUIRE(apply(config, *find_setting("cache_bytes_max"), "64MiB"));
  CHECK(config.cache_bytes_max == 64 * 1024 * 1024);
}

TEST_CASE("a list drops empty items and spaces around the others") {
  Config config;
  REQUIRE(apply(config, *find_setting("allowed_hosts"), " a.example , ,b.example,"));
  CHECK(config.allowed_hosts == std::vector<std::string>{"a.example", "b.example"});
}

TEST_CASE("every setting has a unique flag and a unique variable") {
  std::set<std::string> flags, variables;
  for (const auto& setting : settings()) {
    CHECK(flags.insert(flag_of(setting)).second);
    CHECK(variables.insert(variable_of(setting)).second);
  }
  CHECK(flags.count("--subscriber-write-timeout-ms") == 1);
  CHECK(variables.count("PLENUM_SUBSCRIBER_WRITE_TIMEOUT_MS") == 1);
}

TEST_CASE("a misspelled name finds the closest one, other text finds none") {
  constexpr std::string_view known[] = {"heartbeat_ms", "listen", "event_loops"};
  CHECK(nearest_name("hartbeat_ms", known) == "heartbeat_ms");
  CHECK(nearest_name("event_loop", known) == "event_loops");
  CHECK(nearest_name("color_of_the_sky", known) == "");
}

TEST_CASE("docs/configuration.md is the page generated from the table") {
  const char* path = PLENUM_DOCS "/configuration.md";
  if (std::getenv("PLENUM_GOLDEN_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << settings_markdown();
  std::ifstream file(path, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const bool same = page == settings_markdown();
  CHECK_MESSAGE(same, "update the page: PLENUM_GOLDEN_UPDATE=1 unit_config");
}
