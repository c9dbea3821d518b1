#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "server/http/routing/route_table.h"
#include "tests/unit/http/handler_fixture.h"

using namespace plenum;
using namespace plenum::http;
using plenum::tests::HandlerFixture;

namespace {

struct StandingsFixture : HandlerFixture {
  std::shared_ptr<stream::Stream> ended(const std::string& tag, const std::string& comparison) {
    TaskSpec spec;
    spec.task = "compare";
    spec.metadata_json = R"({"tag":")" + tag + R"("})";
    const auto stream = streams.open(streams.prepare({std::move(spec), {}, {}})).value();
    TaskCompleted end;
    end.result.workflow = "council";
    end.result.comparisons_json = comparison;
    REQUIRE(stream->push({end, nullptr}));
    loop.run_once(milliseconds(0));
    return stream;
  }
  Response call(const std::string& query = "") {
    Request request;
    request.head.path = "/api/standings";
    request.head.query = query;
    return std::get<Response>(
        find_route(all_routes(), Method::get, request.head.path).route->handler(context, request, {}));
  }
  Json get(const std::string& query = "") {
    const Response response = call(query);
    REQUIRE(response.status() == 200);
    return parse_json(response.body()).value();
  }
};

constexpr const char* a_beats_b = R"({"models":["a/m","b/m","c/m"],"reviews":[[2,[[0],[1]]]],"votes":[]})";

}  // namespace

TEST_CASE_FIXTURE(StandingsFixture,
                  "standings follow from the results of completed tasks, and a deleted task is none") {
  ended("code", a_beats_b);
  const auto second = ended("prose", a_beats_b);
  CHECK(get()["tasks"] == 2);
  CHECK(get("workflow=council&tag=prose")["tasks"] == 1);
  CHECK(get("workflow=vote")["standings"].empty());
  const Json all = get()["standings"];
  CHECK(all[0]["model"] == "a/m");
  CHECK(all[0]["tasks"] == 2);
  REQUIRE(streams.purge(second->id()));
  const Json left = get();
  CHECK(left["standings"][0]["rating"] == 1516.0);
  CHECK(left["standings"][1]["rating"] == 1484.0);
  CHECK(left["start_rating"] == 1500.0);
}

TEST_CASE_FIXTURE(StandingsFixture, "standings since a time count the tasks that ended then or later") {
  ended("", a_beats_b);
  const std::string today = rfc3339(clock.wall()).substr(0, 10);
  CHECK(get("since=" + today)["tasks"] == 1);
  CHECK(get("since=" + rfc3339(clock.wall() + seconds(1)))["tasks"] == 0);
  CHECK(get("since=" + today)["since"] == today + "T00:00:00.000Z");
  for (const char* query : {"since=yesterday", "since="}) CHECK(call(query).status() == 400);
}
