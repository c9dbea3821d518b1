// What the clients of a simulation received, and whether it agrees. Throws BrokenPromise when it does
// not. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/protocol/event.h"

namespace plenum::simulation {

// Tasks are stored for an hour after their last use, which is stored with a precision of a minute.
inline constexpr seconds deletion_age_min{3'400};

class Ledger {
 public:
  struct Task {
    std::string id;
    std::string marker;  // in the text of the task, and so in every prompt
    std::string workflow;
    std::string key, body;                      // of its request; key: empty if it had none
    bool deleted = false;                       // 204
    bool may_be_gone = false;                   // a delete whose response was lost
    bool cancelled = false;                     // 202
    bool answered = false;                      // its only chunk was seen to be complete
    SteadyTime last_use{};                      // at least
    std::map<std::string, std::string> events;  // by id, as received by the first reader of each
    std::string terminal;                       // the data of its end; empty: none was seen
  };

  // A 202. Checks that a repeated key has the first id.
  Task& accepted(const std::string& id, std::string marker, std::string workflow, const std::string& key,
                 const std::string& body, SteadyTime now);
  // The response to a request with this key was lost; it named this task.
  void lost_response(const std::string& key, const std::string& id);
  Task* find(const std::string& id);
  std::map<std::string, Task>& tasks() { return tasks_; }

  // A numbered event that a reader received. `data`: its bytes.
  void saw(Task& task, const std::string& event_id, const ReceivedEvent& event, std::string_view data);
  // A model call whose prompt is given starts.
  void call_started(std::string_view prompt);
  // After an iteration of the loop, a call with this prompt is still open.
  void call_is_open(std::string_view prompt) const;
  // A number for everything that was seen: equal for equal histories.
  std::uint64_t digest() const { return digest_; }
  void note(std::string_view what);

 private:
  std::map<std::string, Task> tasks_;  // by id
  std::map<std::string, std::string> ids_of_keys_;
  std::uint64_t digest_ = 14695981039346656037U;  // FNV-1a
};

}  // namespace plenum::simulation
