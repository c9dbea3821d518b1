#include "client/cli/markdown/entities.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>

#include "common/base/utf8.h"
#include "common/text/utf8_writer.h"

namespace plenum::client {
namespace {

struct NamedEntity {
  std::string_view name, text;
};

// Sorted by name.
constexpr NamedEntity named_entities[] = {
    {"amp", "&"},       {"apos", "'"},   {"asymp", "≈"}, {"bull", "•"},  {"cent", "¢"},   {"copy", "©"},
    {"deg", "°"},       {"divide", "÷"}, {"euro", "€"},  {"ge", "≥"},    {"gt", ">"},     {"harr", "↔"},
    {"hellip", "…"},    {"infin", "∞"},  {"laquo", "«"}, {"larr", "←"},  {"ldquo", "“"},  {"le", "≤"},
    {"lsquo", "‘"},     {"lt", "<"},     {"mdash", "—"}, {"micro", "µ"}, {"middot", "·"}, {"minus", "−"},
    {"nbsp", "\u00A0"}, {"ndash", "–"},  {"ne", "≠"},    {"para", "¶"},  {"plusmn", "±"}, {"pound", "£"},
    {"quot", "\""},     {"raquo", "»"},  {"rarr", "→"},  {"rdquo", "”"}, {"reg", "®"},    {"rsquo", "’"},
    {"sect", "§"},      {"times", "×"},  {"trade", "™"}, {"yen", "¥"},
};

std::string utf8_of(std::uint32_t character) {
  if (character == 0 || character > 0x10FFFF || (character >= 0xD800 && character < 0xE000)) {
    return std::string(replacement_character);
  }
  std::string text;
  append_utf8(character, text);
  return text;
}

}  // namespace

std::string decoded_entity(std::string_view entity) {
  if (entity.size() < 3) return std::string(entity);
  std::string_view name = entity.substr(1, entity.size() - 2);
  if (!name.starts_with('#')) {
    const auto* row =
        std::lower_bound(std::begin(named_entities), std::end(named_entities), name,
                         [](const NamedEntity& named, std::string_view wanted) { return named.name < wanted; });
    const bool known = row != std::end(named_entities) && row->name == name;
    return std::string(known ? row->text : entity);
  }
  name.remove_prefix(1);
  const bool hexadecimal = name.starts_with('x') || name.starts_with('X');
  if (hexadecimal) name.remove_prefix(1);
  std::uint32_t number = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number, hexadecimal ? 16 : 10);
  if (fault == std::errc::invalid_argument) return std::string(entity);
  return utf8_of(fault == std::errc() && end == name.data() + name.size() ? number : 0);
}

}  // namespace plenum::client
