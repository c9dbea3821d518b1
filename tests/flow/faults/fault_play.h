// Plays faults against one server, many at once, and judges what callers and the upstream saw of each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/flow/faults/fault_cases.h"
#include "tests/flow/world.h"

namespace plenum::tests {

// What the faulty call is to the task.
enum class Place : std::uint8_t {
  first_try,
  retry,     // the first attempt is refused with 503; the next one meets the fault
  fallback,  // the called member fails with 500; its fallback meets the fault; a third one answers
  of_five,   // four other members of the workflow answer well
};
inline constexpr Place all_places[] = {Place::first_try, Place::retry, Place::fallback, Place::of_five};
inline constexpr const char* too_late = "too late";  // in FaultRun::wrong
std::string_view place_name(Place place);

struct FaultRun {
  Fault fault;
  Vendor vendor = Vendor::openai;
  Place place = Place::first_try;
  // The rest is known once it has been played.
  std::string result{};  // class of the error, or ok
  milliseconds took{0};
  milliseconds allowed{0};
  std::vector<std::string> wrong{};  // every rule that was broken
};

// The servers' settings: short bounds, and the workflows `five` and `chain`. The directory must outlive the server.
Settings fault_settings(TempDir& workflows);

// Starts one server for the runs, an upstream for each, and plays at most `at_once` of them together.
// Fills in what came of them.
void play(std::vector<FaultRun>& runs, std::size_t at_once);

// One line a fault, one column for each vendor and place, and the sums.
std::string table_of(const std::vector<FaultRun>& runs);

}  // namespace plenum::tests
