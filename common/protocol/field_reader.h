// One value of a task request at its place, with the rules that more than one field follows. Inside
// common only: task_spec.cpp and task_members.cpp read with it. Not thread-safe.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json_access.h"
#include "common/protocol/task_request.h"

namespace plenum {

inline constexpr std::size_t name_characters_max = 200;  // of ids and names

// The number with its thousands apart: 200,000. Not for negative ones.
std::string thousands(std::integral auto number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

// A foreign name in a detail, cut where it is long.
std::string in_quotes(std::string_view name);

// The first faults and how many more there were: a body of 1 MiB has room for 100,000.
class ValidationErrors {
 public:
  void add(std::string pointer, std::string detail);
  std::vector<ValidationError> take();

 private:
  std::vector<ValidationError> list_;
  std::size_t more_ = 0;
};

struct FieldReader {
  const Json& value;
  std::string pointer;
  ValidationErrors& faults;

  void fault(std::string detail) const { faults.add(pointer, std::move(detail)); }
  // The member of an object, or the item of an array, at its own pointer.
  FieldReader at(const Json& part, std::string_view name) const { return {part, pointer_to(pointer, name), faults}; }

  // Each leaves into as it is when the value is refused.
  void text(std::string& into, std::size_t characters_min, std::size_t characters_max) const;
  void flag(bool& into) const;
  void object(std::string& into) const;
  template <class Duration>
  void duration(Duration& into, std::int64_t min, std::int64_t max) const {
    const auto number = whole_number(value);
    if (!number || *number < min || *number > max) {
      return fault("must be a whole number from " + thousands(min) + " to " + thousands(max));
    }
    into = Duration(*number);
  }
  // A name that is shown in lists, headings and log lines; empty when it was refused.
  std::string name() const;
};

}  // namespace plenum
