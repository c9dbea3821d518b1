// Runs a function right after this thread unlocks a mutex, where another thread could run: after_unlock.cpp defines
// pthread_mutex_unlock, and the definition of the program replaces the C library's.
#pragma once

#include <functional>

namespace plenum::tests {

// Once, on the calling thread.
void after_next_unlock(std::function<void()> what);

}  // namespace plenum::tests
