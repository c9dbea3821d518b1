// Runs something right after a stream has emptied its queue, where a producer on another thread could come in between.
// The linker leads the stream's call of EventQueue::pop_all to after_pop.cpp (ld --wrap).
#pragma once

#include <functional>

namespace plenum::tests {

// Once. One thread.
void after_next_pop(std::function<void()> what);

}  // namespace plenum::tests
