#include "server/provider/protocol/json/json_fields.h"

#include "common/base/strings.h"

namespace plenum::protocol {

namespace {

using Kind = JsonReader::Kind;

constexpr double count_max = 9e15;  // the largest count that a double represents exactly

}  // namespace

void read_text(JsonReader& reader, std::string& out) {
  if (reader.kind() == Kind::string) {
    reader.read_string(out);
  } else {
    reader.skip();
  }
}

void read_raw(JsonReader& reader, std::string& out) {
  reader.kind();  // moves past blanks
  const auto before = reader.rest();
  reader.skip();
  out.append(before, 0, before.size() - reader.rest().size());
}

void read_count(JsonReader& reader, std::optional<std::int64_t>& out) {
  double value = -1;
  read_real(reader, value);
  if (value >= 0 && value <= count_max) out = static_cast<std::int64_t>(value);
}

void read_real(JsonReader& reader, double& out) {
  if (reader.kind() == Kind::number) {
    reader.read_number(out);
  } else {
    reader.skip();
  }
}

// The depth is limited by the reader.
bool skip_statement(JsonReader& reader) {
  bool states = false;
  switch (reader.kind()) {
    case Kind::object:
      each_member(reader, [&](std::string_view) { states |= skip_statement(reader); });
      return states;
    case Kind::array:
      each_element(reader, [&] { states |= skip_statement(reader); });
      return states;
    case Kind::string: {
      std::string text;
      reader.read_string(text);
      return !is_blank(text);
    }
    case Kind::number: {
      double number = 1;
      reader.read_number(number);
      return number != 0;
    }
    case Kind::boolean:
      reader.read_boolean(states);
      return states;
    default:
      reader.skip();
      return false;
  }
}

}  // namespace plenum::protocol
