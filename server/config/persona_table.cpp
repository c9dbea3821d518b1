#include "server/config/persona_table.h"

#include <fmt/format.h>

#include "common/protocol/task_request.h"

namespace plenum::config {

std::map<std::string, std::string, std::less<>> read_personas(FileFaults& faults, const toml::node& node) {
  std::map<std::string, std::string, std::less<>> personas;
  const auto* rows = node.as_table();
  if (rows == nullptr) {
    faults.add(node.source(),
               fmt::format("personas must hold rows such as sceptic = \"You doubt …\", not {}", type_word(node)));
    return personas;
  }
  for (const auto& [name, value] : *rows) {
    const auto text = value.value<std::string>();
    if (!is_persona_name(name.str())) {
      faults.add(
          name.source(),
          fmt::format("\"{}\" is not a persona's name: write 1 to 32 characters of a-z, 0-9, - and _", name.str()));
    } else if (!text || text->empty()) {
      faults.add(value.source(), fmt::format("the persona {} must be its system text, not {}", name.str(),
                                             text ? std::string_view("nothing") : type_word(value)));
    } else {
      personas.emplace(name.str(), *text);
    }
  }
  return personas;
}

}  // namespace plenum::config
