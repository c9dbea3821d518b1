// The streams of other systems: a client that was written for one of them reads ours, live, late, resumed,
// to every kind of end.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/flow/world.h"
#include "tests/support/compat/format_clients.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

namespace {

constexpr std::string_view two_members =
    R"("members":["bench/a","bench/b"],"message_id":"m-1","conversation_id":"c-1")";

const char* const ranking = "Both are good.\n\nFINAL RANKING:\n1. Response B\n2. Response A";

// The frames that say something: comments are for those who keep the line open.
std::vector<Frame> spoken(const SseReader& reader) {
  std::vector<Frame> frames;
  for (const Frame& frame : reader.frames()) {
    if (!frame.data.empty()) frames.push_back(frame);
  }
  return frames;
}

// Everything of the stream in this dialect, read to the end of its body.
std::vector<Frame> read_in(const World& world, const std::string& id, std::string_view dialect, std::string more = {},
                           const Headers& headers = {}) {
  SseReader reader = world.events(id, "?dialect=" + std::string(dialect) + more, headers);
  REQUIRE(reader.status() == 200);
  CHECK(reader.read_all(seconds(10)) == StreamEnd::finished);
  return spoken(reader);
}

std::vector<std::string> types_of(const std::vector<Frame>& frames) {
  std::vector<std::string> types;
  for (const Frame& frame : frames) types.push_back(frame.json()["type"]);
  return types;
}

std::vector<Json> of_type(const std::vector<Frame>& frames, std::string_view type) {
  std::vector<Json> found;
  for (const Frame& frame : frames) {
    if (frame.json()["type"] == type) found.push_back(frame.json());
  }
  return found;
}

constexpr std::string_view dialects[] = {"conclave", "process", "facilitair", "council", "council-2026"};

// The stream as the client of this dialect has it at the end.
ClientView seen_by_client(const World& world, const std::string& id, std::string_view dialect) {
  std::vector<ClientFrame> frames;
  for (const Frame& frame : read_in(world, id, dialect)) frames.push_back({frame.event, frame.json()});
  return client_of(dialect, frames);
}

std::string council_run(World& world) {
  world.upstream.on({.prompt_has = "Use the reviews to find errors"}, whole_answer("The council's answer."));
  world.upstream.on({.prompt_has = "FINAL RANKING"}, whole_answer(ranking));
  world.upstream.on({.model = "a"}, whole_answer("Answer of a."));
  world.upstream.on({.model = "b"}, whole_answer("Answer of b."));
  return world.submit("council", "Which database?\nAnd why?", two_members);
}

}  // namespace

TEST_CASE("a client of conclave reads deltas, completions and one result at the end") {
  World world;
  const std::string id = council_run(world);
  const auto frames = read_in(world, id, "conclave");
  for (const Frame& frame : frames) {
    CHECK(frame.event == frame.json()["type"]);
    CHECK(frame.json().size() == 6);
  }
  CHECK(frames.back().event == "done");
  std::map<std::string, std::string> texts;
  for (const Json& delta : of_type(frames, "member_delta")) texts[delta["name"]] += delta["text"].get<std::string>();
  CHECK(texts == std::map<std::string, std::string>{{"bench/a", "Answer of a."}, {"bench/b", "Answer of b."}});
  for (const Json& done : of_type(frames, "member_done")) {
    CHECK(done["answer"]["answer"] == texts[done["name"].get<std::string>()]);
    CHECK(done["answer"]["error"].is_null());
  }
  CHECK(of_type(frames, "synthesis_done").at(0)["answer"]["answer"] == "The council's answer.");
  const Json result = frames.back().json()["result"];
  CHECK(result["prompt"] == "Which database?\nAnd why?");
  CHECK(result["mode"] == "council");
  CHECK(result["synthesis"] == "The council's answer.");
  CHECK(result["synthesis_error"].is_null());
}

