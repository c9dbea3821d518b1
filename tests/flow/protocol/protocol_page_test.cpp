// The protocol pages against the wire: real tasks of many kinds, every event and every response body compared with the
// field tables of docs/protocol-objects.md and docs/protocol-events.md.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/base/strings.h"
#include "common/protocol/api_paths.h"
#include "tests/flow/protocol/field_tables.h"
#include "tests/flow/world.h"
#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

constexpr std::string_view offline_members = R"("members":["offline/sample-a","offline/sample-b","offline/sample-c"])";

// Fields that need conditions which this test does not create; other tests check their values.
const std::set<std::string> rare = {
    // a provider that reports its cache, its reasoning tokens, an alias of a model or a gateway
    "usage.cached_input_tokens",
    "usage.cache_write_tokens",
    "usage.reasoning_tokens",
    "call.upstream_provider",
    "call.request_id",
    // citations of a model
    "answer.sources",
    // parameters of a call
    "parameters.temperature",
    "parameters.top_p",
    "parameters.seed",
    "parameters.stop",
    "parameters.reasoning_effort",
    "parameters.response_format",
    // a semantic cache
    "code:cache_hit.similarity",
    "code:cache_hit.source_task",
    "cache-origin.similarity",
    // a provider that limits or rejects calls
    "code:retry.parameter",
    "code:retry.next_model",
    "code:queued.provider",
    "code:queued.position",
    "provider-state.retry_after_ms",
    "provider-state.open_models",
    "error.retry_after_ms",
    // follow-up calls
    "chunk_completed.truncated",
    "chunk_completed.repaired_at",
    "code:continuation.attempt",
    "code:continuation.offset",
    "code:continuation.finish_reason",
    "code:repair.attempt",
    "code:repair.offset",
    "code:repair.finish_reason",
    // calls that wait for the cost limit
    "code:budget_wait.needed_usd",
    "code:budget_wait.left_usd",
    // attachments that a model does not accept
    "code:attachments_omitted.attachments",
    "chunk_completed.omitted_attachments",
    // a store on disk, and one that is full
    "store-state.writable",
    "store-state.error",
    // lists of models and prices of real vendors
    "provider.listed_models",
    "provider.models_error",
    "price.date",
    "price.usd_per_request",
    "price.max_output_tokens",
    "price.context_tokens",
    "price.long_context",
    "long-context-price.above_tokens",
    "long-context-price.input",
    "long-context-price.output",
    "long-context-price.cached_input",
    "price-file.note",
    // what reviewers and synthesizers may answer
    "ranking.ties",
    "conflict.topic",
    "conflict.summary",
    "conflict.position_labels",
    "conflict.consensus",
    "evidence.member",
    "evidence.text",
    "minority-report.members",
    "minority-report.claim",
    "minority-report.why_it_matters",
    "minority-report.evidence",
};

