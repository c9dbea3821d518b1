// Requests as real clients, proxies and health checks send them. The files of tests/data/requests hold exact bytes from
// reports about comparable servers.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

std::string recorded(const std::string& name) {
  std::ifstream file(std::string(REQUESTS_DIR) + "/" + name + ".bin", std::ios::binary);
  REQUIRE_MESSAGE(file.good(), name);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Clients : World {
  // Both providers: the recorded requests name the offline one.
  Clients() : World({}, "[providers.offline]\nkind = \"offline\"\n") { upstream.always(whole_answer("fine")); }
  HttpReply send(std::string_view bytes) const { return fetch(server.port(), bytes); }
};

// JSON as many libraries write it by default: every character beyond ASCII as \uXXXX.
std::string escaped_task(std::string_view escaped_character, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += escaped_character;
  return R"({"workflow":"single","members":["bench/m1"],"task":")" + text + "\"}";
}

}  // namespace

TEST_CASE_FIXTURE(Clients, "a chunked task is accepted") { CHECK(send(recorded("chunked_task")).status == 202); }

TEST_CASE_FIXTURE(Clients, "an absolute form is served") { CHECK(send(recorded("absolute_form")).status == 200); }

TEST_CASE_FIXTURE(Clients, "cookies of other local programs are ignored") {
  CHECK(send(recorded("cookie_with_encoded_line_end")).status == 200);
  CHECK(send(recorded("cookies_of_seven_kilobytes")).status == 200);
}

TEST_CASE_FIXTURE(Clients, "a client that waits for 100 Continue gets it, and 202 for its body") {
  HttpConnection connection(server.port());
  connection.send(recorded("expecting_head"));
  auto interim = connection.read_reply(seconds(10), true);
  REQUIRE(interim.has_value());
  CHECK(interim->status == 100);
  connection.send(recorded("expecting_body"));
  auto reply = connection.read_reply(seconds(10));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 202);
}

TEST_CASE_FIXTURE(Clients, "a polyfill that reconnects with its own parameter gets the remaining events") {
  const std::string id = submit_single();
  SseReader whole = events(id);
  CHECK(whole.read_all(seconds(10)) == StreamEnd::finished);
  const std::string epoch = whole.last_id().substr(0, whole.last_id().find('-'));
  std::string request = recorded("polyfill_reconnect");
  request.replace(request.find("/ID?"), 4, "/" + id + "?");
  request.replace(request.find("EPOCH"), 5, epoch);
  HttpReply reply = send(request);
  CHECK(reply.status == 200);
  const auto first = reply.body.find("\nid: ");
  REQUIRE(first != std::string::npos);
  CHECK(reply.body.substr(first + 5, reply.body.find('\n', first + 5) - first - 5) == epoch + "-4");
  CHECK(reply.body.find("event: task_completed") != std::string::npos);
}

TEST_CASE_FIXTURE(Clients, "200,000 characters are accepted in every form of JSON") {
  // 0.6 MB of CJK as UTF-8, 1.2 MB escaped; 2.4 MB of emoji as surrogate pairs.
  for (const char* character : {"\u5b57", "\\u5b57", "\U0001F600", "\\ud83d\\ude00"}) {
    CAPTURE(character);
    HttpReply reply = post(api::task, escaped_task(character, 200'000));
    CHECK(reply.status == 202);
    CHECK(status(reply.json()["stream_id"].get<std::string>())["task"].get<std::string>().size() >= 600'000);
    CHECK(post(api::task, escaped_task(character, 200'001)).status == 422);
  }
}

TEST_CASE_FIXTURE(Clients, "a body of three megabytes is served, and a larger one gets its 413 after it was sent") {
  const auto body_of = [](std::size_t bytes) {
    std::string body = task_body("single", "x", R"("metadata":{"fill":""})");
    return body.insert(body.find("\"\"}") + 1, bytes - body.size(), 'f');
  };
  for (const Headers& headers : {Headers{}, Headers{{"Connection", "close"}}}) {
    CHECK(post(api::task, body_of(3'000'000), headers).status == 202);
    for (int i = 0; i < 10; ++i) CHECK(post(api::task, body_of(8'000'000), headers).status == 413);
  }
}

TEST_CASE_FIXTURE(Clients, "a health check of HTTP/1.0 without a Host is answered") {
  CHECK(send("GET /readyz HTTP/1.0\r\n\r\n").status == 200);
  CHECK(send("OPTIONS / HTTP/1.0\r\n\r\n").status == 204);
  CHECK(send("GET /livez HTTP/1.1\r\nHost: plenum.svc.cluster.local\r\n\r\n").status == 200);
}

}  // namespace plenum::tests
