#include "server/config/persona_table.h"

#include <fmt/format.h>

#include "common/protocol/task_request.h"

namespace plenum::config {

std::map<std::string, std::string, std::less<>> read_personas(FileErrors& errors, const toml::node& node) {
  std::map<std::string, std::string, std::less<>> personas;
  const auto* rows = node.as_table();
  if (rows == nullptr) {
    errors.add(node.source(),
               fmt::format("personas must contain rows such as skeptic = \"You doubt …\", not {}", type_name(node)));
    return personas;
  }
  for (const auto& [name, value] : *rows) {
    const auto text = value.value<std::string>();
    if (!is_persona_name(name.str())) {
      errors.add(name.source(),
                 fmt::format("\"{}\" is not a persona name: use 1 to 32 characters of a-z, 0-9, - and _", name.str()));
    } else if (!text || text->empty()) {
      errors.add(value.source(), fmt::format("the persona {} must be its system prompt, not {}", name.str(),
                                             text ? std::string_view("an empty string") : type_name(value)));
    } else {
      personas.emplace(name.str(), *text);
    }
  }
  return personas;
}

}  // namespace plenum::config
