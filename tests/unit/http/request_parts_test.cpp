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
       {"/", "//status", "/status/", "/Status", "/api/stream/events/", "/api/stream/events/a/b", "/api/stream/events",
        "/api/stream/events/../task", "/api%2fmodels", "/livez.", "/api/stream/task/x/y"}) {
    CAPTURE(path);
    CHECK_FALSE(find_route(routes, Method::get, path).path_known);
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

TEST_CASE("an invalid query is an error that names the parameter") {
  const auto query = Query::parse("after=5&from=a%20b+c&gap=", {"after", "from", "gap", "wait"});
  REQUIRE(query);
  CHECK(query->find("after") == "5");
  CHECK(query->find("from") == "a b c");
  CHECK(query->find("gap") == "");
  CHECK_FALSE(query->find("wait"));
  CHECK(query->number("wait", 1, 60, 7) == 7);
  CHECK(query->number("after", 1, 60, 7) == 5);
  const auto unknown = Query::parse("aftr=5", {"after"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message == "This route has no parameter `aftr`.");
  CHECK(unknown.error().advice() == "Known parameters: after.");
  CHECK_FALSE(Query::parse("after=1&after=1", {"after"}));
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
