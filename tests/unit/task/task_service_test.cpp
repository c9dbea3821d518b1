#include "server/task/task_service.h"

#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/storage/memory/cache.h"
#include "server/storage/memory/log.h"
#include "server/task/views.h"
#include "tests/support/manual_clock.h"
#include "tests/support/upstream/scripted_providers.h"
#include "tests/unit/task/one_provider.h"

using namespace plenum;
using namespace plenum::task;
using plenum::tests::ManualClock;
using plenum::tests::ScriptedProviders;

namespace {

struct TaskFixture {
  ~TaskFixture() { service.discard_runs(); }

  static TaskSpec single(std::string task = "a task") {
    TaskSpec spec;
    spec.task = std::move(task);
    spec.workflow = "single";
    return spec;
  }
  std::shared_ptr<stream::Stream> accept(TaskSpec spec = single()) { return accept(service, std::move(spec)); }
  static std::shared_ptr<stream::Stream> accept(TaskService& service, TaskSpec spec) {
    auto prepared = service.prepare(std::move(spec));
    REQUIRE(prepared);
    auto started = service.start(*std::move(prepared));
    REQUIRE(started);
    return *started;
  }
  void turn() { loops.at(0).run_once(milliseconds(0)); }
  Json status(const stream::Stream& stream) { return status_view(stream, clock.wall(), clock.steady()); }

  ManualClock clock;
  runtime::EventLoopGroup loops{clock, 1};
  tests::OneProvider directory;
  workflow::CurrentCatalog catalog{std::make_shared<const workflow::Catalog>(workflow::Catalog::built_in().value())};
  workflow::TaskPlanner planner{catalog, directory};
  stream::StreamManager streams{loops, clock, [] { return std::make_unique<storage::MemoryLog>(); }, {}};
  ScriptedProviders providers;
  TaskService service{loops, streams, planner, {&providers}, {.scrubber = redaction::Scrubber({"key-7Q2mZ9xW"})}};
};

// With a cache.
struct CachingFixture : TaskFixture {
  ~CachingFixture() { service.discard_runs(); }

  static TaskSpec in_conversation(std::string task) {
    TaskSpec spec = single(std::move(task));
    spec.conversation_id = "talk";
    return spec;
  }
  std::shared_ptr<stream::Stream> accept(TaskSpec spec) { return TaskFixture::accept(service, std::move(spec)); }
  // A task that a model call has answered.
  std::shared_ptr<stream::Stream> answered(TaskSpec spec, std::string_view text) {
    const auto accepted = accept(std::move(spec));
    turn();
    providers.call(providers.count() - 1).answer(text);
    turn();
    turn();
    REQUIRE(accepted->finished());
    return accepted;
  }
  bool has_estimate(const stream::Stream& stream) { return !status(stream)["estimated_time"].is_null(); }

  TaskService service{loops,
                      streams,
                      planner,
                      {&providers},
                      {.cache = std::make_shared<storage::MemoryCache>(clock, storage::MemoryCacheOptions{})}};
};

}  // namespace

TEST_CASE_FIXTURE(TaskFixture, "an accepted task is found by its id before anything has run") {
  auto prepared = service.prepare(single());
  REQUIRE(prepared);
  const Json view = accepted_view(*prepared, seconds(15));
  const auto accepted = service.start(*std::move(prepared)).value();
  CHECK(view["stream_id"] == accepted->id().str());
  CHECK(streams.find(accepted->id()));
  CHECK(providers.count() == 0);
  CHECK(view["status"] == "initializing");
  CHECK(view["members"][0]["id"] == "p/m");
  CHECK(status(*accepted)["status"] == "initializing");
}

TEST_CASE_FIXTURE(TaskFixture, "a task runs on its owner loop to its end, and status, result and snapshot show it") {
  const auto accepted = accept();
  turn();
  providers.call(0).text("forty-");
  turn();
  Json running = status(*accepted);
  CHECK(running["status"] == "running");
  CHECK(running["members"][0]["status"] == "running");
  CHECK(running["members"][0]["chars"] == 6);
  CHECK_FALSE(result_view(*accepted).contains("answer"));
  CHECK(snapshot_view(*accepted)["chunks"][0]["text"] == "forty-");
  providers.call(0).answer("two");
  turn();
  Json done = status(*accepted);
  CHECK(done["status"] == "completed");
  CHECK(done["chunks_completed"] == done["total_chunks"]);
  CHECK(done["last_seq"] == accepted->head());
  CHECK(result_view(*accepted)["answer"] == "forty-two");
  CHECK(summary_view({accepted, {}})["status"] == "completed");
}

