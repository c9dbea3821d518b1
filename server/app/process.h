// What the process as a whole has to arrange with the system: signals, descriptors, core files.
#pragma once

#include <string>

#include "common/base/clock.h"

namespace plenum::app {

// Puts /dev/null where standard input, output or error is closed, so that nothing of ours takes its
// number and is written into by mistake. Call it first of all.
void hold_standard_descriptors();
// Blocks the signals that are waited for, ignores SIGPIPE and SIGXFSZ, raises the limit of descriptors to what is
// allowed, and keeps keys out of core files. Call it in main before any thread is started.
void prepare_process();
// Takes a variable out of the environment and overwrites its value, so that neither children nor
// /proc/self/environ show it. Only before other threads are started; pointers from getenv dangle.
void wipe_variable(const std::string& name);
// SIGTERM and SIGINT ask for the end; SIGHUP, also that of a terminal that closes, for a new look at files.
enum class Asked : unsigned char { stop, read_again };
// Returns when one of them has come. Only the main thread.
Asked wait_for_signal();
// Whether one that asks for the end comes within this time. Only the main thread.
bool stop_signal_within(milliseconds wait);

}  // namespace plenum::app
