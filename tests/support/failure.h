// Thrown by the support code when a test cannot continue: doctest prints its text and fails the case.
// Never let it leave a thread other than the test's own; what runs in threads returns its outcome.
#pragma once

#include <stdexcept>
#include <string>

namespace plenum::tests {

struct Failure : std::runtime_error {
  explicit Failure(const std::string& what) : std::runtime_error(what) {}
};

}  // namespace plenum::tests
