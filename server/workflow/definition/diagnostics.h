// The errors of a workflow file, all of them with position and remedy, so that one edit can fix the file.
// Not thread-safe: one list per file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace plenum::workflow {

// Line and column count from 1; columns in characters.
struct Position {
  int line = 1;
  int column = 1;
};

// A value and where it was read.
template <class T>
struct Located {
  T value{};
  Position position;
};

struct Diagnostic {
  Position position;
  std::string what;
  std::string remedy;
};

class Diagnostics {
 public:
  // Drops a duplicate: a step inside rounds is checked once per round. Beyond diagnostics_max only counts.
  void add(Position position, std::string_view what, std::string remedy);
  bool empty() const { return diagnostics_.empty(); }
  bool full() const;  // whether further ones are only counted
  // Number of distinct diagnostics added, stored or not.
  std::size_t count() const { return count_; }
  // In the order of detection: syntax and values first, references afterwards.
  const std::vector<Diagnostic>& all() const { return diagnostics_; }
  // Moves them out, sorted by position.
  std::vector<Diagnostic> take_sorted();

 private:
  std::vector<Diagnostic> diagnostics_;
  std::size_t count_ = 0;
};

inline constexpr std::size_t diagnostics_max = 100;

// `origin:line:column: what`, with the remedy.
Error error_of(const std::string& origin, const Diagnostic& diagnostic);

}  // namespace plenum::workflow
