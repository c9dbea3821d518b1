// A web search beside the first stage: it delays nothing, reaches the later prompts, and is missed by no run.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

constexpr const char* found_body =
    R"({"results":[{"title":"A page","url":"https://a.example/x","content":"The fact."}]})";
constexpr std::string_view two_members = R"("members":["bench/a","bench/b"])";

// A server whose first engine is `tavily` and whose second is `searx`.
struct SearchWorld {
  ScriptedUpstream tavily, searx;
  World world{Settings{}, tables()};

  std::string tables() const {
    return "[providers.tavily]\nkind = \"tavily\"\nretries_max = 0\nbase_url = \"" + address(tavily) +
           "\"\n[providers.searx]\nkind = \"searxng\"\nretries_max = 0\nbase_url = \"" + address(searx) + "\"\n";
  }
  static std::string address(const ScriptedUpstream& upstream) {
    return "http://127.0.0.1:" + std::to_string(upstream.port());
  }
  std::string submit(std::string_view workflow, std::string_view search = "true",
                     std::string_view members = two_members) {
    return world.submit(workflow, "Which one?",
                        std::string(members) + R"(,"options":{"search":)" + std::string(search) + "}");
  }
};

// Their words may come in turns.
bool both_have_answered(SseReader& reader) {
  return reader.read_event("chunk_completed", seconds(10)) && reader.read_event("chunk_completed", seconds(10));
}

Json completed_search(const std::vector<Frame>& frames) {
  for (const Json& event : events_named(frames, "chunk_completed")) {
    if (event["stage"] == "search") return event;
  }
  return {};
}

