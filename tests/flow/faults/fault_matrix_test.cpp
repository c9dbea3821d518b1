// Every fault of an upstream in three dialects and at every place in a task.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "tests/flow/faults/fault_play.h"

namespace plenum::tests {

namespace {

// Under a sanitizer DNS lookups cannot be stalled. Where timeouts are scaled, U9b's wait of 3 s fits into a step.
bool playable(const Fault& fault) {
  if (fault.id == "U9b" && slowness() > 1) return false;
  return !sanitized() || fault.host == "127.0.0.1";
}

// The test runs all scripted providers and subscribers itself, on few processors. A run that was only late is
// repeated alone; on a busy machine, where a delay can also cause another error, every failed run is.
void repeat_alone(std::vector<FaultRun>& runs) {
  constexpr double busy_pace = 1.5;
  const bool busy = machine_pace() > busy_pace;
  std::vector<std::size_t> places;
  std::vector<FaultRun> late;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool only_late = std::ranges::all_of(runs[i].wrong, [](const auto& rule) { return rule == too_late; });
    if (runs[i].wrong.empty() || (!only_late && !busy)) continue;
    places.push_back(i);
    late.push_back({runs[i].fault, runs[i].vendor, runs[i].place});
  }
  if (late.empty()) return;
  play(late, 1);
  for (std::size_t i = 0; i < late.size(); ++i) runs[places[i]] = late[i];
}

// All four places, but two of them under a sanitizer, where every wait takes many times as long.
bool playable(Place place) { return !sanitized() || place == Place::first_try || place == Place::of_five; }

std::vector<FaultRun> played(Vendor vendor) {
  std::vector<FaultRun> runs;
  for (Place place : all_places) {
    for (const Fault& fault : all_faults()) {
      if (playable(fault) && playable(place)) runs.push_back({fault, vendor, place});
    }
  }
  play(runs, sanitized() ? 3 : 6);
  repeat_alone(runs);
  return runs;
}

void check(Vendor vendor) {
  const std::vector<FaultRun> runs = played(vendor);
  if (std::getenv("PLENUM_FAULT_TABLE") != nullptr) std::cout << table_of(runs) << std::endl;
  for (const FaultRun& run : runs) {
    for (const std::string& rule : run.wrong) {
      FAIL_CHECK(run.fault.id << " " << run.fault.what << ", " << vendor_name(vendor) << ", " << place_name(run.place)
                              << " (" << run.took.count() << " of " << run.allowed.count() << " ms): " << rule);
    }
  }
}

}  // namespace

TEST_CASE("for any fault of an OpenAI-compatible upstream the task ends typed, in time, with the text so far") {
  check(Vendor::openai);
}

TEST_CASE("for any fault of Anthropic's upstream the task ends typed, in time, with the text so far") {
  check(Vendor::anthropic);
}

TEST_CASE("for any fault of Gemini's upstream the task ends typed, in time, with the text so far") {
  check(Vendor::gemini);
}

}  // namespace plenum::tests
