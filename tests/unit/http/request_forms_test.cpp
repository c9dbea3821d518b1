// Requests as health checks, proxies and browsers of other programs send them, over real connections.
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/strings.h"
#include "server/http/routing/route_table.h"
#include "tests/unit/http/server_fixture.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

struct PageServer : ServerFixture {
  PageServer() : ServerFixture(options()) {}
  static HttpServerOptions options() {
    HttpServerOptions allowing;
    allowing.origin_policy.allowed_origins = {"https://app.example"};
    allowing.connections_per_address_max = 2;
    return allowing;
  }
  // The headers of a response, names in lower case.
  static std::set<std::string> header_names(const std::string& response) {
    std::set<std::string> names;
    for (auto at = response.find("\r\n") + 2; response.compare(at, 2, "\r\n") != 0;
         at = response.find("\r\n", at) + 2) {
      names.insert(lower_case(response.substr(at, response.find(':', at) - at)));
    }
    return names;
  }
  static constexpr const char* origin = "Origin: https://app.example\r\n";
};

std::string header_of(const std::string& response, const std::string& name) {
  const auto at = response.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto start = at + name.size() + 4;
  return response.substr(start, response.find("\r\n", start) - start);
}

}  // namespace

TEST_CASE_FIXTURE(ServerFixture, "a health check of HTTP/1.0 needs no Host") {
  for (const char* path : {"/livez", "/readyz", "/healthz", "/health", "/", "/status"}) {
    CAPTURE(path);
    CHECK(request("GET " + std::string(path) + " HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
    CHECK(request("HEAD " + std::string(path) + " HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 "));
    CHECK(request("OPTIONS " + std::string(path) + " HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 204 "));
  }
}

TEST_CASE_FIXTURE(ServerFixture, "health routes respond under any Host, other routes do not") {
  for (const char* host : {"10.2.3.4:8080", "plenum.svc.cluster.local", "localhost"}) {
    for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
      for (const char* path : {"/livez", "/readyz", "/healthz", "/health"}) {
        CAPTURE(path);
        const auto response =
            request(std::string(method) + " " + path + " HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n\r\n");
        CHECK(response.starts_with("HTTP/1.1 20"));
      }
    }
  }
  for (const char* path : {"/status", "/", "/livez/", "/api/stream/tasks", "*"}) {
    CAPTURE(path);
    CHECK(
        request("OPTIONS " + std::string(path) + " HTTP/1.1\r\nHost: plenum.svc\r\n\r\n").starts_with("HTTP/1.1 403 "));
  }
  CHECK(request("GET /livez HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\n\r\n").starts_with("HTTP/1.1 403 "));
}

TEST_CASE_FIXTURE(ServerFixture, "OPTIONS * lists the methods of all routes, as does the remedy of an unknown method") {
  const auto response = request("OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(response.starts_with("HTTP/1.1 204 "));
  CHECK(header_of(response, "Allow") == "POST, GET, HEAD, DELETE, PATCH, OPTIONS");
  CHECK(request("BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .find("Use one of: POST, GET, HEAD, DELETE, PATCH, OPTIONS.") != std::string::npos);
}

TEST_CASE_FIXTURE(ServerFixture, "the absolute form is served if it names the Host") {
  CHECK(request("GET http://localhost:8080/livez HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 200 "));
  CHECK(request("GET http://evil.example/status HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(request("GET http://evil.example/status HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 403 "));
}

TEST_CASE_FIXTURE(ServerFixture, "cookies and trace headers of other programs are ignored") {
  CHECK(get("/livez",
            "Cookie: note=line1%0Aline2; b=" + std::string(20'000, 'x') + "\r\nReferer: http://localhost/?a=%0D%0A\r\n")
            .starts_with("HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(ServerFixture, "an empty line between requests is ignored, and the connection stays idle") {
  Client client(port);
  send(client, livez + "\r\n");
  CHECK(sees(client, "\"alive\""));
  pass(seconds(11));
  client.read();
  CHECK_FALSE(client.gone());
  send(client, "\r\n" + livez);  // a second empty line
  CHECK(sees(client, "HTTP/1.1 400 "));
}

TEST_CASE_FIXTURE(ServerFixture, "an empty line that arrives after a response begins no request") {
  Client client(port);
  send(client, livez);
  CHECK(sees(client, "\"alive\""));
  send(client, "\r\n");
  settle();
  pass(seconds(11));
  client.read();
  CHECK_FALSE(client.gone());
  send(client, livez);
  CHECK(sees(client, "\"alive\"", 2));
}

TEST_CASE_FIXTURE(PageServer, "a page may read every header that the server sends, and the list has no other") {
  const auto id = begin_task();
  models.newest().answer("hello");
  end_tasks();
  const std::string with_origin = origin;
  const auto post = [&](const std::string& body, const std::string& headers) {
    return request(post_bytes("/api/stream/task", body, with_origin + headers));
  };
  std::set<std::string> sent;
  const auto collect = [&](const std::string& response) {
    CAPTURE(response);
    CHECK(header_of(response, "Access-Control-Expose-Headers") == exposed_headers);
    CHECK(header_of(response, "Access-Control-Allow-Origin") == "https://app.example");
    sent.merge(header_names(response));
  };
  const std::string accept_json = with_origin + "Accept: application/json\r\n";
  for (const auto& route : all_routes()) {
    if (route.method != Method::get) continue;
    const std::string tail = route.tail == PathTail::none ? "" : route.path.ends_with('/') ? id : "/" + id;
    collect(get(std::string(route.path) + tail, accept_json));
    collect(get(std::string(route.path) + tail, with_origin));
    collect(
        request("PUT " + std::string(route.path) + tail + " HTTP/1.1\r\nHost: localhost\r\n" + with_origin + "\r\n"));
  }
  const std::string body = R"({"task":"x","workflow":"single"})";
  collect(post(body, "Idempotency-Key: k\r\n"));
  collect(post(body, "Idempotency-Key: k\r\n"));
  collect(request(post_bytes("/api/stream/cancel/" + id, "{}", with_origin)));
  tasks.begin_drain();
  collect(post(body, ""));  // 503
  // Those that every script may read, and those that have no meaning for a script.
  for (const char* name :
       {"cache-control", "content-length", "content-type", "connection", "vary", "date", "x-content-type-options",
        "x-accel-buffering", "access-control-allow-origin", "access-control-expose-headers"}) {
    sent.erase(name);
  }
  std::string list;
  for (const auto& name : sent) list += (list.empty() ? "" : ", ") + name;
  CHECK(list == lower_case(exposed_headers));
}

TEST_CASE_FIXTURE(PageServer,
                  "a page of an allowed origin may use the methods of a route and send headers of its own") {
  for (const auto& [target, method, methods] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"/api/stream/task/x", "DELETE", "DELETE, OPTIONS"},
           {"/api/conversations/x", "PATCH", "GET, HEAD, PATCH, DELETE, OPTIONS"},
           {"/api/stream/task", "POST", "POST, OPTIONS"}}) {
    const auto response = request("OPTIONS " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                                  origin + "Access-Control-Request-Method: " + method +
                                  "\r\nAccess-Control-Request-Headers: sentry-trace,traceparent,x-api-key\r\n\r\n");
    CHECK(header_of(response, "Access-Control-Allow-Methods") == methods);
    CHECK(header_of(response, "Access-Control-Allow-Headers") == "sentry-trace, traceparent, x-api-key");
    CHECK(header_of(response, "Vary") == "Origin, Access-Control-Request-Headers");
  }
}

TEST_CASE_FIXTURE(PageServer, "a response that depends on Accept and Origin varies by both") {
  const auto id = begin_task();
  models.newest().answer("hello");
  end_tasks();
  for (const char* accept : {"text/event-stream", "application/json"}) {
    const auto response =
        get("/api/stream/events/" + id, std::string("Accept: ") + accept + "\r\n" + std::string(origin));
    CHECK(header_of(response, "Vary") == "Accept, Origin");
  }
  CHECK(header_of(get("/api/stream/export/" + id, origin), "Vary") == "Accept, Origin");
}

TEST_CASE_FIXTURE(ServerFixture, "the weights of Accept select between stream and page") {
  const auto id = begin_task();
  models.newest().answer("hello");
  end_tasks();
  const auto type = [&](const char* accept) {
    return header_of(get("/api/stream/events/" + id, std::string("Accept: ") + accept + "\r\n"), "Content-Type");
  };
  CHECK(type("application/json, text/event-stream;q=0.5") == "application/json");
  CHECK(type("application/json;q=0.5, text/event-stream") == "text/event-stream; charset=utf-8");
  CHECK(type("application/json, text/event-stream") == "text/event-stream; charset=utf-8");
  CHECK(type("application/json, text/plain, */*") == "application/json");
  CHECK(type("application/json;q=0.5, */*") == "text/event-stream; charset=utf-8");
  CHECK(type("application/x-ndjson, application/json") == "application/x-ndjson");
  CHECK(type("application/*") == "application/json");
  CHECK(type("*/*") == "text/event-stream; charset=utf-8");
  const std::string task = R"({"task":"x","workflow":"single"})";
  CHECK(request(post_bytes("/api/stream/task", task, "Accept: application/json, text/event-stream;q=0.5\r\n"))
            .starts_with("HTTP/1.1 202 "));
}

TEST_CASE_FIXTURE(ServerFixture, "an EventSource library resumes with the parameter that it adds itself") {
  const auto id = begin_task();
  models.newest().answer("hello");
  end_tasks();
  const auto path = "/api/stream/events/" + id;
  const auto whole = get(path);
  const auto first = whole.find("\nid: ") + 5;
  const auto epoch = whole.substr(first, whole.find('-', first) - first);
  const auto first_id = [&](const std::string& query, const std::string& headers = {}) {
    const auto response = get(path + "?" + query, headers);
    CHECK(response.starts_with("HTTP/1.1 200 "));
    const auto at = response.find("\nid: ") + 5;
    return response.substr(at, response.find('\n', at) - at);
  };
  const auto at = [&](const char* seq) { return epoch + "-" + seq; };
  for (const char* name : {"last_event_id", "lastEventId", "lastEventID", "Last-Event-ID", "evs_last_event_id"}) {
    CAPTURE(name);
    CHECK(first_id(name + ("=" + at("2"))) == at("3"));
    CHECK(first_id(name + ("=" + at("2")) + "&_=1700000000000&r=0.5&evs_buffer_size_limit=2048&utm=%0A%ff") == at("3"));
    CHECK(first_id(std::string(name) + "=") == at("1"));
    CHECK(get(path + "?" + name + "=nonsense").starts_with("HTTP/1.1 400 "));
  }
  // The library's parameter is newer than that of the page, and a header is newer than both.
  CHECK(first_id("last_event_id=" + at("1") + "&lastEventId=" + at("3")) == at("4"));
  CHECK(first_id("lastEventId=" + at("3") + "&last_event_id=" + at("1")) == at("4"));
  CHECK(first_id("evs_last_event_id=" + at("1") + "&lastEventId=" + at("2")) == at("3"));
  CHECK(first_id("lastEventId=" + at("2") + "&after=1&from=start") == at("3"));
  CHECK(first_id("lastEventId=" + at("1"), "Last-Event-ID: " + at("2") + "\r\n") == at("3"));
  CHECK(get(path + "?lastEventId=" + at("1") + "&lastEventId=" + at("2")).starts_with("HTTP/1.1 400 "));
}

TEST_CASE_FIXTURE(ServerFixture,
                  "unknown parameters are ignored by requests that read, and named to those that change") {
  for (const char* path : {"/livez", "/readyz", "/status", "/api/workflows", "/api/workflows/single", "/api/models",
                           "/api/councils", "/api/standings", "/api/conversations", "/api/stream/tasks"}) {
    CAPTURE(path);
    CHECK(get(std::string(path) + "?_=1700000000000&a=%ff&a&=&filter[a]={b|c}").starts_with("HTTP/1.1 200 "));
  }
  CHECK(get("/api/stream/tasks?limit=minus-one&_=1").starts_with("HTTP/1.1 400 "));
  CHECK(get("/api/stream/tasks?limit=1&limit=1").starts_with("HTTP/1.1 400 "));
  CHECK(get("/api/stream/tasks?q=%ff").starts_with("HTTP/1.1 400 "));
  const auto refused = request(post_bytes("/api/stream/task?dry_run=1", R"({"task":"x"})"));
  CHECK(refused.starts_with("HTTP/1.1 400 "));
  CHECK(refused.find("This route has no parameter `dry_run`.") != std::string::npos);
}

TEST_CASE_FIXTURE(ServerFixture, "the root names the server and its routes") {
  const auto response = get("/");
  CHECK(response.starts_with("HTTP/1.1 200 "));
  CHECK(response.find("\"name\":\"plenum\"") != std::string::npos);
  CHECK(response.find("\"submit\":\"POST /api/stream/task\"") != std::string::npos);
}
