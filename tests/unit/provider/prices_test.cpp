// Which price applies to a model, and the costs that follow from it.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "server/provider/known_providers.h"
#include "server/provider/prices/price_book.h"
#include "server/provider/prices/price_files.h"

using namespace plenum;
using namespace plenum::provider;
using core::ModelPrice;
using core::PriceOrigin;

namespace {

ModelPrice price(std::string model, double input, PriceOrigin origin = PriceOrigin::configured) {
  ModelPrice made{std::move(model), input, 2 * input};
  made.origin = origin;
  return made;
}

Usage usage_of(std::int64_t prompt, std::int64_t completion) {
  Usage usage;
  usage.prompt_tokens = prompt;
  usage.completion_tokens = completion;
  return usage;
}

}  // namespace

TEST_CASE("a dated version of a model has its price, another model of a similar name has not") {
  for (const auto* dated :
       {"gpt-4.1-2025-04-14", "gpt-4.1-20250414", "gpt-4.1-0414", "gpt-4.1-latest", "gpt-4.1-001", "gpt-4.1-04-2025"}) {
    CHECK_MESSAGE(is_dated_version(dated, "gpt-4.1"), dated);
  }
  for (const auto* other : {"gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", "gpt-4.10", "gpt-4.1", "gpt-4", "gpt-4.1-8",
                            "gpt-4.1-2025", "gpt-4.1-turbo-0414", "gpt-4.1-latest-0414"}) {
    // Four digits are a date of month and day, or of year and month.
    CHECK_MESSAGE(is_dated_version(other, "gpt-4.1") == (std::string_view(other) == "gpt-4.1-2025"), other);
  }
  CHECK_FALSE(is_dated_version("claude-opus-4-8", "claude-opus-4"));
  CHECK(is_dated_version("claude-opus-4-20250514", "claude-opus-4"));
  CHECK_FALSE(is_dated_version("x", ""));
}

TEST_CASE("the exact name is found before the longest one of which the model is a dated version") {
  PriceRows rows;
  for (const auto* model : {"gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-mini"}) rows.set(price(model, 1));
  CHECK(rows.find("gpt-4o-2024-05-13")->model == "gpt-4o-2024-05-13");
  CHECK(rows.find("gpt-4o-2024-08-06")->model == "gpt-4o");
  CHECK(rows.find("gpt-4o-mini-2024-07-18")->model == "gpt-4o-mini");
  CHECK(rows.find("gpt-4o-audio") == nullptr);
  CHECK(rows.find("") == nullptr);
}

