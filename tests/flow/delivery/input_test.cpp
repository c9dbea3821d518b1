// Bad input of every kind is answered as the contract requires and does not affect other clients.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

// A server with a task that is streaming while bad requests come in. At the end the task must have come
// through unharmed.
struct Busy : World {
  Busy()
      : World(Settings{{"head_timeout_ms", "1500"}, {"body_timeout_ms", "1500"}},
              provider_table("keyless", "http://127.0.0.1:9/v1", "key_env = \"PLENUM_NO_SUCH_KEY\"\n")) {
    upstream.on({.model = "busy"}, Script::stream().words({"before "}).wait_for(resume).words({"after"}).finish());
    upstream.always(whole_answer("fine"));
    id = submit("single", "task", R"("members":["bench/busy"])");
    REQUIRE(upstream.wait_for_requests(1, seconds(10)));
  }
  ~Busy() {
    resume.open();
    CHECK(streamed_text(whole_stream(id)) == "before after");
  }
  Latch resume{"resume"};
  std::string id;
};

// What is wrong with a reply that should be a problem document with this status and code, or "".
std::string problem_fault(const HttpReply& reply, int status, std::string_view code) {
  if (reply.status != status) return "status " + std::to_string(reply.status) + ": " + reply.body;
  if (reply.header("content-type").find("application/problem+json") != 0)
    return "content type " + reply.header("content-type");
  Json json = reply.json();
  if (!code.empty() && json["code"] != code) return "code: " + reply.body;
  if (json["status"] != status || !json.contains("title") || !json.contains("detail"))
    return "lacks fields: " + reply.body;
  if (json["request_id"] != reply.header("x-request-id")) return "request id: " + reply.body;
  return "";
}

// The pointers of all faults, with blanks between them.
std::string pointers(const HttpReply& reply) {
  std::string found;
  const Json body = reply.json();
  for (const Json& error : body["errors"]) found += (found.empty() ? "" : " ") + error["pointer"].get<std::string>();
  return found;
}

}  // namespace

TEST_CASE_FIXTURE(Busy, "what is not JSON is a 400") {
  for (const char* body : {"", "{", "[1,", "{\"task\":}", "{'task':'x'}", "{\"task\":\"a\xff\"}", "{\"task\":\"x\"} {}",
                           "{\"task\":\"x\",\"task\":\"y\"}", "{\"task\":NaN}"}) {
    HttpReply reply = post(api::task, body, {{"Content-Type", "application/json"}});
    // Two members of one name are JSON to some and not to others: refused either way, by name.
    bool twice = std::string_view(body).find("\"y\"") != std::string_view::npos;
    CHECK_MESSAGE(problem_fault(reply, twice && reply.status == 422 ? 422 : 400, "") == "", body);
  }
  std::string deep = R"({"task":"x","context":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  int status = post(api::task, deep).status;
  CHECK((status == 400 || status == 422));
}

TEST_CASE_FIXTURE(Busy, "every fault of a request is named at once, with where it is") {
  HttpReply reply =
      post(api::task, R"({"task":7,"workflow":[],"deadline_ms":-1,"color":"red","context":"none","ttl_s":5})");
  REQUIRE(problem_fault(reply, 422, "validation-failed") == "");
  CHECK(pointers(reply) == "/task /workflow /deadline_ms /color /context /ttl_s");
  CHECK(reply.body.find("color") != std::string::npos);
}

TEST_CASE_FIXTURE(Busy, "single faults of a request are named") {
  struct Case {
    std::string body;
    std::string pointer;
  };
  for (const Case& wrong : std::vector<Case>{
           {R"({})", "/task"},
           {R"({"task":""})", "/task"},
           {R"({"task":"   "})", "/task"},
           {R"({"task":"x","members":"bench/m1"})", "/members"},
           {R"({"task":"x","members":["bench/m1",7]})", "/members/1"},
           {R"({"task":"x","members":["bench/m1"],"workflow":"no-such-workflow"})", "/workflow"},
           {R"({"task":"x","members":["missing/m1"]})", "/members/0"},
           {R"({"task":"x","members":["bench/m1"],"chairman":"missing/m1"})", "/chairman"},
           {R"({"task":"x","members":["bench/m1"],"options":{"surprise":1}})", "/options/surprise"},
           {R"({"task":"x","on_abandon":{"policy":"sulk"}})", "/on_abandon/policy"},
           {R"({"task":"x","max_cost_usd":"lots"})", "/max_cost_usd"},
       }) {
    HttpReply reply = post(api::task, wrong.body);
    CHECK_MESSAGE(problem_fault(reply, 422, "validation-failed") == "", wrong.body);
    if (reply.status == 422) CHECK_MESSAGE(pointers(reply) == wrong.pointer, wrong.body << " gave " << reply.body);
  }
}

