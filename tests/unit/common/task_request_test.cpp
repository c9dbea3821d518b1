#include "common/protocol/task_request.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace plenum;

namespace {

using Texts = std::vector<std::string>;

// `pointer: detail` of each error.
Texts faults_of(std::string_view body) {
  const TaskRequest request = parse_task_request(body);
  CHECK(request.is_json);
  CHECK_FALSE(request.spec);
  Texts texts;
  for (const ValidationError& fault : request.faults) texts.push_back(fault.pointer + ": " + fault.detail);
  return texts;
}

std::string only_fault(std::string_view field_and_value) {
  const Texts faults = faults_of("{\"task\":\"x\"," + std::string(field_and_value) + "}");
  REQUIRE(faults.size() == 1);
  return faults[0];
}

TaskSpec spec_of(std::string_view body) {
  TaskRequest request = parse_task_request(body);
  for (const ValidationError& fault : request.faults) FAIL_CHECK(fault.pointer << ": " << fault.detail);
  REQUIRE(request.spec);
  return *request.spec;
}

}  // namespace

TEST_CASE("only the task is required, other fields have defaults") {
  const TaskSpec spec = spec_of(R"({"task":"Build a bridge"})");
  CHECK(spec.task == "Build a bridge");
  CHECK(spec.workflow == "");  // the server chooses
  CHECK(spec.stream);
  CHECK(spec.cache == CacheUse::similar);
  CHECK(spec.members.empty());
  CHECK(spec.ttl.count() == 0);  // that of the server
  CHECK(spec.deadline.count() == 0);
  CHECK(spec.on_abandon == OnAbandon::keep_running);
}

TEST_CASE("every field of a request is parsed") {
  const TaskSpec spec = spec_of(R"({
    "task": "t", "context": {"k": [1, 2]}, "workflow": "single", "members": ["a/b", "c"], "chairman": "d/e",
    "options": {"rounds": 2}, "stream": false, "message_id": "m", "conversation_id": "c", "deadline_ms": 5000,
    "member_deadline_ms": 250.0, "max_cost_usd": 0.5, "on_abandon": {"policy": "cancel", "after_s": 9},
    "cache": false, "ttl_s": 60, "metadata": {"a": null}})");
  CHECK(spec.context_json == R"({"k":[1,2]})");
  CHECK(spec.workflow == "single");
  CHECK(spec.members == Texts{"a/b", "c"});
  CHECK(spec.chairman == "d/e");
  CHECK(spec.options_json == R"({"rounds":2})");
  CHECK_FALSE(spec.stream);
  CHECK(spec.message_id == "m");
  CHECK(spec.conversation_id == "c");
  CHECK(spec.deadline.count() == 5000);
  CHECK(spec.member_deadline.count() == 250);
  CHECK(spec.max_cost_usd == 0.5);
  CHECK(spec.on_abandon == OnAbandon::cancel);
  CHECK(spec.abandon_after.count() == 9);
  CHECK(spec.cache == CacheUse::none);
  CHECK(spec.ttl.count() == 60);
  CHECK(spec.metadata_json == R"({"a":null})");
}

TEST_CASE("all errors of a request are reported together, in order, each with its pointer") {
  const Texts faults = faults_of(
      R"({"stream":1,"members":["a","",7,"a"],"on_abandon":{"policy":"stop","after_s":0,"x":1},"tsak":"x","a/b~c":1})");
  CHECK(faults == Texts{"/stream: must be true or false", "/members/1: must not be empty",
                        "/members/2: must be a string", "/members/3: names \"a\" twice",
                        "/on_abandon/policy: must be \"continue\" or \"cancel\"",
                        "/on_abandon/after_s: must be a whole number from 1 to 86,400",
                        "/on_abandon/x: \"x\" is not a field of on_abandon", "/tsak: \"tsak\" is not a field of a task",
                        "/a~1b~0c: \"a/b~c\" is not a field of a task", "/task: is missing"});
}

TEST_CASE("a body that is JSON but no object is one error") {
  for (const char* body : {"[]", "null", "\"task\"", "7"}) CHECK(faults_of(body) == Texts{": must be an object"});
}