TEST_CASE("two members of one model are distinguished in every format") {
  World world;
  world.upstream.always(whole_answer("An answer."));
  const std::string id =
      world.submit("synthesize", "Which?", R"("members":["bench/m#x","bench/m#y"],"personas":{"x":"X.","y":"Y."})");
  std::set<std::string> names;
  for (const Json& done : of_type(read_in(world, id, "conclave"), "member_done")) names.insert(done["name"]);
  CHECK(names == std::set<std::string>{"bench/m#x", "bench/m#y"});
}

TEST_CASE("a client of llm-sse gets the members, the combined answer as it forms, and the end, with its ids") {
  World world(Settings{}, "default_model = \"m1\"\n");
  world.upstream.on({.prompt_has = "The bold draft:"}, Script::stream().words({"One ", "answer."}).finish());
  world.upstream.always(whole_answer("A draft."));
  const HttpReply reply =
      world.post("/api/process", R"({"message":"Why?","message_id":"m-1","conversation_id":"c-1","x":1})");
  REQUIRE(reply.status == 200);
  // As that client reads: lines that begin with `data: `.
  std::vector<Json> frames;
  std::size_t at = 0;
  while ((at = reply.body.find("data: ", at)) != std::string::npos) {
    const std::size_t end = reply.body.find('\n', at);
    frames.push_back(parse_json(reply.body.substr(at + 6, end - at - 6)).value());
    at = end;
  }
  CHECK(reply.body.find("event:") == std::string::npos);
  REQUIRE(frames.size() >= 5);
  std::string streamed;
  for (const Json& frame : frames) {
    CHECK(frame["message_id"] == "m-1");
    CHECK(frame["conversation_id"] == "c-1");
    if (frame["status"] == "Streaming") streamed += frame["message"].get<std::string>();
  }
  CHECK(frames[0]["status"] == "Sending to llm-1");
  CHECK(frames[0]["source"] == "llm-1");
  CHECK(frames[1]["status"] == "Sending to llm-2");
  CHECK(frames[2]["status"] == "Combining via LLM 3");
  CHECK(streamed == "One answer.");
  CHECK(frames.back()["status"] == "Completed");
  CHECK(frames.back()["final"] == true);
}

TEST_CASE("an error of llm-sse's stream names the message that it belongs to") {
  World world(Settings{}, "default_model = \"m1\"\n");
  world.upstream.always(Script::answer(400, R"({"error":{"message":"no"}})"));
  const HttpReply reply = world.post("/api/process", R"({"message":"Why?","message_id":"m-1"})");
  CHECK(reply.status == 200);
  const std::size_t last = reply.body.rfind("data: ");
  const Json frame = parse_json(reply.body.substr(last + 6, reply.body.find('\n', last) - last - 6)).value();
  CHECK(frame["status"] == "error");
  CHECK(frame["message_id"] == "m-1");
  CHECK_FALSE(frame.contains("final"));
}

TEST_CASE("what that route cannot take is answered in plain text, as its clients expect") {
  World world;
  for (const char* body :
       {"{", "[]", R"({"message":"x"})", R"({"message":"","message_id":"m"})", R"({"message_id":"m"})"}) {
    CAPTURE(body);
    const HttpReply reply = world.post("/api/process", body);
    CHECK(reply.status == 400);
    CHECK(reply.body == "Invalid request body");
  }
}

TEST_CASE("a client of LLM Council reads three stages, progress, rankings without names, and the title") {
  World world;
  const std::string id = council_run(world);
  const auto frames = read_in(world, id, "council");
  for (const Frame& frame : frames) CHECK(frame.event.empty());
  std::vector<std::string> stages;
  for (const std::string& type : types_of(frames)) {
    if (type.find("stage") == 0 && type.find("progress") == std::string::npos &&
        type.find("response") == std::string::npos && type.find("token") == std::string::npos) {
      stages.push_back(type);
    }
  }
  CHECK(stages == std::vector<std::string>{"stage1_start", "stage1_complete", "stage2_start", "stage2_complete",
                                           "stage3_start", "stage3_complete"});
  const auto responses = of_type(frames, "stage1_model_response");
  REQUIRE(responses.size() == 2);
  CHECK(responses[0]["index"] == 1);
  CHECK(responses[1]["index"] == 2);
  CHECK(responses[1]["total"] == 2);
  const Json progress = of_type(frames, "stage1_progress").back()["data"];
  for (const char* field : {"completed", "total", "elapsed_ms", "completed_models", "pending_models", "fastest_model",
                            "fastest_latency_ms"}) {
    CHECK(progress.contains(field));
  }
  const Json second = of_type(frames, "stage2_complete").at(0);
  const Json labels = second["metadata"]["label_to_model"];
  CHECK(labels.size() == 2);
  // Every reviewer had another order and named `Response B` first: with the common labels, the text
  // and the parsed ranking say the same.
  for (const Json& one : second["data"]) {
    const std::string text = one["ranking"];
    const std::string first = one["parsed_ranking"][0];
    CHECK(text.find("1. " + first) != std::string::npos);
    CHECK(labels.contains(first));
  }
  CHECK(second["metadata"]["aggregate_rankings"].size() == 2);
  CHECK(of_type(frames, "stage3_complete").at(0)["data"]["response"] == "The council's answer.");
  CHECK(of_type(frames, "title_complete").at(0)["data"]["title"] == "Which database?");
  CHECK(types_of(frames).back() == "complete");
}

TEST_CASE("a failed chairman is an error in the words of LLM Council's client, and no answer takes its place") {
  World world;
  world.upstream.on({.model = "chair"}, Script::answer(402, R"({"error":{"message":"no credit"}})"));
  world.upstream.on({.prompt_has = "FINAL RANKING"}, whole_answer(ranking));
  world.upstream.always(whole_answer("An answer."));
  const std::string id =
      world.submit("council", "Which?", R"("members":["bench/a","bench/b"],"chairman":"bench/chair")");
  for (const char* dialect : {"council", "council-2026"}) {
    const ClientView seen = seen_by_client(world, id, dialect);
    CHECK(seen.fault == "");
    const std::string text = seen.texts.at("synthesis");
    CHECK(text.rfind("Error: ", 0) == 0);
    CHECK(text.find("no credit") != std::string::npos);
  }
}

TEST_CASE("the clients of every dialect read a run with a failed and a skipped member") {
  World world(Settings{},
              "[providers.locked]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\n"
              "key_env = \"PLENUM_TEST_NO_SUCH_KEY\"\n");
  world.upstream.on({.model = "bad"}, Script::answer(402, R"({"error":{"message":"no credit"}})"));
  world.upstream.on({.prompt_has = "FINAL RANKING"}, whole_answer(ranking));
  world.upstream.always(whole_answer("An answer."));
  for (const char* workflow : {"council", "synthesize", "raw", "debate", "arena"}) {
    CAPTURE(workflow);
    const std::string id = world.submit(workflow, "Which?",
                                        R"("members":["bench/a","bench/bad","bench/b","locked/x"],"message_id":"m-1")");
    for (const std::string_view dialect : dialects) {
      CAPTURE(dialect);
      CHECK(seen_by_client(world, id, dialect).fault == "");
    }
    const ClientView page = seen_by_client(world, id, "council-2026");
    CHECK(std::count(page.errors.begin(), page.errors.end(), "billing: bench/bad") == 1);
    CHECK(std::count(page.errors.begin(), page.errors.end(), "unknown: locked/x") == 1);
  }
}

TEST_CASE("Facilitair's client gets one header after the other, the result as a text and the plan once") {
  World world(Settings{}, "default_model = \"m1\"\n");
  Latch gate("first member");
  world.upstream.on({.model = "a"}, Script::stream().words({"A one "}).wait_for(gate).words({"A two"}).finish());
  world.upstream.on({.model = "b"}, whole_answer("B."));
  const std::string id = world.submit("raw", "Which?", R"("members":["bench/a","bench/b"])");
  SseReader native = world.events(id);
  REQUIRE(read_text(native, "B."));  // the second member is done before the first
  gate.open();
  const ClientView seen = seen_by_client(world, id, "facilitair");
  CHECK(seen.fault == "");
  CHECK(seen.texts.at("Member 1") == "A one A two");
  CHECK(seen.texts.at("Member 2") == "B.");
  CHECK_FALSE(seen.texts.at("answer").empty());
}

TEST_CASE("a cancelled task ends every dialect with its own kind of end") {
  World world;
  Latch gate("never");
  world.upstream.always(Script::stream().words({"half"}).wait_for(gate));
  const std::string id = world.submit("single", "Which?", R"("message_id":"m-1")");
  SseReader native = world.events(id);
  REQUIRE(read_text(native, "half"));
  CHECK(world.cancel(id).status == 202);
  CHECK(types_of(read_in(world, id, "conclave")).back() == "done");
  for (const char* council : {"council", "council-2026"})
    CHECK(types_of(read_in(world, id, council)).back() == "error");
  CHECK(read_in(world, id, "facilitair").back().event == "task_error");
  CHECK(read_in(world, id, "process").back().json()["status"] == "error");
  gate.open();
}

TEST_CASE("who resumes a dialect from any id gets exactly the rest") {
  World world;
  const std::string id = council_run(world);
  (void)world.whole_stream(id);
  for (const std::string_view dialect : dialects) {
    CAPTURE(dialect);
    const auto whole = read_in(world, id, dialect);
    for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
      if (whole[i].id.empty()) continue;  // in the middle of what one event became
      const auto rest = read_in(world, id, dialect, {}, {{"Last-Event-ID", whole[i].id}});
      REQUIRE(rest.size() == whole.size() - i - 1);
      for (std::size_t j = 0; j < rest.size(); ++j) CHECK(rest[j].data == whole[i + 1 + j].data);
    }
  }
}

