// Complete event sequences of the real server, compared line by line with recorded ones.
// PLENUM_GOLDEN_UPDATE=1 records them again: review the difference before committing it.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/flow/world.h"

namespace plenum::tests {

namespace {

// Fields whose value differs from run to run. Their names stay, so that one that goes missing shows.
const std::set<std::string> volatile_fields = {"seq", "stream_id", "timestamp", "t_ms", "trace_id", "elapsed_ms",
                                               "parsed_ranking", "latency_ms", "ttft_ms", "expires_at", "started_at",
                                               "prompt_version", "fastest_latency_ms", "estimated_time",
                                               // drawn from the trace id
                                               "label_order", "labels", "ranking", "standings"};

void normalise(Json& json) {
  for (auto& [name, value] : json.items()) {
    if (json.is_object() && volatile_fields.count(name) != 0) {
      value = "~";
    } else if (json.is_object() && name == "fastest") {
      value = "~";  // which chunk that is depends on the same times
    } else if (value.is_structured()) {
      normalise(value);
    }
  }
}

// How a text is split into events depends on the arrival of packets: adjacent deltas of one chunk and
// kind become one.
std::vector<Json> with_deltas_joined(const std::vector<Frame>& frames) {
  std::vector<Json> events;
  for (const Frame& frame : frames) {
    Json event = frame.json();
    Json* last = events.empty() ? nullptr : &events.back();
    bool continues = frame.event == "token_stream" && last != nullptr && (*last)["type"] == "token_stream" &&
                     (*last)["chunk"] == event["chunk"] && (*last)["kind"] == event["kind"];
    if (continues) (*last)["tokens"] = (*last)["tokens"].get<std::string>() + event["tokens"].get<std::string>();
    if (!continues) events.push_back(std::move(event));
  }
  return events;
}

std::string transcript(const std::vector<Frame>& frames) {
  std::string text;
  for (Json& event : with_deltas_joined(frames)) {
    normalise(event);
    text += event["type"].get<std::string>() + " " + event.dump() + "\n";
  }
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Compares with tests/data/golden/<name>.events, or writes it.
void check_golden(const std::string& name, const std::string& got) {
  const std::string path = std::string(GOLDEN_DIR) + "/" + name + ".events";
  if (std::getenv("PLENUM_GOLDEN_UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << got;
    MESSAGE("wrote " << path);
    return;
  }
  std::ostringstream recorded;
  recorded << std::ifstream(path, std::ios::binary).rdbuf();
  std::vector<std::string> expected = lines_of(recorded.str()), lines = lines_of(got);
  for (std::size_t i = 0; i < std::max(expected.size(), lines.size()); ++i) {
    std::string was = i < expected.size() ? expected[i] : "(nothing)", is = i < lines.size() ? lines[i] : "(nothing)";
    if (was == is) continue;
    FAIL_CHECK(name << ".events differs first in line " << i + 1 << "\n  was " << was << "\n  is  " << is);
    return;
  }
}

}  // namespace

TEST_CASE("the events of a single run are what they were") {
  World world;
  world.upstream.always(Script::stream().text("Hello from one model.").finish(12, 4));
  std::string id = world.submit("single", "Say hello.", R"("message_id":"msg-1","context":{"tone":"kind"})");
  check_golden("single", transcript(world.whole_stream(id)));
}

TEST_CASE("the events of a consensus run with one refinement are what they were") {
  World world;
  script_consensus(world.upstream);
  check_golden("consensus", transcript(world.whole_stream(world.submit("consensus", "Build a login."))));
}

TEST_CASE("the events of a run whose upstream breaks off are what they were") {
  World world;
  world.upstream.always(Script::stream(Framing::until_close).text("This breaks off").cut(Cut::fin));
  check_golden("truncated", transcript(world.whole_stream(world.submit_single())));
}

TEST_CASE("the events of every workflow for several members are what they were") {
  const std::string two = R"("members":["bench/m1","bench/m2"])",
                    three = R"("members":["bench/m1","bench/m2","bench/m3"])";
  const struct {
    std::string workflow, fields;
  } runs[] = {{"raw", two},
              {"synthesize", two},
              {"council", two},
              {"vote", two + R"(,"options":{"choices":["red","green"]})"},
              {"debate", two + R"(,"options":{"rounds":1})"},
              {"arena", two + R"(,"options":{"rounds":1})"},
              {"adversarial", two},
              {"duo", two},
              {"elite", three}};
  for (const auto& run : runs) {
    // One call at a time, so that the order of the events is always the same.
    World world({}, "concurrent_requests_max = 1\n");
    world.upstream.on(
        {.prompt_has = "letters of the answers"},
        whole_answer(
            R"({"positions":[{"label":"green","summary":"It is calm.","members":["A","B","C"],"evidence":[]}],)"
            R"("caveats":["No one has seen the wall."],"type":"decision","headline":"Green",)"
            R"("recommendation":"Paint it green."})"));
    world.upstream.on({.prompt_has = "# The question"}, whole_answer("Green, on balance."));
    world.upstream.on({.prompt_has = "FINAL RANKING"}, whole_answer("FINAL RANKING:\n1. Response A\n2. Response B"));
    world.upstream.on({.prompt_has = "Answer with one letter", .times = 1}, whole_answer("A"));
    world.upstream.on({.prompt_has = "Answer with one letter"}, whole_answer("Neither, really."));
    world.upstream.on({.model = "m1"}, whole_answer("I say red."));
    world.upstream.on({.model = "m2"}, whole_answer("I say green."));
    world.upstream.on({.model = "m3"}, whole_answer("I do not care."));
    check_golden(run.workflow, transcript(world.whole_stream(world.submit(run.workflow, "Red or green?", run.fields))));
  }
}

}  // namespace plenum::tests
