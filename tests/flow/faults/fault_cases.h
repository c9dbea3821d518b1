// What upstreams do wrong, each as a script that any of three dialects can play, and what must come of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/deadline.h"
#include "tests/support/upstream/upstream_script.h"

namespace plenum::tests {

// The server under test has these bounds.
inline constexpr milliseconds connect_bound{300};
inline constexpr milliseconds first_token_bound{400};
inline constexpr milliseconds idle_bound{300};
inline constexpr milliseconds step_bound{1500};
// The key of every faulty provider, which echoes it in its errors; it must never be emitted.
inline const std::string fault_key = "sk-fault-4f9c2a71d0b84e6ea3c5b2d9";

struct Fault {
  std::string_view id;  // U1 to U25, with a letter where a fault has several forms
  std::string_view what;
  std::function<Script(Vendor)> script;  // of every attempt that meets the fault
  std::string_view expected;             // class of the error; empty: the answer is whole
  std::string_view shown;                // what readers must have seen, or what it must begin with
  milliseconds bound{0};                 // time that one attempt may take
  bool retried = false;
  std::string_view host = "127.0.0.1";  // where the server looks for the upstream
};

// U1 to U12: connections, heads and statuses.
std::vector<Fault> transport_faults();
// U13 to U25: what stands in the body.
std::vector<Fault> content_faults();
// Both.
std::vector<Fault> all_faults();

}  // namespace plenum::tests
