// What the server promises and a simulation has seen broken.
#pragma once

#include <stdexcept>

namespace plenum::simulation {

class BrokenPromise : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace plenum::simulation
