#include "common/base/labels.h"

#include "common/base/strings.h"

namespace plenum {

namespace {
constexpr std::size_t letters = 26;
constexpr std::size_t label_letters_max = 4;
}  // namespace

std::string label_of(std::size_t index) {
  std::string label;
  for (std::size_t rest = index + 1; rest > 0; rest = (rest - 1) / letters) {
    label.insert(label.begin(), static_cast<char>('A' + (rest - 1) % letters));
  }
  return label;
}

std::optional<std::size_t> index_of_label(std::string_view label) {
  if (label.empty() || label.size() > label_letters_max) return std::nullopt;
  std::size_t index = 0;
  for (const char c : label) {
    if (!is_letter(c)) return std::nullopt;
    index = index * letters + static_cast<std::size_t>(lower(c) - 'a') + 1;
  }
  return index - 1;
}

}  // namespace plenum
