#include "server/telemetry/line_text.h"

#include <fmt/format.h>

#include "common/base/utf8.h"

namespace plenum::telemetry {
namespace {

// Of a sequence of two or three bytes; 0 for others, which are all displayable.
unsigned short_code_point(std::string_view sequence) {
  const auto bits = [&](std::size_t at) { return static_cast<unsigned char>(sequence[at]) & 0x3Fu; };
  if (sequence.size() == 2) return (static_cast<unsigned char>(sequence[0]) & 0x1Fu) << 6 | bits(1);
  if (sequence.size() == 3) return (static_cast<unsigned char>(sequence[0]) & 0x0Fu) << 12 | bits(1) << 6 | bits(2);
  return 0;
}

bool controls_display(unsigned code) {
  const bool c1 = code >= 0x80 && code <= 0x9F;
  const bool mark = code == 0x061C || code == 0x200E || code == 0x200F;
  const bool separator_or_embedding = code >= 0x2028 && code <= 0x202E;
  const bool isolate = code >= 0x2066 && code <= 0x2069;
  return c1 || mark || separator_or_embedding || isolate;
}

}  // namespace

std::string displayable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    const std::string_view sequence = text.substr(0, step.bytes);
    text.remove_prefix(step.bytes);
    if (step.kind != Utf8Step::Kind::whole) {
      out += replacement_character;
    } else if (const unsigned code = short_code_point(sequence); controls_display(code)) {
      fmt::format_to(std::back_inserter(out), "<U+{:04X}>", code);
    } else {
      out += sequence;
    }
  }
  return out;
}

}  // namespace plenum::telemetry
