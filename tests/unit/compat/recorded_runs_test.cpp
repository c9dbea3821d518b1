// The recorded runs of every built-in workflow, read by the clients of every format.
#include <doctest/doctest.h>

#include <fstream>

#include "common/json/json_access.h"
#include "tests/unit/compat/run_script.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

// Recorded runs have `~` for values that differ from run to run.
std::vector<ReceivedEvent> recorded(const std::string& name) {
  std::vector<ReceivedEvent> events;
  std::ifstream file(std::string(GOLDEN_DIR) + "/" + name + ".events");
  REQUIRE(file);
  for (std::string line; std::getline(file, line);) {
    Json json = parse_json(line.substr(line.find(' ') + 1)).value();
    json["timestamp"] = "2026-11-21T01:02:03.004Z";
    json["stream_id"] = "0b5e8c1a-93d4-4f6e-a7b2-00ff10203040";
    json["message_id"] = "m-1";
    auto event = parse_event(dump_json(json));
    REQUIRE(event);
    events.push_back(*std::move(event));
  }
  return events;
}

constexpr const char* workflows[] = {"adversarial", "arena", "consensus", "council",    "debate",    "duo",
                                     "elite",       "raw",   "single",    "synthesize", "truncated", "vote"};

}  // namespace

TEST_CASE("the clients of every format read the recorded run of every built-in workflow") {
  for (const char* workflow : workflows) {
    CAPTURE(workflow);
    const auto events = recorded(workflow);
    for (const std::string_view format : formats) {
      CAPTURE(format);
      const ClientView seen = client_of(format, parsed(translated(format, events)));
      CHECK(seen.fault == "");
      const bool succeeded =
          std::string_view(workflow) != "truncated" && events.back().type() == EventType::task_completed;
      if (succeeded) CHECK(seen.errors.empty());
    }
  }
}

TEST_CASE("a recorded run is translated identically every time, and from any event on to exactly the rest") {
  for (const char* workflow : workflows) {
    CAPTURE(workflow);
    const auto events = recorded(workflow);
    for (const std::string_view format : formats) {
      CAPTURE(format);
      const auto whole = translated(format, events);
      CHECK(translated(format, events) == whole);
      for (std::size_t cut = 0; cut <= events.size(); ++cut) {
        const std::vector<ReceivedEvent> start(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(cut));
        auto frames = translated(format, start);
        const auto rest = translated(format, events, cut);
        frames.insert(frames.end(), rest.begin(), rest.end());
        REQUIRE(frames == whole);
      }
    }
  }
}

TEST_CASE("the answer of a workflow with a synthesis is its last text in every format") {
  const auto events = recorded("council");
  for (const std::string_view format : formats) {
    CAPTURE(format);
    const ClientView seen = client_of(format, parsed(translated(format, events)));
    const std::string key = format == "conclave"            ? "SYNTHESIS bench/m1"
                            : format.starts_with("council") ? "synthesis"
                                                            : "answer";
    REQUIRE(seen.texts.count(key) == 1);
    CHECK(seen.texts.at(key).find("Green, on balance.") != std::string::npos);
  }
}