TEST_CASE_FIXTURE(TaskFixture, "the members of a task are known to a skip from its acceptance to its end") {
  const auto early = accept();
  CHECK(service.skip(early, "p/m") == SkipOutcome::nothing_open);
  CHECK(service.skip(early, "p/other") == SkipOutcome::not_a_member);
  turn();
  providers.forget_calls();
  const auto accepted = accept();
  turn();
  providers.call(0).text("forty-");
  turn();
  CHECK(service.skip(accepted, "p/m") == SkipOutcome::skipping);
  CHECK(service.skip(accepted, "p/other") == SkipOutcome::not_a_member);
  turn();
  turn();
  REQUIRE(accepted->finished());
  CHECK(service.skip(accepted, "p/m") == SkipOutcome::already_finished);
  CHECK(service.skip(accepted, "p/other") == SkipOutcome::not_a_member);
}

TEST_CASE_FIXTURE(TaskFixture, "a configured key in a task is gone before anything keeps it or sends it on") {
  const auto reported = [this](const std::shared_ptr<stream::Stream>& accepted) {
    turn();
    const auto frames = accepted->frames_after(0, 1 << 20).bytes;
    CHECK(frames.find("7Q2m") == frames.npos);
    return frames.find("\"code\":\"secret_redacted\"") != frames.npos;
  };
  CHECK(reported(accept(single("explain key-7Q2mZ9xW!"))));
  CHECK(providers.call(0).user_prompt().find("explain [REDACTED]!") != std::string::npos);
  CHECK_FALSE(reported(accept(single("explain keys"))));
  TaskSpec with_context = single();
  with_context.context_json = R"({"note":"key-7Q2mZ9xW"})";
  const auto accepted = accept(with_context);
  CHECK(reported(accepted));
  CHECK(accepted->info().spec.context_json == R"({"note":"[REDACTED]"})");
}

TEST_CASE("no text field of a task carries a configured key to the provider, into the log or into an error") {
  const std::string key = "key-7Q2mZ9xW", text = "with " + key + " inside";
  using Put = std::function<void(TaskSpec&)>;
  std::vector<std::pair<std::string, Put>> fields;
  {
    // A new field of a task does not compile here: give it a row below, or list it with those that hold no free text.
    TaskSpec all;
    auto& [task, context, workflow, council, members, chairman, fallback, personas, prior, options, parameters, stream,
           message_id, conversation_id, deadline, member_deadline, max_cost, on_abandon, abandon_after, cache, ttl,
           metadata] = all;
    auto& [prior_stream, question, answer] = prior;
    std::ignore = std::tie(task, context, workflow, council, members, chairman, fallback, personas, options, parameters,
                           message_id, conversation_id, metadata, prior_stream, question, answer);
    std::ignore = std::tie(stream, deadline, member_deadline, max_cost, on_abandon, abandon_after, cache, ttl);
  }
  const std::string json = R"({"note":")" + text + "\"}";
  fields = {
      {"task", [&](TaskSpec& spec) { spec.task = text; }},
      {"context", [&](TaskSpec& spec) { spec.context_json = json; }},
      {"workflow", [&](TaskSpec& spec) { spec.workflow = key; }},
      {"members", [&](TaskSpec& spec) { spec.members = {key}; }},
      {"members with a model", [&](TaskSpec& spec) { spec.members = {"p/" + key}; }},
      {"chairman", [&](TaskSpec& spec) { spec.chairman = "p/" + key; }},
      {"fallback chain",
       [&](TaskSpec& spec) {
         spec.fallback = {{"*", {"p/" + key}}};
       }},
      {"fallback name",
       [&](TaskSpec& spec) {
         spec.fallback = {{key, {"p/m"}}};
       }},
      {"persona text",
       [&](TaskSpec& spec) {
         spec.personas = {{"tester", text}};
         spec.members = {"p/m#tester"};
       }},
      {"options", [&](TaskSpec& spec) { spec.options_json = json; }},
      {"stop text", [&](TaskSpec& spec) { spec.parameters.common.stop = {text}; }},
      {"stop text of a step", [&](TaskSpec& spec) { spec.parameters.steps["answer"].stop = {text}; }},
      {"message_id", [&](TaskSpec& spec) { spec.message_id = text; }},
      {"conversation_id", [&](TaskSpec& spec) { spec.conversation_id = text; }},
      {"metadata", [&](TaskSpec& spec) { spec.metadata_json = json; }},
      {"prior stream_id", [&](TaskSpec& spec) { spec.prior.stream_id = key; }},
      {"prior question",
       [&](TaskSpec& spec) {
         spec.prior = {"", text, "an answer"};
       }},
      {"prior answer",
       [&](TaskSpec& spec) {
         spec.prior = {"", "a question", text};
       }},
  };
  for (const auto& [name, put] : fields) {
    CAPTURE(name);
    TaskFixture fixture;
    TaskSpec spec = TaskFixture::single();
    put(spec);
    auto prepared = fixture.service.prepare(std::move(spec));
    std::string sent;
    if (!prepared) {
      sent = prepared.error().error.message;
      for (const ValidationError& fault : prepared.error().faults) sent += "\n" + fault.pointer + " " + fault.detail;
    } else {
      const auto accepted = fixture.service.start(*std::move(prepared)).value();
      fixture.turn();
      sent = task_request_body(accepted->info().spec);
      sent += accepted->frames_after(0, 1 << 20).bytes;
      REQUIRE(fixture.providers.count() == 1);
      sent += fixture.providers.call(0).request.model;
      for (const auto& message : fixture.providers.call(0).request.messages) sent += "\n" + message.content;
    }
    CHECK(sent.find("7Q2mZ9xW") == std::string::npos);
  }
}