std::string page(const char* name) {
  std::ifstream file(std::string(DOCS_DIR) + "/" + name);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

FieldTables documented_fields() {
  FieldTables tables;
  tables.add_page(page("protocol-objects.md"));
  tables.add_page(page("protocol-events.md"));
  return tables;
}

struct PageWorld {
  ScriptedUpstream tavily;
  World world{{{"offline_token_delay_ms", "0"},
               {"heartbeat_ms", "500"},
               {"running_tasks_max", "4"},
               {"cache_bytes_max", "1000000"}},
              tables()};
  FieldTables fields = documented_fields();

  std::string tables() const {
    return "[providers.offline]\nkind = \"offline\"\n[providers.tavily]\nkind = \"tavily\"\nbase_url = "
           "\"http://127.0.0.1:" +
           std::to_string(tavily.port()) +
           "\"\n[prices]\n\"bench/priced\" = {input = 1, output = 1}\n[councils.review]\ndescription = "
           "\"Two.\"\nmembers = [\"offline/sample-a\", \"offline/sample-b\"]\nworkflow = \"synthesize\"\nchairman = "
           "\"offline/sample-a\"\njudge = \"offline/sample-b\"\n[councils.review.parameters]\nmax_tokens = "
           "100\n[councils.review.fallback]\n\"offline/sample-a\" = [\"offline/sample-c\"]\n"
           "[councils.review.personas]\nskeptic = \"You doubt.\"\n";
  }

  Json body_of(const HttpReply& reply, int status) {
    CAPTURE(reply.body);
    CHECK(reply.status == status);
    return reply.json();
  }
  Json check_get(const std::string& object, const std::string& target, int status = 200) {
    Json body = body_of(world.get(target), status);
    fields.check({object}, body);
    return body;
  }
  std::string submit(const std::string& json) {
    const Json accepted = body_of(world.post(api::task, json), 202);
    fields.check({"accepted-task"}, accepted);
    return accepted["stream_id"].get<std::string>();
  }
  // Reads the stream to its end and checks every frame.
  void check_stream(const std::string& id, const std::string& query = {}) {
    SseReader reader = world.events(id, query);
    CHECK(reader.read_all(seconds(60)) == StreamEnd::finished);
    for (const Frame& frame : reader.frames()) fields.check_event(frame.json());
  }
  void check_pages(const std::string& id, const std::string& query) {
    const Json json = body_of(world.get(api::with_id(api::events, id) + query, {{"Accept", "application/json"}}), 200);
    fields.check({"event-page"}, json);
    for (const Json& event : json["events"]) fields.check_event(event);
    const HttpReply lines = world.get(api::with_id(api::events, id) + query, {{"Accept", "application/x-ndjson"}});
    std::istringstream body(lines.body);
    for (std::string line; std::getline(body, line);) {
      const Json value = Json::parse(line);
      if (value["type"] == "page_end") {
        fields.check({"page-end"}, value);
      } else {
        fields.check_event(value);
      }
    }
  }
  // All responses about one task.
  void check_views(const std::string& id) {
    check_get("task-status", api::with_id(api::status, id));
    check_get("task-status", std::string(api::server_status) + "/" + id);
    check_get("snapshot", api::with_id(api::snapshot, id));
    check_get("export", api::with_id(api::exported, id) + "?format=json");
    const HttpReply result = world.get(api::with_id(api::result, id));
    if (result.status == 200) fields.check({"result-response"}, result.json());
    if (result.status != 200) CHECK(result.json().size() == 2);
    check_get("task-list", "/api/stream/tasks?limit=100");
  }
  std::string run(const std::string& json) {
    const std::string id = submit(json);
    check_stream(id);
    check_views(id);
    return id;
  }
};

std::string offline_task(const std::string& workflow, const std::string& more = {}) {
  return R"({"task":"Red or green?","workflow":")" + workflow + "\"," + std::string(offline_members) + more + "}";
}

void run_workflows(PageWorld& page) {
  const Json list = page.check_get("workflow-list", std::string(api::workflows));
  for (const Json& workflow : list["workflows"]) {
    const auto name = workflow["name"].get<std::string>();
    CAPTURE(name);
    page.check_get("workflow", std::string(api::workflows) + "/" + name);
    page.run(offline_task(name, name == "vote" ? R"(,"options":{"choices":["red","green"]})" : ""));
  }
}

void run_failures(PageWorld& page) {
  page.run(R"({"task":"x","workflow":"single","members":["offline/sample-a+fail:rate_limit+times:1"],"cache":false})");
  page.run(R"({"task":"x","workflow":"single","members":["offline/sample-a+fail:authentication"],"cache":false})");
  page.run(R"({"task":"x","workflow":"single","members":["offline/sample-a+fail:authentication"],"cache":false,
    "fallback":{"*":["offline/sample-b"]}})");
  page.run(R"({"task":"x","workflow":"synthesize","members":["offline/sample-a+fail:authentication","offline/sample-b",
    "offline/sample-c"],"cache":false})");
}

void run_search(PageWorld& page) {
  page.tavily.always(
      Script::answer(200, R"({"results":[{"title":"A page","url":"https://a.example/x","content":"The fact."}]})"));
  page.run(offline_task("synthesize", R"(,"options":{"search":true})"));
}

// A task whose member does not answer: running views, heartbeats, skip, cancel and the limit of running tasks.
void run_cancel(PageWorld& page) {
  World& world = page.world;
  world.upstream.on({.model = "stuck"}, Script::stream().never_end());
  const std::string body = R"({"task":"x","workflow":"single","members":["bench/stuck"],"message_id":"m",
    "conversation_id":"c"})";
  const std::string id = page.submit(body);
  SseReader reader = world.events(id);
  REQUIRE(reader.read_event("heartbeat", seconds(10)));
  page.check_views(id);
  std::vector<std::string> others;
  for (int i = 0; i < 3; ++i) others.push_back(page.submit(body));
  const HttpReply refused = world.post(api::task, body);
  page.fields.check({"problem"}, page.body_of(refused, 503));
  CHECK(refused.header("retry-after") != "");
  for (const std::string& other : others) {
    HttpReply skipped;
    // 200 until the member has been called, which may be after the task was accepted.
    CHECK(eventually(
        [&] {
          skipped = world.post(api::with_id(api::cancel, other) + "/members/bench%2Fstuck");
          page.fields.check({"task-status"}, skipped.json());
          return skipped.status == 202;
        },
        seconds(10)));
  }
  page.fields.check({"task-status"}, page.body_of(world.post(api::with_id(api::cancel, id), R"({"reason":"y"})"), 202));
  CHECK(reader.read_all(seconds(20)) == StreamEnd::finished);
  for (const Frame& frame : reader.frames()) page.fields.check_event(frame.json());
  page.check_views(id);
  for (const std::string& other : others) page.check_stream(other);
}