TEST_CASE("line separators of other readers are escaped in every format, in event pages and in the client's lines") {
  World world;
  const std::string text = "one\u2028two\u2029three\xC2\x85 four";
  world.upstream.always(whole_answer(text));
  const std::string id = world.submit("single", "Which?", R"("message_id":"m-1")");
  const auto frames = world.whole_stream(id);
  CHECK(streamed_text(frames) == text);
  std::string all;
  for (const Frame& frame : frames) all += frame.data;
  for (const std::string_view dialect : {"conclave", "process", "council"}) {
    for (const Frame& frame : read_in(world, id, dialect)) all += frame.data;
  }
  all += world.get("/api/stream/events/" + id, {{"Accept", "application/x-ndjson"}}).body;
  all += world.get("/api/stream/events/" + id, {{"Accept", "application/json"}}).body;
  all += world.get("/api/stream/result/" + id).body;
  const Finished client = run_to_end(plenum_command(world.server.url(), {"attach", id, "--json"}), seconds(20));
  CHECK(client.out.find("u2028two") != std::string::npos);
  all += client.out;
  for (const char* separator : {"\u2028", "\u2029", "\xC2\x85"}) CHECK(all.find(separator) == std::string::npos);
  CHECK(world.result(id)["answer"] == text);
}

TEST_CASE("subscribers of one stream in four formats do not affect each other") {
  World world;
  Latch gate("go");
  world.upstream.always(Script::stream().wait_for(gate).text("An answer of several words.").finish());
  const std::string id = world.submit("single", "Which?", R"("message_id":"m-1")");
  SseReader native = world.events(id), conclave = world.events(id, "?dialect=conclave"),
            process = world.events(id, "?dialect=process"), council = world.events(id, "?dialect=council");
  gate.open();
  for (SseReader* reader : {&native, &conclave, &process, &council}) {
    REQUIRE(reader->status() == 200);
    CHECK(reader->read_all(seconds(10)) == StreamEnd::finished);
  }
  CHECK(broken_rule(native.numbered()) == "");
  CHECK(types_of(spoken(conclave)).back() == "done");
  CHECK(spoken(process).back().json()["status"] == "Completed");
  CHECK(types_of(spoken(council)).back() == "complete");
  CHECK(spoken(conclave).size() == read_in(world, id, "conclave").size());
}

TEST_CASE("an unknown dialect is refused by the names of those there are") {
  World world;
  world.upstream.always(whole_answer("x"));
  const std::string id = world.submit_single();
  const HttpReply reply = world.get("/api/stream/events/" + id + "?dialect=klingon", {{"Accept", "text/event-stream"}});
  CHECK(reply.status == 400);
  CHECK(reply.body.find("conclave, process, facilitair, council, council-2026") != std::string::npos);
}

}  // namespace plenum::tests