TEST_CASE_FIXTURE(TaskFixture, "cancelling closes the call in the loop's next turn and keeps the partial text") {
  const auto accepted = accept();
  turn();
  providers.call(0).text("half");
  CHECK(service.cancel(accepted, "client", "enough") == CancelOutcome::stopping);
  turn();
  CHECK(providers.open_count() == 0);
  CHECK(accepted->status() == TaskStatus::cancelled);
  CHECK(result_view(*accepted)["answers"][0]["text"] == "half");
  CHECK(service.cancel(accepted, "client", "again") == CancelOutcome::already_finished);
}

TEST_CASE_FIXTURE(TaskFixture, "between a cancel and the turn that carries it out no further call begins") {
  TaskSpec spec = single();
  spec.workflow = "consensus";
  const auto accepted = accept(spec);
  turn();
  REQUIRE(providers.count() == 1);
  // The first step ends in the same iteration as the cancel, but is handled before it.
  providers.call(0).answer("an architecture");
  accepted->request_cancel();
  turn();
  CHECK(providers.count() == 1);
  CHECK(service.cancel(accepted, "client", "") == CancelOutcome::stopping);
  turn();
  CHECK(accepted->status() == TaskStatus::cancelled);
}

TEST_CASE_FIXTURE(TaskFixture, "what a running call will cost is unknown, never zero") {
  const auto accepted = accept();
  turn();
  CHECK(status(*accepted)["actual_cost"]["usd"].is_null());
  CHECK(status(*accepted)["members"][0]["cost"]["usd"].is_null());
}

TEST_CASE_FIXTURE(TaskFixture, "a task that is cancelled before its run began never calls a model") {
  const auto accepted = accept();
  CHECK(service.cancel(accepted, "client", "") == CancelOutcome::stopping);
  turn();
  turn();
  CHECK(accepted->status() == TaskStatus::cancelled);
  CHECK(providers.open_count() == 0);
}

TEST_CASE_FIXTURE(TaskFixture, "what cannot be run is refused with every fault") {
  TaskSpec spec = single();
  spec.members = {"missing/x", "p/m"};
  const auto prepared = service.prepare(spec);
  REQUIRE_FALSE(prepared);
  const RejectedTask& refused = prepared.error();
  CHECK(refused.error.code == ErrorCode::validation_failed);
  REQUIRE(refused.faults.size() == 1);
  CHECK(refused.faults[0].pointer == "/members/0");
  CHECK(streams.counts().opened_total == 0);
}

TEST_CASE_FIXTURE(TaskFixture, "a draining server takes no more tasks and finishes those it has") {
  const auto accepted = accept();
  turn();
  service.begin_drain();
  const auto prepared = service.prepare(single());
  REQUIRE_FALSE(prepared);
  CHECK(prepared.error().error.code == ErrorCode::draining);
  providers.call(0).answer("done");
  turn();
  CHECK(accepted->status() == TaskStatus::completed);
}

