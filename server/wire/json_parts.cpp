#include "server/wire/json_parts.h"

namespace plenum::wire {

namespace {

using Kind = JsonWalk::Kind;

constexpr double count_max = 9e15;  // what a double counts exactly

}  // namespace

void read_text(JsonWalk& walk, std::string& out) {
  if (walk.kind() == Kind::string) {
    walk.read_string(out);
  } else {
    walk.skip();
  }
}

void read_count(JsonWalk& walk, std::optional<std::int64_t>& out) {
  double value = -1;
  read_real(walk, value);
  if (value >= 0 && value <= count_max) out = static_cast<std::int64_t>(value);
}

void read_real(JsonWalk& walk, double& out) {
  if (walk.kind() == Kind::number) {
    walk.read_number(out);
  } else {
    walk.skip();
  }
}

void note_presence(JsonWalk& walk, bool& there) {
  there |= walk.kind() != Kind::null;
  walk.skip();
}

}  // namespace plenum::wire