TEST_CASE("a configured price overrides the provider's list, which overrides the price file") {
  PriceBook book;
  book.configure(price("b", 1));
  book.set_file({price("a", 3, PriceOrigin::built_in), price("b", 3, PriceOrigin::built_in),
                 price("c", 3, PriceOrigin::built_in)});
  book.set_live({price("a", 2, PriceOrigin::live), price("b", 2, PriceOrigin::live)});
  CHECK(book.find("a")->origin == PriceOrigin::live);
  CHECK(book.find("b")->origin == PriceOrigin::configured);
  CHECK(book.find("c")->origin == PriceOrigin::built_in);
  CHECK_FALSE(book.find("d"));
  book.set_live({});
  CHECK(book.find("a")->origin == PriceOrigin::built_in);
  CHECK(book.models() == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a configured row `*` overrides all prices but those of a model's own configured row") {
  PriceBook book;
  CHECK_FALSE(book.find("m"));
  book.configure(price("*", 1));
  book.configure(price("m", 2));
  book.set_file({price("other", 9, PriceOrigin::built_in)});
  CHECK(book.find("m")->input == 2);
  CHECK(book.find("other")->input == 1);
}

TEST_CASE("a configured price without limits has the limits of the model from the price file") {
  PriceBook book;
  ModelPrice listed = price("m", 9, PriceOrigin::built_in);
  listed.max_output = 4096;
  listed.context = 8192;
  book.set_file({listed});
  book.configure(price("m", 1));
  CHECK(book.find("m")->input == 1);
  CHECK(book.find("m")->max_output == 4096);
  CHECK(book.find("m")->context == 8192);
}

TEST_CASE("a cost is estimated from usage, and unknown, never 0, without a price or without counts") {
  Usage usage = usage_of(1'000'000, 500'000);
  const ModelPrice plain{"m", 2.0, 8.0};
  const ModelPrice cached{"m", 2.0, 8.0, 0.5, 3.0};
  CHECK(estimated_cost(plain, usage) == Cost{6.0, CostOrigin::estimated});
  usage.cached_input_tokens = 400'000;
  usage.cache_write_tokens = 100'000;
  CHECK(*estimated_cost(cached, usage).usd == doctest::Approx(1.0 + 0.2 + 0.3 + 4.0));
  CHECK(*estimated_cost(plain, usage).usd == doctest::Approx(6.0));
  CHECK(estimated_cost(std::nullopt, usage) == Cost{});
  usage.completion_tokens.reset();
  CHECK(estimated_cost(plain, usage) == Cost{});
}

TEST_CASE("a long prompt and a fee for each request are part of an estimated cost") {
  ModelPrice tiered{"m", 2.0, 8.0};
  tiered.long_context = ModelPrice::LongContext{200'000, 4.0, 12.0, {}};
  CHECK(*estimated_cost(tiered, usage_of(200'000, 1000)).usd == doctest::Approx(0.408));
  CHECK(*estimated_cost(tiered, usage_of(200'001, 1000)).usd == doctest::Approx(0.812).epsilon(1e-4));
  tiered.request = 0.005;
  CHECK(*estimated_cost(tiered, usage_of(1000, 0)).usd == doctest::Approx(0.007));
}

TEST_CASE("the built-in price file is valid, dated, and prices the default model of every vendor with a known price") {
  const auto file = read_price_file("");
  REQUIRE_MESSAGE(file, file.error().message);
  CHECK(file->info.version >= 1);
  CHECK(file->info.date >= "2026-11-26");
  for (const auto& vendor : file->vendors) {
    CAPTURE(vendor.vendor);
    CHECK(vendor.source.starts_with("https://"));
    PriceBook book;
    book.set_file(vendor.models);
    for (const auto& known : known_providers()) {
      if (known.name != vendor.vendor) continue;
      // A cost limit works without any configuration.
      for (const auto& model : known.default_model_list()) CHECK_MESSAGE(book.find(model), model);
    }
    for (const auto& row : vendor.models) {
      CAPTURE(row.model);
      CHECK(row.input > 0);
      CHECK(row.output > 0);
      CHECK(row.input <= 200);
      CHECK(row.cached_input.value_or(0) <= row.input);
      CHECK(row.max_output > 0);
      CHECK(row.max_output <= row.context);
      CHECK(row.origin == PriceOrigin::built_in);
      if (row.long_context) CHECK(row.long_context->input > row.input);
    }
  }
}

TEST_CASE("a price file that cannot be read is an error that names the setting") {
  CHECK(read_price_file("no/such/prices.toml").error().message == "prices_file: no/such/prices.toml is not a file");
  CHECK(read_price_file("/dev/null").error().message.find("is not a file") != std::string::npos);
  const auto path = std::filesystem::temp_directory_path() / "plenum_prices_test.toml";
  std::ofstream(path) << "version = 1\n";
  const auto broken = read_price_file(path.string());
  std::filesystem::remove(path);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message.find(path.string() + ":1:1: date must be") != std::string::npos);
}

TEST_CASE("prices that are half a year old have a note, newer ones have none") {
  WallTime now;
  REQUIRE(parse_rfc3339("2027-06-01T00:00:00.000Z", now));
  CHECK(core::age_note({"2026-11-26", 1, ""}, now).find("2026-11-26, 6 months old") != std::string::npos);
  CHECK(core::age_note({"2026-12-26", 1, ""}, now).empty());
  CHECK(core::age_note({}, now).empty());
}
