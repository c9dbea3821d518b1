#include "tests/simulation/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/json/json.h"
#include "common/protocol/api_paths.h"
#include "tests/simulation/broken_promise.h"

namespace plenum::simulation {
namespace {

constexpr std::size_t readers_max = 12;
constexpr milliseconds heartbeat_max{16'000};
const std::vector<std::string> workflows{"single", "single", "synthesize", "council", "vote", "debate", "consensus"};
const std::vector<std::string> members{"bench/a", "bench/b", "spare/c", "spare/d"};

}  // namespace

const std::vector<Simulation::Action>& Simulation::actions() {
  static const std::vector<Action> all{
      {"turn", 40, &Simulation::turn},
      {"a model speaks", 30, &Simulation::model_speaks},
      {"a model ends", 14, &Simulation::model_ends},
      {"the disk commits", 30, &Simulation::disk_commits},
      {"the disk changes its health", 1, &Simulation::disk_changes_health},
      {"readers read", 15, &Simulation::readers_read},
      {"a task is submitted", 5, &Simulation::task_is_submitted},
      {"a task is submitted again", 2, &Simulation::task_is_submitted_again},
      {"a task is cancelled", 2, &Simulation::task_is_cancelled},
      {"a member is skipped", 2, &Simulation::member_is_skipped},
      {"a task is deleted", 1, &Simulation::task_is_deleted},
      {"a status is read", 2, &Simulation::status_is_read},
      {"a reader connects", 12, &Simulation::reader_connects},
      {"a reader is cut", 3, &Simulation::reader_is_cut},
      {"a reader sticks or continues", 2, &Simulation::reader_sticks},
      {"time passes", 10, &Simulation::time_passes},
      {"the clock jumps", 1, &Simulation::clock_jumps},
      {"the server cleans up", 2, &Simulation::server_cleans_up},
      {"the server is killed", 1, &Simulation::server_is_killed},
      {"the power fails", 1, &Simulation::power_fails},
  };
  return all;
}

Simulation::Simulation(std::uint64_t seed) : random_(seed), seed_(seed) { restart(); }

Simulation::~Simulation() = default;

Outcome Simulation::run(std::size_t steps, bool trace) {
  Outcome outcome;
  unsigned total = 0;
  for (const Action& action : actions()) total += action.weight;
  try {
    for (; outcome.step < steps; ++outcome.step) {
      std::size_t at = random_.below(total);
      auto action = actions().begin();
      for (; at >= action->weight; ++action) at -= action->weight;
      if (trace) std::printf("%zu: %s\n", outcome.step, action->name);
      ledger_.note(action->name);
      (this->*action->run)();
    }
    if (trace) std::puts("the end");
    settle();
  } catch (const std::exception& fault) {
    outcome.broken = fault.what();
  }
  outcome.digest = ledger_.digest();
  outcome.tasks = ledger_.tasks().size();
  outcome.lives = lives_;
  return outcome;
}

void Simulation::restart() {
  process_.reset();
  process_ = std::make_unique<Process>(disk_, clock_, ledger_, seed_ + ++lives_);
}

Ledger::Task* Simulation::any_task() {
  if (ledger_.tasks().empty()) return nullptr;
  auto found = ledger_.tasks().begin();
  std::advance(found, static_cast<std::ptrdiff_t>(random_.below(ledger_.tasks().size())));
  return &found->second;
}

void Simulation::turn() {
  process_->turn();
  for (const auto& attempt : process_->models().open_attempts()) ledger_.call_is_open(attempt->prompt());
}

void Simulation::model_speaks() {
  const auto open = process_->models().open_attempts();
  if (open.empty()) return;
  static const std::vector<std::string> words{
      "The answer ", "is B. ", "\n\n", "é漢🙂 ", "Agreed. ", "key-7Q2mZ9xW ", "{\"choice\":\"A\"} "};
  const auto& attempt = random_.pick(open);
  std::string text = random_.pick(words);
  if (random_.chance(3)) text = std::string(1 + random_.below(20'000), 'x');
  SimModels::speak(attempt, text);
}

void Simulation::model_ends() {
  const auto open = process_->models().open_attempts();
  if (open.empty()) return;
  static const std::vector<ErrorCode> failures{ErrorCode::rate_limit, ErrorCode::timeout, ErrorCode::server,
                                               ErrorCode::authentication};
  const auto& attempt = random_.pick(open);
  if (random_.chance(80)) return SimModels::finish(attempt);
  SimModels::fail(attempt, random_.pick(failures));
}

void Simulation::disk_commits() { process_->store().commit(1 + random_.below(8)); }

void Simulation::disk_changes_health() {
  auto& store = process_->store();
  store.set_failing(!store.failing() && random_.chance(50));
}

void Simulation::readers_read() {
  for (auto& reader : readers_) reader->read();
  check_readers();
}

void Simulation::check_readers() {
  for (const auto& reader : readers_) {
    const auto* task = ledger_.find(reader->stream_id());
    if (!reader->take_dropped() || reader->was_stuck() || task->deleted || task->may_be_gone) continue;
    // One whose next event is no longer in memory continues with a snapshot on its next connection.
    const auto stream = process_->streams().find(*StreamId::parse(task->id));
    if (stream && (*stream)->first_seq() <= reader->last_seq() + 1)
      throw BrokenPromise("disconnected without a reason: " + described(*reader));
  }
}

std::string Simulation::described(const Reader& reader) {
  const auto* task = ledger_.find(reader.stream_id());
  const auto stream = process_->streams().find(*StreamId::parse(task->id));
  const std::string state =
      stream ? fmt::format("head {}, {}", (*stream)->head(), name_of((*stream)->status())) : stream.error().message;
  return fmt::format("a reader of {} ({}) at {}; {}", task->marker, task->workflow, reader.position(), state);
}

void Simulation::task_is_submitted() {
  const std::string marker = fmt::format("[task-{}]", ++submitted_);
  const std::string& workflow = random_.pick(workflows);
  Json body{{"task", marker + " Which one?"}, {"workflow", workflow}};
  Json chosen = Json::array();
  const std::size_t count = workflow == "single" ? 1 : 2 + random_.below(2);
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(members[(i + submitted_) % members.size()]);
  body["members"] = chosen;
  if (workflow == "vote") body["options"] = Json{{"choices", {"A", "B"}}};
  if (random_.chance(20)) body["fallback"] = Json{{"*", {"bench/z"}}};
  if (random_.chance(15)) body["deadline_ms"] = 20'000;
  if (random_.chance(10)) body["on_abandon"] = Json{{"policy", "cancel"}, {"after_s", 30}};
  submit(dump_json(body), random_.chance(40) ? fmt::format("key-{}", submitted_) : std::string(), marker, workflow);
}

void Simulation::task_is_submitted_again() {
  const auto* task = any_task();
  if (task == nullptr || task->key.empty() || task->deleted || task->may_be_gone) return;
  submit(task->body, task->key, task->marker, task->workflow);
}

void Simulation::submit(const std::string& body, const std::string& key, const std::string& marker,
                        const std::string& workflow) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (!key.empty()) headers.emplace_back("idempotency-key", key);
  const auto result = process_->request(http::Method::post, std::string(api::task), body, std::move(headers));
  const auto* response = std::get_if<http::Response>(&result);
  if (response == nullptr) throw BrokenPromise("a submission got no response");
  if (response->status() == 503) return;
  if (response->status() != 202)
    throw BrokenPromise(fmt::format("a submission got {}: {}", response->status(), response->body()));
  const std::string id = Json::parse(response->body())["stream_id"];
  if (random_.chance(3)) {
    ledger_.lost_response(key, id);
    return server_is_killed();
  }
  ledger_.accepted(id, marker, workflow, key, body, latest_time());
}

void Simulation::task_is_cancelled() {
  auto* task = any_task();
  if (task == nullptr) return;
  const auto result = process_->request(http::Method::post, api::with_id(api::cancel, task->id));
  if (std::get<http::Response>(result).status() == 202) task->cancelled = true;
}

void Simulation::member_is_skipped() {
  const auto* task = any_task();
  if (task == nullptr) return;
  const auto result = process_->request(
      http::Method::post, api::with_id(api::cancel, task->id) + std::string(api::members) + random_.pick(members));
  const int status = std::get<http::Response>(result).status();
  if (status != 200 && status != 202 && status != 404 && status != 410 && status != 503)
    throw BrokenPromise(fmt::format("a skip got {}", status));
}

void Simulation::task_is_deleted() {
  auto* task = any_task();
  if (task == nullptr) return;
  task->may_be_gone = true;
  const auto result = process_->request(http::Method::del, fmt::format("{}/{}", api::task, task->id));
  if (std::get<http::Response>(result).status() == 204) task->deleted = true;
}

void Simulation::status_is_read() {
  const auto* task = any_task();
  if (task == nullptr) return;
  const auto result = process_->request(http::Method::get, api::with_id(api::status, task->id));
  const auto& response = std::get<http::Response>(result);
  if (task->deleted && response.status() != 410) throw BrokenPromise("a deleted task is not gone");
  if (response.status() != 200) return;
  ledger_.note(response.body());
  const Json status = Json::parse(response.body());
  if (!task->terminal.empty() && status["finished_at"].is_null()) throw BrokenPromise("a task that ended runs again");
}

void Simulation::reader_connects() {
  std::vector<Reader*> waiting;
  for (const auto& reader : readers_) {
    if (!reader->attached()) waiting.push_back(reader.get());
  }
  if (!waiting.empty() && random_.chance(70)) return random_.pick(waiting)->connect(*process_, random_.chance(20));
  const auto* task = any_task();
  if (task == nullptr) return;
  if (readers_.size() == readers_max) readers_.erase(readers_.begin());
  readers_.push_back(std::make_unique<Reader>(ledger_, task->id, clock_));
  readers_.back()->connect(*process_, random_.chance(20));
}

void Simulation::reader_is_cut() {
  if (!readers_.empty()) random_.pick(readers_)->cut();
}

void Simulation::reader_sticks() {
  if (readers_.empty()) return;
  auto& reader = random_.pick(readers_);
  reader->set_stuck(!reader->stuck());
}

void Simulation::time_passes() {
  const std::size_t steps = 1 + random_.below(random_.chance(20) ? 40 : 3);
  for (std::size_t i = 0; i < steps; ++i) {
    clock_.advance(milliseconds(100 + random_.below(400)));
    turn();
    readers_read();
    for (const auto& reader : readers_) {
      const bool listens = reader->attached() && !reader->was_stuck();
      if (listens && clock_.steady() - reader->received_at() > heartbeat_max)
        throw BrokenPromise("silence for " + described(*reader));
    }
  }
}

void Simulation::clock_jumps() {
  if (random_.chance(50)) {
    const milliseconds jump(static_cast<std::int64_t>(random_.below(7'200'000)) - 3'600'000);
    clock_.set_wall(clock_.wall() + jump);
    wall_jumps_ += std::max(jump, milliseconds(0));
  } else {
    // As after the process was stopped, or the machine suspended: who had not read by then may be disconnected.
    clock_.advance(seconds(random_.below(5'000)));
    for (auto& reader : readers_) reader->miss_time();
  }
  // Timers that were due run, and the sweep after them writes what is late.
  for (int i = 0; i < 4; ++i) {
    turn();
    clock_.advance(milliseconds(500));
  }
  for (auto& reader : readers_) {
    if (!reader->stuck()) reader->read();
  }
}

void Simulation::server_cleans_up() { process_->clean_up(); }

void Simulation::server_is_killed() {
  process_->store().end_process(random_.below(process_->store().pending() + 1));
  for (auto& reader : readers_) reader->cut();
  restart();
}

void Simulation::power_fails() {
  process_->store().end_process(random_.below(process_->store().pending() + 1));
  for (auto& reader : readers_) reader->cut();
  disk_.lose_power([this](std::size_t synced, std::size_t all) { return synced + random_.below(all - synced + 1); });
  restart();
}

}  // namespace plenum::simulation