TEST_CASE("the error of a body that is not JSON has the byte") {
  for (const std::string& body :
       {std::string("{\"task\":}"), std::string(), std::string("{\"task\":\"a\",\"task\":\"b\"}"),
        std::string("{\"task\":\"x\",\"max_cost_usd\":1e400}"), std::string(65, '['),
        std::string("{\"task\":\"\xFF\"}")}) {
    CAPTURE(body);
    const TaskRequest request = parse_task_request(body);
    CHECK_FALSE(request.is_json);
    CHECK_FALSE(request.spec);
    REQUIRE(request.faults.size() == 1);
    CHECK(request.faults[0].pointer.empty());
    CHECK(request.faults[0].detail.find("at byte ") != std::string::npos);
  }
}

TEST_CASE("the length of a task is measured in characters, not bytes") {
  std::string task;
  for (std::size_t i = 0; i < TaskSpec::task_characters_max; ++i) task += "\u00FC";
  CHECK(spec_of("{\"task\":\"" + task + "\"}").task == task);
  CHECK(faults_of("{\"task\":\"" + task + "x\"}") == Texts{"/task: must have at most 200,000 characters, not 200,001"});
}

TEST_CASE("a blank task is rejected") {
  CHECK(faults_of(R"({"task":""})") == Texts{"/task: must not be empty"});
  CHECK(faults_of(R"({"task":" \n\t\r "})") == Texts{"/task: must not be blank"});
  CHECK(faults_of("{\"task\":\"\u00A0\u2003\u3000\u0020\"}") == Texts{"/task: must not be blank"});
  CHECK(spec_of(R"({"task":" . "})").task == " . ");
}

