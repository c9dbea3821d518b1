#include "tests/unit/stream/after_pop.h"

#include <memory>
#include <utility>
#include <vector>

#include "server/stream/event_queue.h"

namespace plenum::tests {

namespace {
std::function<void()> waiting;
}

void after_next_pop(std::function<void()> what) { waiting = std::move(what); }

using Events = std::vector<std::unique_ptr<Event>>;
// The names that --wrap gives: of the original, and of what takes its place. POP_ALL is its name for the linker.
void real_pop_all(stream::EventQueue* queue, Events& out) __asm__("__real_" POP_ALL);
void wrapped_pop_all(stream::EventQueue* queue, Events& out) __asm__("__wrap_" POP_ALL);

void wrapped_pop_all(stream::EventQueue* queue, Events& out) {
  real_pop_all(queue, out);
  if (const auto what = std::exchange(waiting, nullptr)) what();
}

}  // namespace plenum::tests