void run_cost_cap(PageWorld& page) {
  page.world.upstream.on({.model = "priced"}, whole_answer("An answer."));
  page.run(R"({"task":"x","workflow":"single","members":["bench/priced"],"max_cost_usd":1})");
  page.run(R"({"task":"xy","workflow":"single","members":["bench/priced"],"max_cost_usd":0.000001})");
}

void run_cache_and_retry(PageWorld& page) {
  // With reasoning, and with deltas that are not merged before they enter the log.
  Script apart = Script::stream().words_apart({"One"});
  for (const char* word : {" two", " three", " four"}) apart.words({word}).pause(milliseconds(50));
  page.world.upstream.on({.model = "apart"}, apart.finish());
  page.check_stream(page.run(R"({"task":"x","workflow":"single","members":["bench/apart"]})"), "?replay=compact");
  const std::string body = R"({"task":"Again?","workflow":"single","members":["bench/priced"]})";
  page.run(body);
  page.run(body);  // from the cache
  const std::string first = page.run(offline_task("council", R"(,"context":{"n":1})"));
  const HttpReply again = page.world.post(api::with_id(api::retry, first), R"({"from":"synthesis"})");
  page.fields.check({"accepted-task"}, page.body_of(again, 202));
  page.check_stream(again.json()["stream_id"].get<std::string>());
  page.check_stream(first, "?last_event_id=aaaaaaaa-1");
  page.check_pages(first, "?limit=1000");
  page.check_pages(first, "?last_event_id=aaaaaaaa-1");
}

void run_conversation(PageWorld& page) {
  for (const char* task : {"One?", "Two?"}) {
    page.run(R"({"task":")" + std::string(task) +
             R"(","workflow":"single","members":["offline/sample-a"],"conversation_id":"talk"})");
  }
  page.check_get("conversation-list", std::string(api::conversations));
  page.check_get("conversation-tasks", std::string(api::conversations) + "/talk");
  const std::string patch = request_text("PATCH", "/api/conversations/talk", R"({"title":"Talk"})");
  page.fields.check({"conversation"}, page.body_of(fetch(page.world.server.port(), patch), 200));
}

void read_server(PageWorld& page) {
  page.check_get("standings", std::string(api::standings));
  page.check_get("server-status", std::string(api::server_status));
  page.check_get("council-list", std::string(api::councils));
  page.check_get("model-list", std::string(api::models));
  page.check_get("index", std::string(api::index));
  page.check_get("health", std::string(api::livez));
  page.check_get("health", std::string(api::readyz));
  page.fields.check({"problem"}, page.body_of(page.world.post(api::task, R"({"task":""})"), 422));
  page.check_get("problem", "/api/stream/status/00000000-0000-4000-8000-000000000000", 404);
  const std::string id = page.run(R"({"task":"x","workflow":"single","members":["offline/sample-a"]})");
  CHECK(fetch(page.world.server.port(), request_text("DELETE", "/api/stream/task/" + id)).status == 204);
  page.check_get("problem", api::with_id(api::status, id), 410);
}

}  // namespace

TEST_CASE("every key on the wire is in the tables of the protocol pages, and every key of the tables occurs") {
  PageWorld page;
  run_workflows(page);
  run_failures(page);
  run_search(page);
  run_cancel(page);
  run_cost_cap(page);
  run_cache_and_retry(page);
  run_conversation(page);
  read_server(page);
  for (const std::string& problem : page.fields.problems()) FAIL_CHECK(problem);
  const auto unseen = page.fields.unseen();
  for (const std::string& field : unseen) {
    if (!rare.contains(field)) FAIL_CHECK("documented, but did not occur: " << field);
  }
  for (const std::string& field : rare) {
    if (!unseen.contains(field)) FAIL_CHECK("not rare, or not documented: " << field);
  }
}

TEST_CASE("every object of the protocol pages has one example, which agrees with its table") {
  FieldTables tables = documented_fields();
  tables.check_examples();
  for (const std::string& problem : tables.problems()) FAIL_CHECK(problem);
}

}  // namespace plenum::tests
