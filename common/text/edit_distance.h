// Misspelled names: the distance of two texts, and the known name that was meant. Pure; any thread.
// Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals".
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plenum {

// How many letters must be inserted, removed or replaced to turn one text into the other.
// Takes a.size() * b.size() steps: bound both.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

// The known name closest to a misspelled one; empty if none is close. Long texts, which are no names, have none.
inline std::string nearest_name(std::string_view typed, std::span<const std::string_view> known) {
  constexpr std::size_t name_bytes_max = 200;
  if (typed.empty() || typed.size() > name_bytes_max) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, typed.size() / 3) + 1;
  for (const std::string_view name : known) {
    if (name.size() > name_bytes_max) continue;
    const std::size_t apart = edit_distance(typed, name);
    if (apart < best_distance && apart < name.size()) {
      best = name;
      best_distance = apart;
    }
  }
  return std::string(best);
}
inline std::string nearest_name(std::string_view typed, const std::vector<std::string>& known) {
  return nearest_name(typed, std::vector<std::string_view>(known.begin(), known.end()));
}

// ` (did you mean NAME?)`, or empty: for a message, behind the unknown name.
inline std::string suggestion(std::string_view typed, const std::vector<std::string>& known) {
  const std::string near = nearest_name(typed, known);
  return near.empty() ? "" : " (did you mean " + near + "?)";
}

}  // namespace plenum
