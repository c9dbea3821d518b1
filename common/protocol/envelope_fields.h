// Field names of the event envelope, shared by encoder and parser. Source: docs/protocol.md, "Envelope".
#pragma once

#include <string_view>

namespace plenum {

inline constexpr std::string_view envelope_fields[] = {
    "v",     "type",  "stream_id", "seq",   "timestamp", "t_ms",       "chunk",           "chunk_number",
    "agent", "stage", "member",    "model", "attempt",   "message_id", "conversation_id", "terminal",
};

constexpr bool is_envelope_field(std::string_view name) {
  for (const std::string_view field : envelope_fields) {
    if (field == name) return true;
  }
  return false;
}

}  // namespace plenum
