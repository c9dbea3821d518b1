#include "server/runtime/timer_queue.h"

#include <vector>

namespace plenum::runtime {

TimerId TimerQueue::add(SteadyTime due, MoveOnlyFunction work) {
  const TimerId id = next_id_++;
  due_of_.emplace(id, due);
  by_due_.emplace(Key{due, id}, std::move(work));
  return id;
}

bool TimerQueue::cancel(TimerId id) {
  const auto found = due_of_.find(id);
  if (found == due_of_.end()) return false;
  by_due_.erase(Key{found->second, id});
  due_of_.erase(found);
  return true;
}

void TimerQueue::run_due(SteadyTime now) {
  const TimerId first_added = next_id_;
  auto next = by_due_.begin();
  while (next != by_due_.end() && next->first.first <= now) {
    const Key key = next->first;
    if (key.second >= first_added) {
      ++next;
      continue;
    }
    MoveOnlyFunction work = std::move(next->second);
    by_due_.erase(next);
    due_of_.erase(key.second);
    work();
    next = by_due_.upper_bound(key);  // the work may have added and cancelled any timers
  }
}

std::optional<SteadyTime> TimerQueue::next_due() const {
  if (by_due_.empty()) return std::nullopt;
  return by_due_.begin()->first.first;
}

}  // namespace plenum::runtime