TEST_CASE_FIXTURE(Busy, "an unknown workflow or member is answered with the ones there are") {
  CHECK(post(api::task, task_body("no-such-workflow", "x")).body.find("consensus") != std::string::npos);
  CHECK(post(api::task, task_body("single", "x", R"("members":["missing/m1"])")).body.find("bench") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(Busy, "a task of 200,000 characters is taken and one more is not") {
  std::string most(200'000, 'x');
  CHECK(post(api::task, task_body("single", most)).status == 202);
  HttpReply reply = post(api::task, task_body("single", most + "x"));
  CHECK(problem_fault(reply, 422, "validation-failed") == "");
}

TEST_CASE_FIXTURE(Busy, "a body of four mebibytes is read and one byte more is a 413") {
  auto body_of = [](std::size_t bytes) {
    std::string body = task_body("single", "x", R"("metadata":{"fill":""})");
    return body.insert(body.find("\"\"}") + 1, bytes - body.size(), 'f');
  };
  CHECK(post(api::task, body_of(4 << 20)).status == 202);
  CHECK(problem_fault(post(api::task, body_of((4 << 20) + 1)), 413, "payload-too-large") == "");
}

TEST_CASE_FIXTURE(Busy, "a member without its key is skipped and listed, and without any the task is rejected") {
  HttpReply reply = post(api::task, task_body("single", "x", R"("members":["keyless/m","bench/m1"])"));
  REQUIRE(reply.status == 202);
  CHECK(reply.json()["skipped"][0]["id"] == "keyless/m");
  CHECK(reply.json()["skipped"][0]["reason"].get<std::string>().find("PLENUM_NO_SUCH_KEY") != std::string::npos);
  CHECK(reply.json()["members"].size() == 1);
  Json end = whole_stream(reply.json()["stream_id"].get<std::string>()).back().json();
  CHECK(end["result"]["skipped"][0]["id"] == "keyless/m");
  CHECK(end["result"]["degraded"] == true);
  REQUIRE(end["result"]["reasons"].size() == 1);
  CHECK(end["result"]["reasons"][0].get<std::string>().starts_with("keyless/m: no key: set PLENUM_NO_SUCH_KEY"));

  HttpReply refused = post(api::task, task_body("single", "x", R"("members":["keyless/m"])"));
  CHECK(problem_fault(refused, 422, "validation-failed") == "");
  CHECK(refused.body.find("PLENUM_NO_SUCH_KEY") != std::string::npos);
}

TEST_CASE_FIXTURE(Busy, "a path or method that does not exist is a problem document") {
  CHECK(problem_fault(get("/nothing/here"), 404, "") == "");
  CHECK(problem_fault(get("/index.html"), 404, "") == "");
  struct Case {
    const char* method;
    std::string path;
    const char* allowed;
  };
  for (const Case& wrong : std::vector<Case>{{"GET", "/api/stream/task", "POST"},
                                             {"POST", "/api/stream/events/" + id, "GET"},
                                             {"DELETE", "/api/stream/status/" + id, "GET"},
                                             {"GET", "/api/stream/cancel/" + id, "POST"},
                                             {"POST", "/livez", "GET"},
                                             {"PUT", "/api/stream/task", "POST"}}) {
    HttpReply reply = fetch(server.port(), request_text(wrong.method, wrong.path));
    CHECK_MESSAGE(problem_fault(reply, 405, "") == "", wrong.method << " " << wrong.path);
    CHECK_MESSAGE(reply.header("allow").find(wrong.allowed) != std::string::npos, wrong.method << " " << wrong.path);
  }
}

TEST_CASE_FIXTURE(Busy, "a body of another kind is a 415") {
  for (const char* type :
       {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"}) {
    CHECK_MESSAGE(problem_fault(post(api::task, "{\"task\":\"x\"}", {{"Content-Type", type}}), 415,
                                "unsupported-media-type") == "",
                  type);
  }
  CHECK(post(api::task, task_body("single", "x"), {{"Content-Type", "application/json; charset=utf-8"}}).status == 202);
  CHECK(post(api::task, task_body("single", "x"), {{"Content-Encoding", "gzip"}}).status == 415);
}

TEST_CASE_FIXTURE(Busy, "a head that is not HTTP, or is too much of it, is refused and closed") {
  struct Case {
    const char* what;
    std::string bytes;
    int status;
  };
  const std::string start = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (const Case& wrong : std::vector<Case>{
           {"garbage", "\x16\x03\x01\x02garbage\r\n\r\n", 400},
           {"no version", "GET /livez\r\n\r\n", 400},
           {"no host", "GET /livez HTTP/1.1\r\n\r\n", 400},
           {"two hosts", start + "Host: other\r\n\r\n", 400},
           {"space before the colon", start + "X-A : b\r\n\r\n", 400},
           {"folded header", start + "X-A: b\r\n c\r\n\r\n", 400},
           {"two lengths",
            "POST /api/stream/task HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            400},
           {"signed length", "POST /api/stream/task HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: +2\r\n\r\n{}", 400},
           {"length and chunked",
            "POST /api/stream/task HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: "
            "chunked\r\n\r\n0\r\n\r\n",
            400},
           {"another coding",
            "POST /api/stream/task HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
           {"no length", "POST /api/stream/task HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 411},
           {"body on GET", start + "Content-Length: 2\r\n\r\n{}", 400},
           {"long line", "GET /" + std::string(4000, 'a') + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414},
           {"long value", start + "Accept: " + std::string(5000, 'b') + "\r\n\r\n", 431},
           {"other version", "GET /livez HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n", 505},
           {"other host", "GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
           {"other origin", start + "Origin: https://evil.example\r\n\r\n", 403},
       }) {
    HttpConnection connection(server.port());
    connection.send(wrong.bytes);
    auto reply = connection.read_reply(seconds(5));
    REQUIRE_MESSAGE(reply.has_value(), wrong.what);
    CHECK_MESSAGE(problem_fault(*reply, wrong.status, "") == "", wrong.what);
    if (wrong.status != 403) CHECK_MESSAGE(connection.closed_by_server(seconds(5)), wrong.what);
  }
  std::string many = start;
  for (int i = 0; i < 4000; ++i) many += "X-" + std::to_string(i) + ": b\r\n";
  CHECK(fetch(server.port(), many + "\r\n").status == 431);
}

TEST_CASE_FIXTURE(Busy, "an incomplete request is closed at its deadline") {
  HttpConnection silent(server.port()), half_head(server.port()), half_body(server.port());
  half_head.send("GET /livez HTTP/1.1\r\nHost: 127.");
  half_body.send(
      "POST /api/stream/task HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
      "50\r\n\r\n{\"ta");
  CHECK(get(api::livez).status == 200);
  CHECK(silent.closed_by_server(seconds(5)));
  CHECK(half_head.closed_by_server(seconds(5)));
  CHECK(half_body.closed_by_server(seconds(5)));
}

TEST_CASE_FIXTURE(Busy, "a client that sends one byte at a time is cut at the same deadline") {
  HttpConnection slow(server.port());
  const std::string request = request_text("GET", api::livez, {}, {{"X-Padding", std::string(3000, 'p')}});
  auto start = TestClock::now();
  bool cut = false;
  for (std::size_t i = 0; i < request.size() && !cut; ++i) {
    slow.send(request.substr(i, 1));
    cut = slow.closed_by_server(milliseconds(100));
  }
  CHECK(cut);
  CHECK(TestClock::now() - start < scaled(seconds(5)));
  CHECK(get(api::livez).status == 200);
}

TEST_CASE_FIXTURE(Busy,
                  "requests on one connection are answered one after the other, also when they come in one piece") {
  HttpConnection connection(server.port());
  connection.send(request_text("GET", api::livez) + request_text("GET", "/nothing") +
                  request_text("POST", api::task, task_body("single", "x")) + request_text("GET", api::workflows));
  for (int expected : {200, 404, 202, 200}) {
    auto reply = connection.read_reply(seconds(10));
    REQUIRE(reply.has_value());
    CHECK(reply->status == expected);
  }
  connection.send(request_text("HEAD", api::livez));
  auto head = connection.read_reply(seconds(10), true);
  REQUIRE(head.has_value());
  CHECK(head->status == 200);
  connection.send(request_text("GET", api::livez, {}, {{"Connection", "close"}}));
  CHECK(connection.read_reply(seconds(10)).has_value());
  CHECK(connection.closed_by_server(seconds(5)));
}

TEST_CASE_FIXTURE(Busy, "a request id that is fit to be seen comes back, another is replaced") {
  CHECK(get(api::livez, {{"X-Request-Id", "abc-123"}}).header("x-request-id") == "abc-123");
  CHECK(get(api::livez, {{"X-Request-Id", std::string(500, 'a')}}).header("x-request-id").size() < 200);
}

TEST_CASE_FIXTURE(Busy, "a wrong query parameter is named, an unknown one is ignored") {
  HttpReply reply = get("/api/stream/tasks?limit=minus-one");
  CHECK(problem_fault(reply, 400, "") == "");
  CHECK(reply.body.find("limit") != std::string::npos);
  CHECK(get("/api/stream/tasks?surprise=1").status == 200);
}

}  // namespace plenum::tests
