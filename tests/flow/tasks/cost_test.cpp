// What a task may cost, and what it will probably cost: prices are 1 dollar for a million tokens of a prompt
// and 100 for one of an answer, so an ample answer of 4,096 tokens costs 0.41 dollars.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

constexpr const char* prices = "[prices]\n\"bench/*\" = {input = 1.0, output = 100.0}\n";

Script answer_of(int completion_tokens, std::string_view text = "An answer.") {
  return Script::stream().text(text).finish(0, completion_tokens);
}

std::string cap(std::string_view usd, std::string_view more = {}) {
  return R"("max_cost_usd":)" + std::string(usd) + std::string(more);
}

constexpr std::string_view three_members = R"(,"members":["bench/a","bench/b","bench/c"])";

}  // namespace

TEST_CASE("a task whose first call could exceed its cap sends no request") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(5));
  const std::string id = world.submit("single", "Say something.", cap("0.02"));
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_error");
  CHECK(last["error"]["code"] == "cost_limit");
  CHECK(last["error"]["message"].get<std::string>().find("max_cost_usd $0.0200") != std::string::npos);
  CHECK(last["result"]["cost"]["usd"] == 0.0);
  CHECK(world.upstream.request_count() == 0);
}

TEST_CASE("a call that does not fit yet waits for what the running ones leave") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(5));
  const std::string id = world.submit("synthesize", "Say something.", cap("0.5", three_members));
  const auto frames = world.whole_stream(id);
  const Json last = frames.back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["degraded"] == false);
  CHECK(world.upstream.request_count() == 4);
  CHECK(world.upstream.most_at_once() == 1);
  bool waited = false;
  int reserved = 0;
  for (const Json& event : events_named(frames, "system_message")) {
    waited |= event["code"] == "budget_wait";
    reserved += event["code"] == "budget_reserved" ? 1 : 0;
  }
  CHECK(waited);
  CHECK(reserved == 4);
}

TEST_CASE("calls over the budget are omitted, and the paid ones are a partial result") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(4000));
  const std::string id = world.submit("synthesize", "Say something.", cap("0.82", three_members));
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["degraded"] == true);
  CHECK(last["result"]["cost"]["usd"].get<double>() == doctest::Approx(0.8));
  CHECK_FALSE(last["result"].contains("synthesis"));
  CHECK(last["result"]["answers"][2]["error"]["code"] == "cost_limit");
  CHECK(last["result"]["answers"][0]["text"] == "An answer.");
  CHECK(world.upstream.request_count() == 2);
}

TEST_CASE("a workflow that cannot do without the step that the cap forbids ends with a partial result") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(4000, consensus::architecture));
  const std::string id = world.submit("consensus", "Say something.", cap("0.42"));
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_error");
  CHECK(last["error"]["code"] == "cost_limit");
  CHECK(last["result"]["answers"][0]["status"] == "ok");
  CHECK(world.upstream.request_count() == 1);
}

TEST_CASE("under a cap every answer is limited by the budget, else its cost would have no bound") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(5));
  (void)world.whole_stream(world.submit("single", "Say something.", cap("2")));
  (void)world.whole_stream(world.submit_single());
  const int limit = parse_json(world.upstream.request(0).body)->at("max_tokens").get<int>();
  CHECK(limit > 19'000);
  CHECK(limit <= 20'000);
  CHECK_FALSE(parse_json(world.upstream.request(1).body)->contains("max_tokens"));
}

TEST_CASE("a call that broke off counts with all that it could have cost") {
  World world(Settings{}, prices);
  world.upstream.next(Script::stream(Framing::until_close).words({"half"}).cut(Cut::fin));
  world.upstream.always(answer_of(5));
  const std::string id = world.submit("single", "Say something.", cap("0.6", R"(,"fallback":{"*":["bench/other"]})"));
  const Json last = world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_error");
  CHECK(last["error"]["code"] == "cost_limit");
  CHECK(world.upstream.request_count() == 1);
}

TEST_CASE("a cap without a known price is rejected with the missing price") {
  World world;
  const HttpReply reply = world.post("/api/stream/task", task_body("single", "t", cap("1")));
  CHECK(reply.status == 422);
  CHECK(reply.body.find("/max_cost_usd") != std::string::npos);
  CHECK(reply.body.find("[prices]") != std::string::npos);
}

TEST_CASE("time and cost are estimated from the runs before, and the first time the cost from prices") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(1000));
  const auto first = events_named(world.whole_stream(world.submit_single()), "task_progress");
  CHECK(first.front()["estimated_cost"]["usd"].get<double>() == doctest::Approx(0.08).epsilon(0.05));
  CHECK(first.front()["estimate_origin"] == "prices");
  CHECK_FALSE(first.front().contains("estimated_time"));
  CHECK(first.front()["cost"]["usd"] == 0.0);
  const std::string id = world.submit("single", "Say something.", R"("cache":false)");
  const auto second = events_named(world.whole_stream(id), "task_progress");
  CHECK(second.front()["estimated_cost"]["usd"].get<double>() == doctest::Approx(0.1));
  CHECK(second.front()["estimate_origin"] == "history");
  CHECK(second.front()["estimated_time"].get<double>() >= 0.0);
  CHECK(second.back()["cost"]["usd"].get<double>() == doctest::Approx(0.1));
  CHECK(world.status(id)["cost_so_far"]["usd"].get<double>() == doctest::Approx(0.1));
}

