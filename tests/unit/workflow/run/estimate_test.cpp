// Estimates of time and cost, compared with runs whose latencies and costs the test plays.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "server/workflow/catalog/catalog.h"
#include "server/workflow/planning/call_statistics.h"
#include "server/workflow/run/state/estimate.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

using namespace workflow;

class Recorder final : public CallRecorder {
 public:
  explicit Recorder(CallStatistics& statistics) : statistics_(statistics) {}
  void record(const std::vector<StepSample>& run) override { statistics_.record(StreamId::random(), run); }

 private:
  CallStatistics& statistics_;
};

// Plays whole runs: every call takes a time and costs an amount that depend only on its chunk.
struct PlayedRuns {
  struct Figures {
    double seconds = 0, usd = 0;
  };

  CallStatistics statistics;
  std::vector<std::string> choices{"yes", "no"};
  std::map<std::string, milliseconds> latencies{};  // by chunk; the others are computed from its name
  StartPolicy start = StartPolicy::all;

  // A run, and the differences between its estimates and what it took, relative to that.
  struct Outcome {
    Figures actual;
    std::vector<TaskProgress> progress;
  };

  Outcome play(const std::shared_ptr<const Workflow>& workflow, std::size_t members) {
    RunFixture fixture;
    Assignment assignment = assign_members(workflow, members);
    assignment.options.choices = choices;
    for (const Step& step : assignment.workflow->steps) {
      assignment.estimates.push_back(statistics.estimate(statistics_key(assignment, step), {}));
    }
    assignment.statistics = std::make_shared<Recorder>(statistics);
    fixture.run = std::make_unique<Run>(
        std::move(assignment), RunFixture::a_task(), "trace", fixture.sink, fixture.providers, fixture.loop, [] {},
        std::nullopt);
    fixture.run->start();
    const SteadyTime begin = fixture.clock.steady();
    while (answer_next(fixture)) {
    }
    Outcome outcome;
    outcome.actual.seconds = std::chrono::duration<double>(fixture.clock.steady() - begin).count();
    outcome.actual.usd = fixture.sink.last<TaskCompleted>().result.cost.usd.value_or(-1);
    for (const Event& event : fixture.sink.events) {
      if (const auto* progress = std::get_if<TaskProgress>(&event.payload)) outcome.progress.push_back(*progress);
    }
    due_.clear();
    return outcome;
  }

 private:
  // Advances the clock to the next end of a call. False when no call is open.
  bool answer_next(RunFixture& fixture) {
    fixture.turn();
    note_new_calls(fixture);
    const ScriptedProviders::Call* next = nullptr;
    std::size_t index = 0;
    for (std::size_t i = 0; i < due_.size(); ++i) {
      const auto& call = fixture.providers.call(i);
      if (call.open() && (next == nullptr || due_[i].first < due_[index].first)) next = &call, index = i;
    }
    if (next == nullptr) return false;
    fixture.clock.advance(std::chrono::duration_cast<milliseconds>(due_[index].first - fixture.clock.steady()));
    auto& call = fixture.providers.call(index);
    const std::string text = answer_to(call.user_prompt());
    call.text(text);
    Usage usage;
    usage.prompt_tokens = 100;
    usage.completion_tokens = 50;
    call.end_well(usage, {0.001 * static_cast<double>(hash_of(due_[index].second) % 7 + 1), CostOrigin::reported});
    fixture.turn();
    return true;
  }

  void note_new_calls(RunFixture& fixture) {
    std::vector<std::string> chunks;  // of the calls, in order
    for (const Event& event : fixture.sink.events) {
      if (event.type() == EventType::chunk_started || RunFixture::is_follow_up(event)) {
        chunks.push_back(event.source->chunk);
      }
    }
    REQUIRE(chunks.size() == fixture.providers.count());
    for (std::size_t i = due_.size(); i < chunks.size(); ++i) {
      due_.emplace_back(fixture.clock.steady() + latency_of(chunks[i]), chunks[i]);
    }
  }

  static std::size_t hash_of(const std::string& chunk) {
    std::size_t hash = 0;
    for (const char c : chunk) hash = hash * 31 + static_cast<unsigned char>(c);
    return hash;
  }
  milliseconds latency_of(const std::string& chunk) const {
    const auto fixed = latencies.find(chunk);
    return fixed != latencies.end() ? fixed->second : milliseconds(500 + hash_of(chunk) % 97 * 100);
  }