TEST_CASE_FIXTURE(TaskFixture,
                  "a task with on_abandon is cancelled after its time without subscribers, others are not") {
  TaskSpec spec = single();
  spec.on_abandon = OnAbandon::cancel;
  spec.abandon_after = seconds(60);  // before the step itself would time out
  const auto abandoned = accept(spec), watched = accept(spec), waited_for = accept(spec), patient = accept();
  turn();
  watched->add_subscribers(1);
  waited_for->add_waiters(1);
  clock.advance(seconds(50));
  CHECK(streams.find(abandoned->id()));  // a poll counts as looking
  clock.advance(seconds(59));
  service.cancel_abandoned(clock.steady());
  turn();
  CHECK(abandoned->status() == TaskStatus::running);
  clock.advance(seconds(1));
  service.cancel_abandoned(clock.steady());
  turn();
  CHECK(abandoned->status() == TaskStatus::cancelled);
  CHECK(watched->status() == TaskStatus::running);
  CHECK(waited_for->status() == TaskStatus::running);
  CHECK(patient->status() == TaskStatus::running);
}

TEST_CASE_FIXTURE(TaskFixture, "a shutdown ends every unfinished run as cancelled by the server") {
  const auto first = accept(), second = accept();
  turn();
  service.stop_all("the server stopped");
  turn();
  CHECK(first->status() == TaskStatus::cancelled);
  CHECK(second->status() == TaskStatus::cancelled);
  CHECK(providers.open_count() == 0);
}

TEST_CASE_FIXTURE(CachingFixture, "a deleted task has no turn, no cached answer and no samples") {
  const auto deleted = answered(in_conversation("My number is 4711."), "Noted.");
  REQUIRE(service.remove(deleted));
  const auto next = accept(in_conversation("What is my number?"));
  turn();
  CHECK(providers.call(1).request.messages.size() == 2);
  CHECK(next->info().plan.json.find("4711") == std::string::npos);
  service.cancel(next, "client", "");
  turn();
  const auto again = accept(in_conversation("My number is 4711."));
  turn();
  CHECK(providers.count() == 3);
  CHECK_FALSE(again->finished());
  CHECK_FALSE(has_estimate(*again));
}

TEST_CASE_FIXTURE(CachingFixture, "deleting a task that was answered from the cache also removes the cached answer") {
  answered(single("A question?"), "Yes.");
  const auto from_cache = accept(single("A question?"));
  turn();
  turn();
  REQUIRE(from_cache->finished());
  REQUIRE(providers.count() == 1);
  REQUIRE(service.remove(from_cache));
  accept(single("A question?"));
  turn();
  CHECK(providers.count() == 2);
}

TEST_CASE_FIXTURE(CachingFixture, "a task that was deleted while it ran records nothing when its run ends") {
  const auto deleted = accept(in_conversation("My number is 4711."));
  turn();
  REQUIRE(service.remove(deleted));
  providers.call(0).answer("Noted.");  // before the iteration that carries out the cancel
  turn();
  turn();
  CHECK(deleted->finished());
  const auto again = accept(in_conversation("My number is 4711."));
  turn();
  CHECK(providers.count() == 2);
  CHECK(providers.call(1).request.messages.size() == 2);
  CHECK_FALSE(has_estimate(*again));
}

TEST_CASE_FIXTURE(CachingFixture, "a task that was planned before the deletion does not use the deleted answer") {
  const auto deleted = answered(single("A question?"), "Yes.");
  auto prepared = service.prepare(single("A question?"));
  REQUIRE(prepared);
  REQUIRE(service.remove(deleted));
  const auto later = service.start(*std::move(prepared)).value();
  turn();
  REQUIRE(providers.count() == 2);
  providers.call(1).answer("Yes again.");
  turn();
  turn();
  CHECK(result_view(*later)["answer"] == "Yes again.");
  const auto next = accept(single("A question?"));
  turn();
  turn();
  CHECK(result_view(*next)["answer"] == "Yes again.");
}

TEST_CASE("a task over the stream limit ends with stream_limit and a partial result") {
  TaskFixture fixture;
  stream::StreamManager small(
      fixture.loops, fixture.clock,
      [] { return std::make_unique<storage::MemoryLog>(storage::MemoryLogOptions{.bytes_max = 20'000}); }, {});
  TaskService service(fixture.loops, small, fixture.planner, {&fixture.providers});
  const auto stream = TaskFixture::accept(service, TaskFixture::single());
  fixture.turn();
  const std::string text(3000, 'x');
  for (int i = 0; i < 10 && !stream->finished(); ++i) {
    fixture.providers.call(0).text(text);
    fixture.turn();
  }
  fixture.turn();
  CHECK(stream->status() == TaskStatus::error);
  CHECK(result_view(*stream)["error"]["code"] == "stream_limit");
  CHECK(fixture.providers.open_count() == 0);
  CHECK(result_view(*stream)["answers"][0]["text"].get<std::string>().size() >= 15'000);
  service.discard_runs();
}