TEST_CASE("without a price the cost of a call is unknown, never 0, and nothing is estimated before the first run") {
  World world;
  world.upstream.always(answer_of(1000));
  const std::string id = world.submit_single();
  const auto progress = events_named(world.whole_stream(id), "task_progress");
  CHECK_FALSE(progress.front().contains("estimated_cost"));
  CHECK_FALSE(progress.front().contains("estimate_origin"));
  const Json result = world.result(id);
  CHECK(result["cost"] == Json({{"usd", nullptr}, {"origin", "unknown"}}));
  CHECK(result["receipts"][0]["cost"]["usd"].is_null());
}

TEST_CASE("a cap below the estimated cost is reported at the start") {
  World world(Settings{}, prices);
  world.upstream.always(answer_of(20'000));  // more than requested: providers may return more
  (void)world.whole_stream(world.submit_single());
  const auto frames = world.whole_stream(world.submit("single", "Say something.", cap("1.0")));
  const auto messages = events_named(frames, "system_message");
  const auto warning = std::find_if(messages.begin(), messages.end(),
                                    [](const Json& event) { return event["code"] == "budget_warning"; });
  REQUIRE(warning != messages.end());
  CHECK((*warning)["level"] == "warning");
  CHECK((*warning)["estimated_cost"]["usd"].get<double>() == doctest::Approx(2.0));
}

// A server that charges what a vendor lists, and answers as long as it is allowed to.
TEST_CASE("a cost cap holds on a fresh installation at list prices, against a model that writes all it may") {
  World world(Settings{}, R"([providers.proxy]
kind = "openai"
base_url = "@upstream@"
price_list = "openai"
)");
  world.upstream.always_by([](const UpstreamRequest& request) {
    const Json body = parse_json(request.body).value();
    const int allowed = body.value("max_tokens", body.value("max_completion_tokens", 0));
    return Script::stream().text("An answer.").finish(static_cast<int>(request.prompt().size()), allowed, "length");
  });
  for (const auto* workflow : {"single", "synthesize", "council", "debate"}) {
    CAPTURE(workflow);
    const std::string id =
        world.submit(workflow, "Say something.",
                     cap("0.05", R"(,"members":["proxy/gpt-4.1","proxy/gpt-4.1-mini","proxy/o4-mini"])"));
    const Json result = world.whole_stream(id).back().json()["result"];
    REQUIRE(result["cost"]["usd"].is_number());
    CHECK(result["cost"]["usd"].get<double>() > 0);
    CHECK(result["cost"]["usd"].get<double>() <= 0.05);
    CHECK(result["cost"]["origin"] == "estimated");
  }
}

TEST_CASE("GET /api/models states the price of each model, where it comes from, and of what day it is") {
  World world(Settings{}, R"([providers.proxy]
kind = "openai"
base_url = "@upstream@"
price_list = "openai"
[prices]
"proxy/gpt-4o" = {input = 1.5, output = 3.0}
)");
  const auto models = parse_json(world.get("/api/models").body);
  REQUIRE(models);
  const Json& file = models->at("price_file");
  CHECK(file["origin"] == "built-in");
  CHECK(file["version"].get<int>() >= 1);
  for (const Json& provider : models->at("providers")) {
    if (provider["name"] == "bench") CHECK_FALSE(provider.contains("prices_usd_per_million_tokens"));
    if (provider["name"] != "proxy") continue;
    const Json& prices = provider["prices_usd_per_million_tokens"];
    CHECK(prices["gpt-4.1"]["origin"] == "built-in");
    CHECK(prices["gpt-4.1"]["date"] == file["date"]);
    CHECK(prices["gpt-4.1"]["max_output_tokens"] == 32'768);
    CHECK(prices["gpt-4o"]["origin"] == "configured");
    CHECK(prices["gpt-4o"]["input"] == 1.5);
  }
}

TEST_CASE("a newer price file is read again on SIGHUP, and a faulty one is ignored") {
  const TempDir dir;
  const std::string path = (dir.path() / "prices.toml").string();
  const auto write = [&path](std::string_view price) {
    std::ofstream(path) << "version = 2\ndate = \"2026-12-01\"\n[vendors.openai.models]\n\"gpt-9\" = " << price << "\n";
  };
  write("{input = 1, output = 2}");
  World world(Settings{{"prices_file", '"' + path + '"'}}, R"([providers.proxy]
kind = "openai"
base_url = "@upstream@"
price_list = "openai"
)");
  const auto input = [&world] {
    const Json models = parse_json(world.get("/api/models").body).value();
    CHECK(models["price_file"]["version"] == 2);
    for (const Json& provider : models["providers"]) {
      if (provider["name"] == "proxy") return provider["prices_usd_per_million_tokens"]["gpt-9"]["input"].get<double>();
    }
    return -1.0;
  };
  CHECK(input() == 1);
  write("{input = 3, output = 2}");
  world.server.signal(SIGHUP);
  CHECK(eventually([&] { return input() == 3; }, seconds(10)));
  write("{input = 4}");
  world.server.signal(SIGHUP);
  CHECK(eventually([&] { return world.server.log().find("The previous prices remain in use") != std::string::npos; },
                   seconds(10)));
  CHECK(input() == 3);
}

}  // namespace plenum::tests
