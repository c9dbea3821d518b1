#include "tests/simulation/ledger.h"

#include <fmt/format.h>

#include "tests/simulation/broken_promise.h"

namespace plenum::simulation {

constexpr std::string_view secret = "7Q2mZ9xW";

Ledger::Task& Ledger::accepted(const std::string& id, std::string marker, std::string workflow, const std::string& key,
                               const std::string& body, SteadyTime now) {
  if (!key.empty()) {
    const auto [first, is_new] = ids_of_keys_.emplace(key, id);
    Task& task = tasks_[first->second];
    const bool may_be_deleted = now - task.last_use > deletion_age_min;
    if (!is_new && first->second != id && !may_be_deleted)
      throw BrokenPromise(fmt::format("key {} created two tasks", key));
    if (first->second != id) task.marker = "(of a deleted task)";  // the prompts are those of the new one
    first->second = id;
  }
  Task& task = tasks_[id];
  if (!task.id.empty()) return task;
  task.last_use = now;
  task.id = id;
  task.marker = std::move(marker);
  task.workflow = std::move(workflow);
  task.key = key;
  task.body = body;
  return task;
}

// A key of a deleted task creates another one, whose prompts are those of the old one.
void Ledger::lost_response(const std::string& key, const std::string& id) {
  const auto known = ids_of_keys_.find(key);
  if (known != ids_of_keys_.end() && known->second != id) tasks_[known->second].marker = "(of a deleted task)";
}

Ledger::Task* Ledger::find(const std::string& id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : &found->second;
}

void Ledger::note(std::string_view what) {
  for (const char byte : what) {
    digest_ ^= static_cast<unsigned char>(byte);
    digest_ *= 1099511628211U;
  }
}

void Ledger::saw(Task& task, const std::string& event_id, const ReceivedEvent& event, std::string_view data) {
  note(data);
  const auto [first, is_new] = task.events.emplace(event_id, data);
  if (!is_new && first->second != data) throw BrokenPromise("two events have the id " + event_id);
  if (data.find(secret) != data.npos) throw BrokenPromise("an event contains a key");
  if (event.stream_id != task.id) throw BrokenPromise("an event of another stream");
  if (event.type() == EventType::chunk_completed && task.workflow == "single") {
    task.answered |= std::get<ChunkCompleted>(event.payload).status == ChunkStatus::ok;
  }
  if (!event.terminal) return;
  if (task.terminal.empty()) task.terminal = std::string(data);
  if (task.terminal != data) throw BrokenPromise("a task ended twice");
}

void Ledger::call_started(std::string_view prompt) {
  note(prompt);
  for (const auto& [id, task] : tasks_) {
    if (prompt.find(task.marker) == prompt.npos) continue;
    if (task.answered) throw BrokenPromise("a completed call was repeated");
  }
}

void Ledger::call_is_open(std::string_view prompt) const {
  for (const auto& [id, task] : tasks_) {
    if (prompt.find(task.marker) == prompt.npos) continue;
    if (task.cancelled) throw BrokenPromise("a call of a cancelled task is open");
    if (task.deleted) throw BrokenPromise("a call of a deleted task is open");
    if (!task.terminal.empty()) throw BrokenPromise("a call of a task that has ended is open");
  }
}

}  // namespace plenum::simulation
