#include "common/protocol/task_result.h"
#include "common/protocol/model_parameters.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace plenum;

TEST_CASE("status names map to values and back, and end values are terminal") {
  for (const char* name : {"initializing", "running", "completed", "error", "cancelled", "interrupted"}) {
    const auto status = task_status_named(name);
    REQUIRE(status);
    CHECK(name_of(*status) == name);
    CHECK(is_terminal(*status) == (std::string_view(name) != "initializing" && std::string_view(name) != "running"));
  }
  for (const char* name : {"ok", "error", "timeout", "cancelled", "skipped"}) {
    REQUIRE(chunk_status_named(name));
    CHECK(name_of(*chunk_status_named(name)) == name);
  }
  CHECK_FALSE(task_status_named("finished"));
  CHECK_FALSE(chunk_status_named(""));
}

TEST_CASE("a figure that one call did not report is unknown in the sum") {
  Usage full, partial;
  full.prompt_tokens = 10;
  full.total_tokens = 12;
  partial.total_tokens = 30;
  const auto sum_of = [](std::initializer_list<Usage> calls) {
    UsageSum sum;
    for (const Usage& call : calls) sum.add(call);
    return sum.total();
  };
  CHECK(sum_of({full}) == full);
  CHECK(sum_of({full, full}).prompt_tokens == 20);
  for (const Usage& sum : {sum_of({full, partial}), sum_of({partial, full})}) {
    CHECK_FALSE(sum.prompt_tokens);
    CHECK(sum.total_tokens == 42);
    CHECK_FALSE(sum.completion_tokens);
  }
  CHECK_FALSE(sum_of({full, Usage{}}).known());
  CHECK_FALSE(sum_of({Usage{}, full, full}).known());
  CHECK(to_json(UsageSum{}).is_null());
}

TEST_CASE("a newer usage frame replaces figures, without adding") {
  Usage usage;
  usage.prompt_tokens = 10;
  usage.completion_tokens = 1;
  Usage newer;
  newer.completion_tokens = 25;
  newer.reasoning_tokens = 5;
  merge_cumulative(usage, newer);
  CHECK(dump_json(to_json(usage)) == R"({"prompt_tokens":10,"completion_tokens":25,"reasoning_tokens":5})");
}

TEST_CASE("a sum of costs has the weakest origin of its parts") {
  const Cost reported{0.25, CostOrigin::reported}, estimated{0.5, CostOrigin::estimated}, unknown;
  CHECK(reported + reported == Cost{0.5, CostOrigin::reported});
  CHECK(reported + estimated == Cost{0.75, CostOrigin::estimated});
  CHECK(estimated + reported == Cost{0.75, CostOrigin::estimated});
  CHECK(reported + unknown == unknown);
  CHECK(unknown + estimated == unknown);
}

TEST_CASE("an unknown cost is null and never zero") {
  CHECK(dump_json(to_json(Cost{})) == R"({"usd":null,"origin":"unknown"})");
  CHECK(dump_json(to_json(Cost{0.0, CostOrigin::unknown})) == R"({"usd":null,"origin":"unknown"})");
  CHECK(dump_json(to_json(Cost{0.0, CostOrigin::reported})) == R"({"usd":0.0,"origin":"reported"})");
  CHECK(cost_from(*parse_json(R"({"usd":0,"origin":"invented"})")) == Cost{});
}

TEST_CASE("an error in an event has cause, remedy and wait") {
  Error error{ErrorCode::rate_limit, "openai answered 429"};
  error.retry_after = std::chrono::milliseconds(2500);
  const ErrorInfo info = error_info(error);
  CHECK(info.code == "rate_limit");
  CHECK(info.message == "openai answered 429");
  CHECK(info.remedy == row_of(ErrorCode::rate_limit).remedy);
  CHECK(info.retryable);
  CHECK(info.retry_after_ms == 2500);
  CHECK(error_info_from(to_json(info)) == info);
}

TEST_CASE("a result has every documented field, in order") {
  TaskResult result;
  result.workflow = "consensus";
  result.answer = "42";
  result.answers = {{"openai/gpt",
                     "gpt",
                     "Coder",
                     "answer:openai/gpt",
                     ChunkStatus::timeout,
                     "par",
                     {},
                     {},
                     1200,
                     error_info(Error{ErrorCode::timeout, "no byte for 30 s"})}};
  result.review_json = R"({"verdict":"fine"})";
  result.skipped = {{"acme/x", "no key"}};
  result.degraded = true;
  result.reasons = {"openai/gpt timed out"};
  const Json json = to_json(result);
  std::string names;
  for (const auto& item : json.items()) names += item.key() + ' ';
  CHECK(names == "workflow answer answers review skipped degraded reasons usage cost cached receipts ");
  CHECK(dump_json(json["answers"][0]["status"]) == "\"timeout\"");
  CHECK(dump_json(json["answers"][0]["error"]["code"]) == "\"timeout\"");
  CHECK(json["usage"].is_null());
  CHECK(task_result_from(json) == result);
}

TEST_CASE("a review that is no JSON object is omitted from the result") {
  TaskResult result;
  for (const char* review : {"", "not json", "[1]", "\"text\"", "{\"open\":"}) {
    result.review_json = review;
    CHECK_FALSE(to_json(result).contains("review"));
  }
}

TEST_CASE("any JSON is read without exceptions") {
  for (
      const char* text :
      {"null", "1", "[]", "\"x\"", "{}", R"({"answers":1,"skipped":[1,null],"degraded":"yes","usage":[],"cost":7})",
       R"({"answers":[{"latency_ms":"fast","usage":{"prompt_tokens":1.5},"status":9}],"receipts":[{"attempt":1e18}]})"}) {
    CAPTURE(text);
    const Json json = *parse_json(text);
    const TaskResult result = task_result_from(json);
    CHECK_FALSE(result.degraded);
    CHECK(usage_from(json) == Usage{});
    CHECK(cost_from(json) == Cost{});
    CHECK(error_info_from(json) == ErrorInfo{});
  }
}

TEST_CASE("parameters of a receipt are bounded: a response format is its kind, long stop texts are their number") {
  ModelParameters parameters;
  CHECK(receipt_parameters(parameters) == "{}");
  parameters.temperature = 0.5;
  parameters.stop = std::vector<std::string>{"END"};
  parameters.response_format = ResponseFormat{ResponseFormat::Kind::json_schema, "review", std::string(5000, ' ')};
  CHECK(receipt_parameters(parameters) == R"({"temperature":0.5,"stop":["END"],"response_format":"json_schema"})");
  parameters.stop = std::vector<std::string>(4, std::string(200, 'x'));
  CHECK(receipt_parameters(parameters) == R"({"temperature":0.5,"stop":4,"response_format":"json_schema"})");
}
