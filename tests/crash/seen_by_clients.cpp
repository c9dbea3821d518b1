#include "tests/crash/seen_by_clients.h"

#include <algorithm>

#include "tests/support/net/sse_reader.h"

namespace plenum::tests {

namespace {

constexpr char between_fields = '\t';

bool is_durable(std::string_view frame) {
  return frame.find("\nevent: chunk_completed\n") != std::string_view::npos ||
         frame.find("\"terminal\":true") != std::string_view::npos;
}

}  // namespace

std::string SeenByClients::body_of(std::string_view frame) {
  return std::string(frame.substr(std::min(frame.find('\n') + 1, frame.size())));
}

std::string SeenByClients::accepted_mark(const std::string& key, const std::string& stream) {
  return std::string("A") + between_fields + key + between_fields + stream;
}

std::string SeenByClients::event_mark(const std::string& stream, std::string_view id, std::string_view frame) {
  std::string mark = "E";
  mark.append(1, between_fields).append(stream).append(1, between_fields).append(id);
  return mark.append(1, between_fields).append(frame);
}

bool SeenByClients::promises(const DiskOp& marker) { return marker.bytes[0] == 'A' || is_durable(marker.bytes); }

void SeenByClients::add(const DiskOp& marker) {
  if (marker.kind != DiskOpKind::marker) return;
  const std::string& text = marker.bytes;
  const std::size_t first = text.find(between_fields), second = text.find(between_fields, first + 1);
  const std::string one = text.substr(first + 1, second - first - 1);
  if (text[0] == 'A') {
    streams_[text.substr(second + 1)].key = one;
    return;
  }
  const std::size_t third = text.find(between_fields, second + 1);
  const std::string id = text.substr(second + 1, third - second - 1), frame = text.substr(third + 1);
  streams_[one].events[seq_of(id)] = {id, body_of(frame), is_durable(frame)};
}

std::uint64_t SeenByClients::durable_events() const {
  std::uint64_t count = 0;
  for (const auto& [id, stream] : streams_) {
    for (const auto& [number, event] : stream.events) count += event.durable ? 1 : 0;
  }
  return count;
}

}  // namespace plenum::tests