std::size_t requests_with(const ScriptedUpstream& upstream, std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < upstream.request_count(); ++i) {
    count += upstream.request(i).prompt().find(text) != std::string::npos ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("the search runs beside the first answers, and the synthesis waits for it and is shown what it found") {
  SearchWorld search;
  search.tavily.always(Script::answer(200, found_body));
  search.world.upstream.always(whole_answer("An answer."));
  const std::string id = search.submit("synthesize");
  const auto frames = search.world.whole_stream(id);
  CHECK(broken_rule(frames) == "");
  const Json event = completed_search(frames);
  CHECK(event["found"] == true);
  CHECK(event["sources"][0]["url"] == "https://a.example/x");
  CHECK(event["output"].get<std::string>().find("[1] A page") == 0);
  const Json result = frames.back().json()["result"];
  CHECK(result["degraded"] == false);
  CHECK(result["sources"][0]["title"] == "A page");
  CHECK(result["answers"].size() == 3);
  CHECK(requests_with(search.world.upstream, "The fact.") == 1);  // the synthesis; the answers knew nothing of it
  CHECK(search.tavily.request(0).method == "POST");
}

TEST_CASE("no token of the first stage waits for the search") {
  SearchWorld search;
  Latch gate("engine");
  search.tavily.always(Script::stream().wait_for(gate));
  search.searx.always(Script::answer(200, found_body));
  search.world.upstream.always(whole_answer("An answer."));
  const std::string id = search.submit("synthesize");
  SseReader reader = search.world.events(id);
  CHECK(both_have_answered(reader));  // while the search engine is silent
  CHECK(search.world.upstream.request_count() == 2);
  gate.open();  // the engine ends without a valid response, and the next one is called
  const auto frames = search.world.whole_stream(id);
  CHECK(completed_search(frames)["found"] == true);
  CHECK(search.world.upstream.request_count() == 3);
}

TEST_CASE("if a search engine fails the next one is called, and the fallback is reported") {
  SearchWorld search;
  search.tavily.always(Script::answer(500, R"({"detail":"broken"})"));
  search.searx.always(Script::answer(200, found_body));
  search.world.upstream.always(whole_answer("An answer."));
  const auto frames = search.world.whole_stream(search.submit("synthesize"));
  const auto resets = events_named(frames, "chunk_reset");
  REQUIRE(resets.size() == 1);
  CHECK(resets[0]["next_member"] == "searx");
  CHECK(completed_search(frames)["member"] == "searx");
  CHECK(completed_search(frames)["found"] == true);
  CHECK(frames.back().json()["result"]["degraded"] == false);
  CHECK(search.searx.request(0).method == "GET");
  CHECK(search.searx.request(0).path == "/search?format=json&q=Which%20one%3F");
}

TEST_CASE("if no search engine has results the run continues without, and the result states it") {
  const std::vector<std::pair<const char*, Script>> faults = {
      {"nothing found", Script::answer(200, R"({"results":[]})")},
      {"no JSON", Script::answer(200, "{\"results\":[")},
      {"a web page", Script::answer(200, "<html></html>", "text/html")},
      {"refused", Script::answer(403, "no")},
      {"cut", Script::answer(200, found_body).cut_after(10, Cut::reset)},
      {"endless", Script::stream(Framing::until_close).repeat(std::string(60'000, 'x'))},
  };
  for (const auto& [name, fault] : faults) {
    CAPTURE(name);
    SearchWorld search;
    search.tavily.always(fault);
    search.searx.always(fault);
    search.world.upstream.always(whole_answer("An answer."));
    const auto frames = search.world.whole_stream(search.submit("council"));
    CHECK(broken_rule(frames) == "");
    CHECK(completed_search(frames)["found"] == false);
    CHECK(completed_search(frames)["status"] == "error");
    const Json last = frames.back().json();
    CHECK(last["type"] == "task_completed");
    CHECK(last["result"]["degraded"] == true);
    CHECK(last["result"]["reasons"].dump().find("Search") != std::string::npos);
    CHECK(last["result"]["synthesis"] == "An answer.");
    CHECK_FALSE(last["result"].contains("sources"));
  }
}

TEST_CASE("with requery every member is called again with its own answer and the search results") {
  SearchWorld search;
  search.tavily.always(Script::answer(200, found_body));
  search.world.upstream.on({.prompt_has = "Your first answer, written without these results"}, whole_answer("Better."));
  search.world.upstream.always(whole_answer("First."));
  const auto frames = search.world.whole_stream(search.submit("synthesize", R"("requery")"));
  CHECK(requests_with(search.world.upstream, "Your first answer, written without these results") == 2);
  const std::string synthesis = search.world.upstream.request(4).prompt();
  CHECK(synthesis.find("Better.") != std::string::npos);
  CHECK(synthesis.find("First.") == std::string::npos);
  CHECK(frames.back().json()["result"]["degraded"] == false);
}

TEST_CASE("a single member is called after the search") {
  SearchWorld search;
  search.tavily.always(Script::answer(200, found_body));
  search.world.upstream.always(whole_answer("An answer."));
  (void)search.world.whole_stream(search.submit("single", "true", R"("members":["bench/a"])"));
  CHECK(requests_with(search.world.upstream, "The fact.") == 1);
}

TEST_CASE("a search can be skipped by the name of its engine while it runs") {
  SearchWorld search;
  Latch gate("engine");
  search.tavily.always(Script::stream().wait_for(gate));
  search.world.upstream.always(whole_answer("An answer."));
  const std::string id = search.submit("synthesize");
  REQUIRE(search.tavily.wait_for_requests(1, seconds(10)));
  SseReader reader = search.world.events(id);
  CHECK(both_have_answered(reader));
  CHECK(search.world.post("/api/stream/cancel/" + id + "/members/tavily").status == 202);
  const Json last = search.world.whole_stream(id).back().json();
  CHECK(last["type"] == "task_completed");
  CHECK(last["result"]["synthesis"] == "An answer.");
  CHECK(last["result"]["degraded"] == true);
  gate.open();
}

TEST_CASE("without the option no search engine is called, and the step is not counted") {
  SearchWorld search;
  search.world.upstream.always(whole_answer("An answer."));
  const auto frames = search.world.whole_stream(search.submit("synthesize", "false"));
  CHECK(search.tavily.request_count() == 0);
  CHECK(events_named(frames, "task_progress").front()["total_chunks"] == 3);
}

TEST_CASE("a search without an engine, and a search engine as a member, are rejected with a remedy") {
  World world;
  HttpReply reply = world.post("/api/stream/task", task_body("single", "t", R"("options":{"search":true})"));
  CHECK(reply.status == 422);
  CHECK(reply.body.find("TAVILY_API_KEY") != std::string::npos);
  SearchWorld search;
  reply =
      search.world.post("/api/stream/task", task_body("vote", "t", R"("options":{"search":true,"choices":["a","b"]})"));
  CHECK(reply.status == 422);
  CHECK(reply.body.find("/options/search") != std::string::npos);
  reply = search.world.post("/api/stream/task", task_body("single", "t", R"("members":["tavily"])"));
  CHECK(reply.status == 422);
  CHECK(reply.body.find("is a search engine") != std::string::npos);
}

TEST_CASE("citations of a model reach the events, the result, the snapshot and the export, without keys") {
  const std::string key = "cnry-4Jt8Vz1LrX6cQ0wNb9Ma7Ps2E";
  ScriptedUpstream upstream;
  upstream.always(Script::stream()
                      .send(R"(data: {"citations":["https://a.example/1?k=)" + key +
                            R"(","ftp://no.example"],"choices":[{"index":0,"delta":{"content":"So [1]."}}]})"
                            "\n\n")
                      .finish());
  ServerProcess server({.tables = provider_table("cites", upstream.base_url(), "key_env = \"CITES_KEY\"\n"),
                        .env = {{"CITES_KEY", key}}});
  const auto reply = post(server.port(), api::task, task_body("single", "Why?", R"("members":["cites/m"])"));
  REQUIRE(reply.status == 202);
  const auto id = reply.json()["stream_id"].get<std::string>();
  SseReader reader(server.port(), api::with_id(api::events, id));
  REQUIRE(reader.read_all(seconds(20)) == StreamEnd::finished);
  const Json expected = {{{"title", ""}, {"url", "https://a.example/1?k=[REDACTED]"}}};
  CHECK(events_named(reader.frames(), "chunk_completed").at(0)["sources"] == expected);
  const Json result = get(server.port(), api::with_id(api::result, id)).json();
  CHECK(result["sources"] == expected);
  CHECK(result["answers"][0]["sources"] == expected);
  CHECK(get(server.port(), api::with_id(api::snapshot, id)).json()["chunks"][0]["sources"] == expected);
  const auto exported = get(server.port(), api::with_id(api::exported, id)).body;
  CHECK(exported.find("## Sources") != std::string::npos);
  CHECK(exported.find(key) == std::string::npos);
}

}  // namespace plenum::tests