  // Readable for every kind of step: a verdict, a vote, a ranking of what the prompt shows, a code block.
  static std::string answer_to(const std::string& prompt) {
    std::string ranking = "FINAL RANKING:";
    std::set<char> labels;
    for (std::size_t at = 0; (at = prompt.find("<response id=\"", at)) != std::string::npos; ++at) {
      labels.insert(prompt[at + 14]);
    }
    int place = 0;
    for (const char label : labels) ranking += fmt::format("\n{}. Response {}", ++place, label);
    return "Here is the answer.\n\n```python\n# file: main.py\nprint(1)\n```\n\n"
           "{\"critical_issues\": [], \"issues_found\": false}\n\nVOTE: A\n\n" +
           ranking;
  }

  std::vector<std::pair<SteadyTime, std::string>> due_;  // of each call: when it ends, and its chunk
};

double difference(double estimate, double actual) { return std::abs(estimate - actual) / actual; }

constexpr std::string_view quorum_workflow = R"(
name = "first-two"
description = "d"
roles = ["r"]
answer = "{{b}}"
[[steps]]
id = "answers"
agent = "A"
stage = "s"
each = "members"
output = "answers"
on_error = "degrade"
prompt = "{{task}}"
[[steps]]
id = "merge"
agent = "B"
stage = "t"
output = "b"
inputs = ["answers"]
quorum = 2
start = "quorum"
prompt = "{{#answers}}{{text}}{{/answers}}"
)";

}  // namespace

TEST_CASE("the time and cost of a repeated run are estimated within 10 % for every built-in workflow") {
  const auto catalog = Catalog::built_in();
  REQUIRE(catalog);
  for (const auto& workflow : catalog->all()) {
    for (const std::size_t members : {2u, 3u, 5u}) {
      CAPTURE(workflow->name);
      CAPTURE(members);
      PlayedRuns runs;
      const auto first = runs.play(workflow, members);
      CHECK_FALSE(first.progress.front().estimated_time);
      CHECK(first.progress.front().estimate_origin.empty());
      const auto second = runs.play(workflow, members);
      REQUIRE(second.actual.seconds > 0);
      CHECK(second.progress.front().estimate_origin == "history");
      for (const TaskProgress& progress : second.progress) {
        CAPTURE(progress.elapsed_ms);
        REQUIRE(progress.estimated_time);
        REQUIRE(progress.estimated_cost);
        CHECK(difference(*progress.estimated_time, second.actual.seconds) <= 0.1);
        CHECK(difference(progress.estimated_cost->usd.value(), second.actual.usd) <= 0.1);
      }
    }
  }
}

TEST_CASE("a run whose slowest member is not waited for is estimated by the members that it waits for") {
  const auto workflow = RunFixture::load(quorum_workflow);
  PlayedRuns runs;
  runs.latencies = {{"answers:a/m1", milliseconds(2000)},
                    {"answers:b/m2", milliseconds(3000)},
                    {"answers:c/m3", milliseconds(30'000)},
                    {"merge:a/m1", milliseconds(4000)}};
  runs.play(workflow, 3);
  const auto second = runs.play(workflow, 3);
  CHECK(second.actual.seconds == doctest::Approx(7));
  CHECK(*second.progress.front().estimated_time == doctest::Approx(7));
}

TEST_CASE("an estimate is refreshed while steps run: time that has passed is no longer ahead") {
  const auto workflow = RunFixture::load(quorum_workflow);
  PlayedRuns runs;
  runs.latencies = {
      {"answers:a/m1", milliseconds(1000)}, {"answers:b/m2", milliseconds(5000)}, {"merge:a/m1", milliseconds(2000)}};
  runs.play(workflow, 2);
  runs.latencies["answers:a/m1"] = milliseconds(4000);  // slower than before, but not on the critical path
  const auto second = runs.play(workflow, 2);
  REQUIRE(second.progress.size() > 1);
  CHECK(*second.progress[1].estimated_time == doctest::Approx(7));
}

}  // namespace plenum::tests
