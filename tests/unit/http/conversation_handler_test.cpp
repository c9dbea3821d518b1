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

struct ConversationFixture : HandlerFixture {
  std::string begin(const std::string& conversation, const std::string& task) {
    TaskSpec spec;
    spec.task = task;
    spec.workflow = "single";
    spec.conversation_id = conversation;
    const auto stream = tasks.start(tasks.prepare(std::move(spec)).value()).value();
    loop.run_once(milliseconds(0));
    return stream->id().str();
  }
  std::string turn(const std::string& conversation, const std::string& task, const std::string& answer) {
    const std::string id = begin(conversation, task);
    models.newest().answer(answer);
    loop.run_once(milliseconds(0));
    return id;
  }
  Response call(Method method, const std::string& tail, const std::string& body = "", const std::string& query = "") {
    Request request;
    request.head.path = "/api/conversations" + tail;
    request.head.query = query;
    request.body = body;
    const auto match = find_route(all_routes(), method, request.head.path);
    REQUIRE(match.route != nullptr);
    return std::get<Response>(match.route->handler(context, request, match.tail));
  }
  Json get(const std::string& tail, const std::string& query = "") {
    const Response response = call(Method::get, tail, "", query);
    REQUIRE(response.status() == 200);
    return parse_json(response.body()).value();
  }
};

}  // namespace

TEST_CASE_FIXTURE(ConversationFixture, "a conversation has the start of its first task as its title, on one line") {
  turn("a", "Capital\nof  France?", "Paris.");
  turn("a", "And of Peru?", "Lima.");
  turn("b", std::string(500, 'x') + " end", "No.");
  const Json list = get("")["conversations"];
  REQUIRE(list.size() == 2);
  CHECK(list[1]["conversation_id"] == "a");
  CHECK(list[1]["title"] == "Capital of France?");
  CHECK(list[1]["renamed"] == false);
  CHECK(list[1]["task_count"] == 2);
  CHECK(list[1]["turn_count"] == 2);
  CHECK(list[0]["title"] == std::string(79, 'x') + "…");
}

TEST_CASE_FIXTURE(ConversationFixture, "the list of conversations has pages and a search") {
  for (const char* id : {"a", "b", "c"}) turn(id, std::string("task ") + id, "answer");
  const Json page = get("", "limit=2");
  REQUIRE(page["conversations"].size() == 2);
  const Json rest = get("", "limit=2&cursor=" + page["next_cursor"].get<std::string>());
  REQUIRE(rest["conversations"].size() == 1);
  CHECK(rest["conversations"][0]["conversation_id"] == "a");
  CHECK(rest["next_cursor"].is_null());
  CHECK(get("", "q=task+b")["conversations"].size() == 1);
  CHECK(call(Method::get, "", "", "cursor=c").status() == 400);
  CHECK(call(Method::get, "", "", "limit=0").status() == 400);
}

TEST_CASE_FIXTURE(ConversationFixture, "a conversation is read turn by turn, with tasks that have no answer yet") {
  const std::string first = turn("a", "One?", "1.");
  const std::string second = begin("a", "Two?");
  const Json page = get("/a", "limit=1");
  CHECK(page["task_count"] == 2);
  REQUIRE(page["tasks"].size() == 1);
  CHECK(page["tasks"][0]["stream_id"] == first);
  CHECK(page["tasks"][0]["task"] == "One?");
  CHECK(page["tasks"][0]["answer"] == "1.");
  CHECK(page["tasks"][0]["status"] == "completed");
  const Json rest = get("/a", "cursor=" + page["next_cursor"].get<std::string>());
  REQUIRE(rest["tasks"].size() == 1);
  CHECK(rest["tasks"][0]["stream_id"] == second);
  CHECK(rest["tasks"][0]["answer"].is_null());
  CHECK(rest["next_cursor"].is_null());
}

TEST_CASE_FIXTURE(ConversationFixture, "any id can be addressed percent-encoded, and an unknown one is not found") {
  turn("team/x y\n\u00e9", "One?", "1.");
  CHECK(get("/team%2Fx%20y%0A%C3%A9")["conversation_id"] == "team/x y\n\u00e9");
  CHECK(call(Method::get, "/team%2").status() == 400);
  CHECK(call(Method::get, "/team%FF").status() == 400);
  for (const Method method : {Method::get, Method::del}) CHECK(call(method, "/unknown").status() == 404);
  CHECK(call(Method::patch, "/unknown", R"({"title":"x"})").status() == 404);
}

TEST_CASE_FIXTURE(ConversationFixture, "a rename changes the title, and null restores the default one") {
  turn("a", "One?", "1.");
  const Response renamed = call(Method::patch, "/a", R"({"title":"  Numbers "})");
  CHECK(renamed.status() == 200);
  CHECK(parse_json(renamed.body()).value()["title"] == "Numbers");
  CHECK(get("/a")["renamed"] == true);
  CHECK(call(Method::patch, "/a", R"({"title":null})").status() == 200);
  CHECK(get("/a")["title"] == "One?");
  CHECK(call(Method::patch, "/a", "{").status() == 400);
  for (const std::string body :
       {R"({})", R"({"title":7})", R"({"title":" "})", R"({"title":"a\nb"})", R"({"title":"a","x":1})"}) {
    CAPTURE(body);
    CHECK(call(Method::patch, "/a", body).status() == 422);
  }
  CHECK(call(Method::patch, "/a", R"({"title":")" + std::string(201, 'x') + R"("})").status() == 422);
}

TEST_CASE_FIXTURE(ConversationFixture, "the deletion of a conversation deletes its tasks, and cancels those that run") {
  const std::string ended = turn("a", "One?", "1."), other = turn("b", "Two?", "2."), running = begin("a", "Three?");
  CHECK(call(Method::del, "/a").status() == 204);
  loop.run_once(milliseconds(0));
  CHECK_FALSE(models.newest().open());
  for (const std::string& id : {ended, running}) {
    CHECK(streams.find(*StreamId::parse(id)).error().code == ErrorCode::stream_gone);
  }
  CHECK(streams.find(*StreamId::parse(other)).has_value());
  CHECK(call(Method::get, "/a").status() == 404);
  begin("a", "Four?");
  for (const auto& message : models.newest().request.messages) CHECK(message.content.find("One?") == std::string::npos);
}

TEST_CASE_FIXTURE(ConversationFixture, "turns of tasks that retention deleted are deleted with their conversation") {
  const std::string id = turn("a", "One?", "1.");
  REQUIRE(streams.purge(*StreamId::parse(id)));
  CHECK(call(Method::del, "/a").status() == 204);
  CHECK(call(Method::del, "/a").status() == 404);
}

TEST_CASE_FIXTURE(HandlerFixture, "more tasks than one transaction removes are deleted together") {
  for (int i = 0; i < 250; ++i) {
    TaskSpec spec;
    spec.task = "t";
    spec.workflow = "single";
    spec.conversation_id = "a";
    REQUIRE(tasks.start(tasks.prepare(std::move(spec)).value()));
  }
  REQUIRE(tasks.remove_conversation("a"));
  CHECK(streams.list({10})->empty());
}
