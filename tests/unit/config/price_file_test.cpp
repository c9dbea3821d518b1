#include "server/config/price_file.h"

#include <doctest/doctest.h>

using namespace plenum;
using namespace plenum::config;

namespace {

constexpr std::string_view head = "version = 3\ndate = \"2026-11-26\"\n";

std::string price_error_of(std::string_view text) {
  const auto file = parse_price_file("prices.toml", text);
  return file ? std::string() : file.error().message;
}

std::string error_in(std::string_view body) { return price_error_of(std::string(head) + std::string(body)); }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a price file has a version, a date, and the models of vendors with prices and limits") {
  const auto file = parse_price_file("prices.toml", std::string(head) + R"([vendors.openai]
source = "https://example.com/pricing"
[vendors.openai.models]
"gpt-4.1" = {input = 2, output = 8.5, cached_input = 0.5, cache_write = 2.5, request = 0.01, max_output = 32768, context = 1047576, long_context = {above = 200000, input = 4, output = 17, cached_input = 1}}
"gpt-4o" = {input = 2.5, output = 10}
)");
  REQUIRE_MESSAGE(file, file.error().message);
  CHECK(file->info.version == 3);
  CHECK(file->info.date == "2026-11-26");
  CHECK(file->info.path == "prices.toml");
  REQUIRE(file->find("openai") != nullptr);
  CHECK(file->find("google") == nullptr);
  const auto& openai = *file->find("openai");
  CHECK(openai.source == "https://example.com/pricing");
  REQUIRE(openai.models.size() == 2);
  const auto& full = openai.models[0].model == "gpt-4.1" ? openai.models[0] : openai.models[1];
  CHECK(full.output == 8.5);
  CHECK(full.cache_write == 2.5);
  CHECK(full.request == 0.01);
  CHECK(full.max_output == 32768);
  CHECK(full.context == 1047576);
  CHECK(full.long_context->above == 200000);
  CHECK(full.long_context->output == 17);
  CHECK(full.date == "2026-11-26");
  CHECK(full.origin == core::PriceOrigin::file);
}

TEST_CASE("errors in a price file are reported together, each with its position and what is expected") {
  CHECK(has(price_error_of("[vendors.a.models]\nm = {input = 1, output = 1}"), "version must be the number"));
  CHECK(has(price_error_of("version = 1\ndate = \"yesterday\"\n[vendors.a.models]\nm = {input = 1, output = 1}"),
            "date must be the day"));
  CHECK(has(price_error_of("version = 1\ndate = \"2026-13-01\""), "date must be the day"));
  CHECK(has(error_in(""), "has no [vendors.NAME.models]"));
  CHECK(has(error_in("vendor = 1"), "prices.toml:3:1: vendor is not a key of a price file; did you mean vendors?"));
  CHECK(has(error_in("vendors = 1"), "vendors must contain tables"));
  CHECK(has(error_in("[vendors.a]\nmodel = 1"), "did you mean models?"));
  CHECK(has(error_in("[vendors.a]\nmodels = 1"), "models of vendors.a must be a table, not a number"));
  CHECK(has(error_in("[vendors.a.models]\nm = {input = 1}"), "the price of a/m requires both input and output"));
  CHECK(has(error_in("[vendors.a.models]\nm = {input = -1, output = 1}"), "input must be US dollars"));
  CHECK(has(error_in("[vendors.a.models]\nm = {input = nan, output = 1}"), "input must be US dollars"));
  CHECK(
      has(error_in("[vendors.a.models]\nm = {input = 1, output = 1, max_output = 0}"), "max_output must be a number"));
  CHECK(has(error_in("[vendors.a.models]\nm = {input = 1, output = 1, max_outputs = 9}"), "did you mean max_output?"));
  CHECK(has(error_in("[vendors.a.models]\n\"*\" = {input = 1, output = 1}"), "\"*\" is not a model"));
  CHECK(has(error_in("[vendors.a.models]\nm = {input = 1, output = 1, long_context = 3}"),
            "long_context of a/m must be"));
  CHECK(has(error_in("[vendors.a.models]\nm = {input = 1, output = 1, long_context = {above = 3}}"), "requires both"));
  const auto two = error_in("[vendors.a.models]\nm = {input = 1}\nn = 2");
  CHECK(has(two, "prices.toml:4:5"));
  CHECK(has(two, "prices.toml:5:5"));
  CHECK(has(price_error_of("version = "), "prices.toml:1:"));
}
