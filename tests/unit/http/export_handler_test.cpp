#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/json/json_access.h"
#include "server/http/routing/route_table.h"
#include "tests/unit/http/handler_fixture.h"

using namespace plenum;
using namespace plenum::http;
using plenum::tests::HandlerFixture;

namespace {

struct ExportFixture : HandlerFixture {
  ExportFixture() {
    TaskSpec spec;
    spec.task = "Count to | three";
    spec.workflow = "single";
    id = tasks.start(tasks.prepare(std::move(spec)).value()).value()->id().str();
    loop.run_once(milliseconds(0));
    models.call(0).text("one, tw");
    loop.run_once(milliseconds(0));
  }
  Response get(const std::string& query, const std::string& accept = "") { return get(id, query, accept); }
  Response get(const std::string& of, const std::string& query, const std::string& accept) {
    Request request;
    request.head.path = "/api/stream/export/" + of;
    request.head.query = query;
    if (!accept.empty()) request.head.headers.emplace_back("accept", accept);
    const auto match = find_route(all_routes(), Method::get, request.head.path);
    REQUIRE(match.route != nullptr);
    return std::get<Response>(match.route->handler(context, request, match.tail));
  }

  std::string id;
};

}  // namespace

TEST_CASE_FIXTURE(ExportFixture, "a running task is exported as a document whose file name has its id") {
  const Response response = get("");
  CHECK(response.status() == 200);
  CHECK(response.content_type() == "text/markdown; charset=utf-8");
  CHECK(response.header_value("content-disposition") == "attachment; filename=\"plenum-" + id.substr(0, 8) + ".md\"");
  CHECK(response.body().starts_with("# Count to \\| three\n\n**Still running:**"));
  CHECK(response.body().find("```markdown\none, tw\n```") != std::string::npos);
}

TEST_CASE_FIXTURE(ExportFixture, "the query or Accept selects JSON, and the query takes precedence") {
  for (const auto& [query, accept] : {std::pair{"format=json", ""},
                                      {"", "application/json"},
                                      {"format=json", "text/markdown"},
                                      {"", "text/html, application/json;q=0.9"}}) {
    CAPTURE(query);
    CAPTURE(accept);
    const Response response = get(query, accept);
    CHECK(response.content_type() == "application/json");
    CHECK(response.header_value("content-disposition").ends_with(".json\""));
    const auto body = parse_json(response.body());
    REQUIRE(body);
    CHECK(text_at(*body, "format") == "plenum-export");
    CHECK(text_at(*body, "stream_id") == id);
  }
  for (const char* accept : {"*/*", "text/*", "text/markdown, application/json"}) {
    CAPTURE(accept);
    CHECK(get("", accept).content_type() == "text/markdown; charset=utf-8");
  }
  CHECK(get("format=markdown", "application/json").content_type() == "text/markdown; charset=utf-8");
}

TEST_CASE_FIXTURE(ExportFixture, "an unknown format or stream is an error") {
  CHECK(get("format=pdf").status() == 400);
  CHECK(get("format=").status() == 400);
  CHECK(get("fromat=json").status() == 200);  // unknown parameters are ignored
  CHECK(get("", "text/html").status() == 406);
  CHECK(get(StreamId::random().str(), "", "").status() == 404);
  CHECK(get("nonsense", "", "").status() == 404);
}
