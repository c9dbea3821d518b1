#include "server/provider/protocol/answer/content_parts.h"

#include <string_view>

#include "server/provider/protocol/json/json_fields.h"

namespace plenum::protocol {

namespace {

using Kind = JsonReader::Kind;

bool holds_text(std::string_view key) { return key == "text" || key == "content" || key == "value"; }
bool holds_reasoning(std::string_view key) {
  return key == "thinking" || key == "reasoning" || key == "reasoning_content" || key == "summary";
}

bool is_reasoning_type(std::string_view type) {
  return type.find("thinking") != type.npos || type.find("reasoning") != type.npos || type.find("thought") != type.npos;
}

void read_part(JsonReader& reader, std::string& text, std::string& reasoning) {
  std::string type, plain;
  each_member(reader, [&](std::string_view key) {
    if (key == "type") return read_text(reader, type);
    if (holds_text(key)) return read_nested_text(reader, plain);
    holds_reasoning(key) ? read_nested_text(reader, reasoning) : reader.skip();
  });
  (is_reasoning_type(type) ? reasoning : text) += plain;
}

}  // namespace

// The depth is limited by the reader.
void read_nested_text(JsonReader& reader, std::string& out) {
  switch (reader.kind()) {
    case Kind::array:
      return each_element(reader, [&] { read_nested_text(reader, out); });
    case Kind::object:
      return each_member(reader, [&](std::string_view key) {
        holds_text(key) || holds_reasoning(key) ? read_nested_text(reader, out) : reader.skip();
      });
    default:
      return read_text(reader, out);
  }
}

void read_parts(JsonReader& reader, std::string& text, std::string& reasoning) {
  each_element(reader,
               [&] { reader.kind() == Kind::string ? read_text(reader, text) : read_part(reader, text, reasoning); });
}

}  // namespace plenum::protocol