TEST_CASE("numbers have bounds, and counts must be whole") {
  CHECK(spec_of(R"({"task":"x","deadline_ms":86400000,"ttl_s":604800,"on_abandon":{"after_s":86400}})").ttl.count() ==
        604'800);
  CHECK(spec_of(R"({"task":"x","max_cost_usd":2})").max_cost_usd == 2);
  for (const char* value : {"-1", "86400001", "1.5", "\"5\"", "null", "true", "1e99", "18446744073709551616"}) {
    CAPTURE(value);
    CHECK(only_fault("\"deadline_ms\":" + std::string(value)) ==
          "/deadline_ms: must be a whole number from 0 to 86,400,000");
    CHECK(only_fault("\"member_deadline_ms\":" + std::string(value)).rfind("/member_deadline_ms", 0) == 0);
  }
  CHECK(only_fault("\"ttl_s\":59") == "/ttl_s: must be a whole number from 60 to 604,800");
  CHECK(only_fault("\"ttl_s\":604801") == "/ttl_s: must be a whole number from 60 to 604,800");
  CHECK(only_fault("\"max_cost_usd\":-0.01") == "/max_cost_usd: must be a number of at least 0");
  CHECK(only_fault("\"max_cost_usd\":\"1\"") == "/max_cost_usd: must be a number of at least 0");
}

TEST_CASE("fields of the wrong type are rejected") {
  CHECK(only_fault("\"context\":[]") == "/context: must be an object");
  CHECK(only_fault("\"options\":null") == "/options: must be an object");
  CHECK(only_fault("\"metadata\":\"x\"") == "/metadata: must be an object");
  CHECK(only_fault("\"on_abandon\":\"cancel\"") == "/on_abandon: must be an object");
  CHECK(only_fault("\"members\":\"a/b\"") == "/members: must be an array of strings");
  CHECK(only_fault("\"members\":[]") == "/members: must have 1 to 64 members, not 0");
  CHECK(only_fault("\"workflow\":7") == "/workflow: must be a string");
  CHECK(only_fault("\"chairman\":\"\"") == "/chairman: must not be empty");
  CHECK(only_fault(R"("members":["a/x\n## fake"])") == "/members/0: must not contain control characters");
  CHECK(only_fault(R"("chairman":"a/\u202eevil")") == "/chairman: must not contain control characters");
  CHECK(only_fault(R"("fallback":["a"])") ==
        "/fallback: must be an object: a member, or \"*\" for all, and a list of members");
  CHECK(only_fault(R"("fallback":{"a/b":[]})") == "/fallback/a~1b: must be an array of 1 to 8 members");
  CHECK(only_fault(R"("fallback":{"a":["b","b"]})") == "/fallback/a/1: names \"b\" twice");
  CHECK(only_fault(R"("fallback":{"a":["a"]})") == "/fallback/a/0: is the member itself");
  CHECK(only_fault(R"("fallback":{"":["a"]})") == "/fallback/: the name must have 1 to 200 characters");
  CHECK(only_fault("\"message_id\":\"" + std::string(201, 'x') + "\"") ==
        "/message_id: must have at most 200 characters, not 201");
}

TEST_CASE("at most 64 members are accepted") {
  std::string members;
  for (int i = 0; i < 64; ++i) members += "\"m" + std::to_string(i) + "\",";
  CHECK(spec_of("{\"task\":\"x\",\"members\":[" + members.substr(0, members.size() - 1) + "]}").members.size() == 64);
  CHECK(only_fault("\"members\":[" + members + "\"one more\"]") == "/members: must have 1 to 64 members, not 65");
}

TEST_CASE("a body with many errors does not produce a larger response") {
  std::string body = "{\"task\":\"x\"";
  for (int i = 0; i < 5000; ++i) body += ",\"" + std::to_string(i) + "\":1";
  const Texts faults = faults_of(body + "}");
  CHECK(faults.size() == 101);
  CHECK(faults.back() == ": and 4,900 more errors");
  CHECK(only_fault("\"" + std::string(100'000, 'k') + "\":1").size() < 500);
}

TEST_CASE("the body of a task parses to the same task, without default fields") {
  CHECK(task_request_body(spec_of(R"({"task":"x"})")) == R"({"task":"x"})");
  const std::string body =
      "{\"task\":\"gr\u00FC\u00DFe "
      "\\\"x\\\"\",\"context\":{\"k\":1},\"workflow\":\"single\",\"members\":[\"a/b\",\"c\"],"
      "\"chairman\":\"d\",\"fallback\":{\"*\":[\"e\",\"f\"]},\"options\":{\"o\":true},\"stream\":false,\"message_id\":"
      "\"m\",\"conversation_id\":\"c\","
      "\"deadline_ms\":1,\"member_deadline_ms\":2,\"max_cost_usd\":0.25,\"on_abandon\":{\"policy\":\"cancel\",\"after_"
      "s\":7},"
      "\"cache\":false,\"ttl_s\":61,\"metadata\":{\"m\":[]}}";
  CHECK(task_request_body(spec_of(body)) == body);
}

TEST_CASE("personas, a prior turn and attachments survive a round trip") {
  const auto request = parse_task_request(
      R"({"task":"t","members":["p/m#a"],"personas":{"a":"You doubt."},"prior":{"question":"q","answer":"w"},)"
      R"("context":{"attachments":[{"name":"n","text":"x"}]}})");
  REQUIRE(request.spec);
  CHECK(request.spec->personas == std::vector<std::pair<std::string, std::string>>{{"a", "You doubt."}});
  CHECK(request.spec->prior.question == "q");
  const auto again = parse_task_request(task_request_body(*request.spec));
  REQUIRE(again.spec);
  CHECK(again.spec->personas == request.spec->personas);
  CHECK(again.spec->prior.answer == "w");
  CHECK(again.spec->context_json == request.spec->context_json);
}

TEST_CASE("every error of personas, prior and attachments has its pointer") {
  const auto request = parse_task_request(R"({"task":"t","personas":{"Bad Name":"x","a":""},"prior":{"answer":"w"},)"
                                          R"("context":{"attachments":[{"name":"n"},{"name":"n","text":7}]}})");
  REQUIRE_FALSE(request.spec);
  std::vector<std::string> pointers;
  for (const ValidationError& fault : request.faults) pointers.push_back(fault.pointer);
  CHECK(pointers == std::vector<std::string>{"/personas/Bad Name", "/personas/a", "/prior", "/context/attachments/0",
                                             "/context/attachments/1/text"});
}

TEST_CASE("a task may accept any cached answer, that of an identical task, or none") {
  const auto use = [](std::string_view value) {
    const auto request = parse_task_request(R"({"task":"t","cache":)" + std::string(value) + "}");
    return request.spec ? std::optional(request.spec->cache) : std::nullopt;
  };
  CHECK(use("true") == CacheUse::similar);
  CHECK(use("\"exact\"") == CacheUse::exact);
  CHECK(use("false") == CacheUse::none);
  CHECK_FALSE(use("\"similar\""));
  CHECK_FALSE(use("1"));
  TaskSpec spec;
  spec.task = "t";
  spec.cache = CacheUse::exact;
  CHECK(task_request_body(spec) == R"({"task":"t","cache":"exact"})");
}
