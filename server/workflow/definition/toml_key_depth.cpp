#include "server/workflow/definition/toml_key_depth.h"

#include <algorithm>

namespace plenum::workflow {

namespace {

// The end of the string that begins at `at`: after its closing quote, or the end of a truncated text.
std::size_t end_of_string(std::string_view toml, std::size_t at) {
  const char quote = toml[at];
  const bool has_escapes = quote == '"';
  const std::size_t quotes = toml.substr(at, 3) == std::string_view(has_escapes ? "\"\"\"" : "'''") ? 3 : 1;
  for (at += quotes; at < toml.size(); ++at) {
    if (has_escapes && toml[at] == '\\') {
      ++at;
    } else if (quotes == 1 && (toml[at] == quote || toml[at] == '\n')) {
      return at + 1;
    } else if (quotes == 3 && toml[at] == quote) {
      std::size_t run = 1;
      while (at + run < toml.size() && toml[at + run] == quote) ++run;
      if (run >= 3) return at + run;  // one or two quotes before the closing three belong to the string
      at += run - 1;
    }
  }
  return toml.size();
}

}  // namespace

std::optional<std::size_t> find_deep_key(std::string_view toml) {
  std::size_t dots = 0;
  for (std::size_t at = 0; at < toml.size();) {
    const char c = toml[at];
    if (c == '"' || c == '\'') {
      at = end_of_string(toml, at);
      continue;
    }
    if (c == '#') {
      at = std::min(toml.find('\n', at), toml.size());
      continue;
    }
    if (std::string_view("=,{}[]\n").find(c) != std::string_view::npos) dots = 0;
    if (c == '.' && ++dots >= key_parts_max) return at;
    ++at;
  }
  return std::nullopt;
}

}  // namespace plenum::workflow
