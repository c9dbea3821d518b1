#include "common/protocol/field_reader.h"

#include <utility>

#include "common/base/utf8.h"

namespace plenum {
namespace {

constexpr std::size_t errors_max = 100;  // the first ones, and the number of the others
constexpr std::size_t echo_bytes_max = 64;

// Control characters and bidirectional controls could make a name look like another one.
bool is_displayable(std::string_view name) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    const auto byte = static_cast<unsigned char>(name[at]);
    if (byte < 0x20 || byte == 0x7F) return false;
    const auto three = name.substr(at, 3);
    if (three >= "\u202A" && three <= "\u202E" && three.size() == 3) return false;
    if (three >= "\u2066" && three <= "\u2069" && three.size() == 3) return false;
  }
  return true;
}

}  // namespace

std::string in_quotes(std::string_view name) {
  const std::string_view prefix = utf8_prefix(name, echo_bytes_max);
  return '"' + std::string(prefix) + (prefix.size() < name.size() ? "…\"" : "\"");
}

void ValidationErrors::add(std::string pointer, std::string detail) {
  if (list_.size() < errors_max) {
    list_.push_back({std::move(pointer), std::move(detail)});
  } else {
    ++more_;
  }
}

std::vector<ValidationError> ValidationErrors::take() {
  if (more_ > 0) list_.push_back({"", "and " + thousands(more_) + " more errors"});
  return std::move(list_);
}

void FieldReader::text(std::string& into, std::size_t characters_min, std::size_t characters_max) const {
  if (!value.is_string()) return fail("must be a string");
  const auto& string = value.get_ref<const std::string&>();
  const std::size_t characters = code_points(string);
  if (characters < characters_min) return fail("must not be empty");
  if (characters > characters_max) {
    return fail("must have at most " + thousands(characters_max) + " characters, not " + thousands(characters));
  }
  into = string;
}

void FieldReader::flag(bool& into) const {
  if (!value.is_boolean()) return fail("must be true or false");
  into = value.get<bool>();
}

void FieldReader::object(std::string& into) const {
  if (!value.is_object()) return fail("must be an object");
  into = dump_json(value);
}

std::string FieldReader::name() const {
  std::string name;
  text(name, 1, name_characters_max);
  if (is_displayable(name)) return name;
  fail("must not contain control characters");
  return {};
}

}  // namespace plenum
