#include "server/http/routing/origin_policy.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace plenum;
using namespace plenum::http;

namespace {

RequestHead head_with(std::string host, std::string origin = {}) {
  RequestHead head;
  head.headers.emplace_back("host", std::move(host));
  if (!origin.empty()) head.headers.emplace_back("origin", std::move(origin));
  return head;
}

OriginPolicy policy_at(const std::string& listen, OriginPolicyOptions options = {}) {
  OriginPolicy policy(std::move(options));
  policy.set_listen_host(listen);
  return policy;
}

std::string rejected_with(const OriginPolicy& policy, const RequestHead& head) {
  const auto error = policy.check(head);
  return error ? std::string(error->name()) : "";
}

}  // namespace

TEST_CASE("a loopback server accepts loopback names only") {
  const auto policy = policy_at("127.0.0.1", {{"plenum.example"}, {}});
  for (const char* host : {"localhost", "LOCALHOST:8080", "localhost.", "127.0.0.1", "127.0.0.1:1", "127.9.9.9",
                           "[::1]", "[::1]:8080", "plenum.example", "Plenum.Example:443"}) {
    CAPTURE(host);
    CHECK(rejected_with(policy, head_with(host)) == "");
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8080",
                           "10.0.0.1", "[fe80::1]", "localhost:80:80", "localhost:port", "user@localhost", "[::1",
                           "[localhost]", ":80", "0.0.0.0", "127.1"}) {
    CAPTURE(host);
    CHECK(rejected_with(policy, head_with(host)) == "bad-host");
  }
}

TEST_CASE("a public server accepts its address; a wildcard one every IP literal, which cannot be rebound") {
  CHECK(rejected_with(policy_at("192.0.2.7"), head_with("192.0.2.7:8080")) == "");
  CHECK(rejected_with(policy_at("192.0.2.7"), head_with("192.0.2.8")) == "bad-host");
  CHECK(rejected_with(policy_at("0.0.0.0"), head_with("192.0.2.8")) == "");
  CHECK(rejected_with(policy_at("::"), head_with("[2001:db8::1]:80")) == "");
  CHECK(rejected_with(policy_at("0.0.0.0"), head_with("evil.example")) == "bad-host");
}

TEST_CASE("requests are allowed from the same origin and from allowed origins") {
  const auto policy = policy_at("127.0.0.1", {{}, {"https://app.example"}});
  CHECK(rejected_with(policy, head_with("localhost:8080")) == "");
  CHECK(rejected_with(policy, head_with("localhost:8080", "http://localhost:8080")) == "");
  CHECK(rejected_with(policy, head_with("localhost:8080", "https://app.example")) == "");
  for (const char* origin : {"null", "http://localhost:3000", "https://app.example.evil", "http://app.example",
                             "https://app.example/", "http://evil.example"}) {
    CAPTURE(origin);
    CHECK(rejected_with(policy, head_with("localhost:8080", origin)) == "bad-origin");
  }
}

TEST_CASE("only an allowed origin gets CORS headers") {
  const auto policy = policy_at("127.0.0.1", {{}, {"https://app.example"}});
  CHECK(policy.headers_for(head_with("localhost"), "GET").empty());
  CHECK(policy.headers_for(head_with("localhost", "http://localhost"), "GET").empty());
  const auto headers = policy.headers_for(head_with("localhost", "https://app.example"), "GET");
  REQUIRE(headers.size() == 3);
  CHECK(headers[0] == std::pair<std::string, std::string>("Access-Control-Allow-Origin", "https://app.example"));
  CHECK(headers[1].second == "Origin");
}

TEST_CASE("pages may send credentials only if the setting allows it") {
  const auto value = [](bool allow) {
    const auto policy = policy_at("127.0.0.1", {{}, {"https://app.example"}, allow});
    CHECK(policy.headers_for(head_with("localhost", "https://evil.example"), "GET").empty());
    for (const auto& [name, text] : policy.headers_for(head_with("localhost", "https://app.example"), "GET")) {
      if (name == "Access-Control-Allow-Credentials") return text;
    }
    return std::string();
  };
  CHECK(value(true) == "true");
  CHECK(value(false) == "");
}

TEST_CASE("a request without a Host is allowed in HTTP/1.0, where a browser cannot have sent it") {
  const auto policy = policy_at("127.0.0.1");
  auto head = head_with("");
  CHECK(rejected_with(policy, head) == "bad-host");
  head.http_1_0 = true;
  CHECK(rejected_with(policy, head) == "");
  head.headers.emplace_back("origin", "https://evil.example");
  CHECK(rejected_with(policy, head) == "bad-origin");
  auto named = head_with("evil.example");
  named.http_1_0 = true;
  CHECK(rejected_with(policy, named) == "bad-host");
}

TEST_CASE("a route for any Host still rejects pages of other origins") {
  const auto policy = policy_at("127.0.0.1");
  CHECK_FALSE(policy.check(head_with("10.2.3.4:8080"), true));
  CHECK(policy.check(head_with("10.2.3.4:8080", "https://evil.example"), true)->name() == "bad-origin");
}

TEST_CASE("a preflight of an allowed origin gets the methods of the path and the allowed headers") {
  const auto policy = policy_at("127.0.0.1", {{}, {"https://app.example"}});
  auto head = head_with("localhost", "https://app.example");
  head.method = Method::options;
  head.headers.emplace_back("access-control-request-method", "POST");
  std::string methods, allowed;
  const auto read = [&] {
    for (const auto& [name, value] : policy.headers_for(head, "DELETE, GET, HEAD, OPTIONS")) {
      if (name == "Access-Control-Allow-Methods") methods = value;
      if (name == "Access-Control-Allow-Headers") allowed = value;
    }
  };
  const std::string own = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Request-Id";
  read();
  CHECK(methods == "DELETE, GET, HEAD, OPTIONS");
  CHECK(allowed == own);
  head.headers.emplace_back("access-control-request-headers", "");
  auto& requested = head.headers.back().second;
  for (const auto& [list, expected] : std::vector<std::pair<std::string, std::string>>{
           {"traceparent", "traceparent"},
           {"sentry-trace,x-api-key , content-type,", "sentry-trace, x-api-key, content-type"},
           {"", own},
           {",", own},
           {"a b", own},
           {"a, b:c", own},
           {"a, \xc3\xa9", own}}) {
    CAPTURE(list);
    requested = list;
    read();
    CHECK(allowed == expected);
  }
}
