#include "server/provider/protocol/json/json_fields.h"

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

void note_presence(JsonReader& reader, bool& present) {
  present |= reader.kind() != Kind::null;
  reader.skip();
}

}  // namespace plenum::protocol
