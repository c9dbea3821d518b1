// Parsers of the path, the query, the Accept header and the request id.
#include <doctest/doctest.h>

#include "common/protocol/api_paths.h"
#include "server/http/message/content_negotiation.h"
#include "server/http/message/query_params.h"
#include "server/http/message/request.h"
#include "server/http/routing/route_table.h"

using namespace plenum;
using namespace plenum::http;

TEST_CASE("a path matches its route by whole segments") {
  const auto routes = all_routes();
  const auto found = find_route(routes, Method::get, "/api/stream/events/abc");
  REQUIRE(found.route != nullptr);
  CHECK(found.route->path == api::events);
  CHECK(found.tail == "abc");
  CHECK(find_route(routes, Method::head, "/status").route == find_route(routes, Method::get, "/status").route);
  for (const char* path :
       {"//status", "/status/", "/Status", "/api/stream/events/", "/api/stream/events/a/b", "/api/stream/snapshot",
        "/api/stream/events/../task", "/api%2fmodels", "/livez.", "/api/stream/task/x/y"}) {
    CAPTURE(path);
    CHECK_FALSE(find_route(routes, Method::get, path).path_known);
  }
}

TEST_CASE("every route that may change something is one, and health checks wait for no thread") {
  for (const auto format : {compat::CompatFormat::native, compat::CompatFormat::council}) {
    for (const Route& route : routes_of(format)) {
      CAPTURE(route.path);
      CHECK((route.kind == RouteKind::change) == (route.method != Method::get));
      CHECK((route.kind == RouteKind::probe) == (route.any_host || route.path == api::index));
    }
  }
}

TEST_CASE("an existing path lists its methods") {
  const auto routes = all_routes();
  const auto match = find_route(routes, Method::put, "/api/stream/task");
  CHECK(match.path_known);
  CHECK(match.route == nullptr);
  CHECK(allowed_methods(routes, "/api/stream/task") == "POST, OPTIONS");
  CHECK(allowed_methods(routes, "/status") == "GET, HEAD, OPTIONS");
  CHECK(allowed_methods(routes, "/nowhere") == "");
}

TEST_CASE("a known parameter that is invalid is an error that names it") {
  const auto query = Query::parse("after=5&from=a%20b+c&gap=", {"after", "from", "gap", "wait"});
  REQUIRE(query);
  CHECK(query->find("after") == "5");
  CHECK(query->find("from") == "a b c");
  CHECK(query->find("gap") == "");
  CHECK_FALSE(query->find("wait"));
  CHECK(query->number("wait", 1, 60, 7) == 7);
  CHECK(query->number("after", 1, 60, 7) == 5);
  CHECK(Query::parse("after=1&after=1", {"after"}).error().message == "The parameter `after` is repeated.");
  for (const char* text : {"after=%", "after=%4", "after=%zz", "after=%ff", "after=%00", "after=%0a"}) {
    CAPTURE(text);
    CHECK_FALSE(Query::parse(text, {"after"}));
  }
  for (const char* text :
       {"wait=0", "wait=61", "wait=", "wait=1.5", "wait=1x", "wait=-1", "wait=99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(Query::parse(text, {"wait"})->number("wait", 1, 60, 0));
  }
}

TEST_CASE("an unknown parameter is ignored, whatever its encoding, or rejected where the request changes something") {
  for (const char* text : {"aftr=5", "_=17000", "a=%ff", "%ff=1", "a=%", "a", "=", "a=1&a=2", "utm=%0a"}) {
    CAPTURE(text);
    const auto query = Query::parse(std::string(text) + "&after=5", {"after"});
    REQUIRE(query);
    CHECK(query->find("after") == "5");
    CHECK_FALSE(Query::parse_strict(text, {"after"}));
  }
  const auto unknown = Query::parse_strict("aftr=5", {"after"});
  CHECK(unknown.error().message == "This route has no parameter `aftr`.");
  CHECK(unknown.error().advice() == "Known parameters: after.");
  CHECK(Query::parse_strict("a=1", {}).error().advice() == "Omit the query.");
  CHECK(Query::parse_strict("after=5&", {"after"}));
}

TEST_CASE("of several media types the one with the greatest weight is preferred, then the more explicit one") {
  constexpr std::string_view types[] = {"text/event-stream", "application/json"};
  const auto best = [&](std::string_view accept) { return preferred(accept, types); };
  for (const char* accept :
       {"", "*/*", "text/event-stream, application/json", "application/json;q=0.999, text/event-stream",
        "application/json;q=0.5, */*", "application/json;q=0, */*", "text/*", "application/json;q=0.5,text/*;q=0.6",
        "application/json;Q=0.3, text/event-stream;q=0.31", "application/json;q=0, text/event-stream;q=0.001"}) {
    CAPTURE(accept);
    CHECK(best(accept) == 0);
  }
  for (const char* accept :
       {"application/json", "application/json, text/event-stream;q=0.5", "application/json, */*", "application/*",
        "application/json, text/plain, */*", "text/event-stream;q=0, */*", "text/event-stream;q=0.1, */*;q=0.2",
        "application/json;a=b;q=1.0, text/event-stream;q=0.9"}) {
    CAPTURE(accept);
    CHECK(best(accept) == 1);
  }
  CHECK_FALSE(best("text/html"));
  CHECK_FALSE(best("*/*;q=0"));
}

TEST_CASE("a weight that is malformed counts as 1") {
  for (const char* weight : {"q=", "q=x", "q=2", "q=-1", "q=.5", "q=0.1234", "q=1.5"}) {
    CAPTURE(weight);
    CHECK(acceptance_of("text/html", std::string("text/html;") + weight).weight > 0);
  }
  CHECK(acceptance_of("text/html", "text/html;q=0.5").weight == 500);
  CHECK(acceptance_of("text/html", "text/html;q=0.").weight == 0);
  CHECK(acceptance_of("text/html", "text/html;q=1.000").weight == 1000);
  CHECK(acceptance_of("text/html", "text/html; level=1; q=0.25").weight == 250);
}

TEST_CASE("Accept matches a type, a `type/*` or `*/*`, unless its weight is zero") {
  const auto sse = "text/event-stream";
  for (const char* accept : {"", "*/*", "text/*", "text/event-stream", "Text/Event-Stream;q=0.1",
                             "application/json, */*;q=0.1", "text/html,text/event-stream;charset=utf-8"}) {
    CAPTURE(accept);
    CHECK(accepts(accept, sse));
  }
  for (const char* accept : {"application/json", "application/x-ndjson, text/html", "text/event-stream;q=0",
                             "*/*, text/event-stream; q=0.0", "textual/*"}) {
    CAPTURE(accept);
    CHECK_FALSE(accepts(accept, sse));
  }
  CHECK(names("application/json;q=0.5, text/event-stream", sse));
  CHECK_FALSE(names("*/*", sse));
  CHECK_FALSE(names("", sse));
}

TEST_CASE("a valid request id is echoed, any other is replaced") {
  const auto with = [](std::string id) {
    RequestHead head;
    head.headers.emplace_back("x-request-id", std::move(id));
    return request_id_of(head);
  };
  CHECK(with("abc-1") == "abc-1");
  CHECK(with(std::string(128, 'x')) == std::string(128, 'x'));
  CHECK(with(std::string(129, 'x')).size() == 16);
  CHECK(with("two words").size() == 16);
  CHECK(with("\xc3\xa9").size() == 16);
  CHECK(request_id_of({}) != request_id_of({}));
}
