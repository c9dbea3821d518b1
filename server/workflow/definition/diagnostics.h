// What is wrong with a workflow file: every fault with its place and a remedy, so that a file is mended in
// one go and not fault by fault. Not thread-safe: one list per file that is read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace plenum::workflow {

// Counted from 1; columns in characters.
struct Place {
  int line = 1;
  int column = 1;
};

struct Diagnostic {
  Place place;
  std::string what;
  std::string remedy;
};

class Diagnostics {
 public:
  // Once: rounds are looked at again for every round. More than faults_max are counted, not kept.
  void add(Place place, std::string_view what, std::string remedy);
  bool empty() const { return faults_.empty(); }
  bool full() const;  // what is added now is only counted
  // Grows with every fault that is kept or left out.
  std::size_t count() const { return count_; }
  // In the order in which they were found: those of syntax and values stand before those of meaning.
  const std::vector<Diagnostic>& all() const { return faults_; }
  std::vector<Diagnostic> take_by_place();

 private:
  std::vector<Diagnostic> faults_;
  std::size_t count_ = 0;
};

inline constexpr std::size_t faults_max = 100;

// The error of a fault: `origin:line:column: what`.
Error error_of(const std::string& origin, const Diagnostic& fault);

}  // namespace plenum::workflow
