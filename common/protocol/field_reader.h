// Reads and validates a value of a task request. Inside common/protocol only. Not thread-safe.
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

// The number with thousands separators: 200,000. number must not be negative.
std::string thousands(std::integral auto number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

// A name of the request in quotes, truncated if it is long.
std::string in_quotes(std::string_view name);

// The first errors and the number of further ones: a body of 1 MiB can have 100,000.
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
  ValidationErrors& errors;

  void fail(std::string detail) const { errors.add(pointer, std::move(detail)); }
  // A member of the object, or an item of the array, at its own pointer.
  FieldReader at(const Json& part, std::string_view name) const { return {part, pointer_to(pointer, name), errors}; }

  // On an error `into` is unchanged.
  void text(std::string& into, std::size_t characters_min, std::size_t characters_max) const;
  void flag(bool& into) const;
  void object(std::string& into) const;
  template <class Duration>
  void duration(Duration& into, std::int64_t min, std::int64_t max) const {
    const auto number = whole_number(value);
    if (!number || *number < min || *number > max) {
      return fail("must be a whole number from " + thousands(min) + " to " + thousands(max));
    }
    into = Duration(*number);
  }
  // A name that is shown in lists, headings and log lines; empty on an error.
  std::string name() const;
};

}  // namespace plenum
