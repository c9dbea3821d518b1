#include "server/provider/protocol/json_fields.h"

namespace plenum::protocol {

namespace {

using Kind = JsonReader::Kind;

constexpr double count_max = 9e15;  // what a double counts exactly

}  // namespace

void read_text(JsonReader& walk, std::string& out) {
  if (walk.kind() == Kind::string) {
    walk.read_string(out);
  } else {
    walk.skip();
  }
}

void read_count(JsonReader& walk, std::optional<std::int64_t>& out) {
  double value = -1;
  read_real(walk, value);
  if (value >= 0 && value <= count_max) out = static_cast<std::int64_t>(value);
}

void read_real(JsonReader& walk, double& out) {
  if (walk.kind() == Kind::number) {
    walk.read_number(out);
  } else {
    walk.skip();
  }
}

void note_presence(JsonReader& walk, bool& there) {
  there |= walk.kind() != Kind::null;
  walk.skip();
}

}  // namespace plenum::protocol
