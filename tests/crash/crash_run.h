// The crash test: a real server with a hundred streams at work is killed at random moments and started again,
// while callers and readers continue regardless, and the checker observes. It runs on the calling thread.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "tests/crash/history_checker.h"

namespace plenum::tests {

struct CrashOptions {
  std::string store;                         // as the setting has it
  int cycles = 10;                           // kills
  std::uint64_t seed = 1;                    // of every choice that the test makes
  int streams = 100;                         // active at once
  std::uint64_t fill = 0;                    // about so many events are stored first
  int life_ms_min = 50, life_ms_max = 3000;  // from the open port to the kill
  int words_max = 80;                        // of one answer, at 5 to 30 ms a word
  bool kill = true;  // false: one life through it all, to try the test itself with a store that forgets
  std::map<std::string, std::string> settings{};  // of the server, as they stand in its file
  int quiet_ms_max = 60'000;  // with nothing new seen for so long at the end, what is open counts as lost
};

// A measure in milliseconds, once a cycle.
struct Timings {
  std::vector<double> ms;
  double at(double quantile) const;  // 0 without any
  std::string text() const;          // `p50 … p99 … max …`
};

struct CrashReport {
  std::vector<std::string> findings;
  std::uint64_t finding_count = 0;
  HistoryCounts counts;
  std::uint64_t stored_before = 0;  // events, by fill
  std::uint64_t resumes = 0, busy_answers = 0, reread = 0;
  Timings exec_to_port;        // from exec to the open port
  Timings port_to_byte;        // from the open port to the first byte that any returning reader got
  Timings port_to_each_byte;   // the same of every reader that came back
  Timings port_to_each_event;  // … to its first event beyond the cursor
  Timings kill_to_all_ended;   // how long connections outlived the process
  double seconds = 0;
  bool good() const { return finding_count == 0; }
  std::string text() const;
};

// Every parameter, as it is printed at the beginning.
std::string parameters_text(const CrashOptions& options);

// progress receives a line from time to time; null: none. Throws Failure if the server does not start.
CrashReport run_crashes(const CrashOptions& options, std::ostream* progress = nullptr);

}  // namespace plenum::tests
