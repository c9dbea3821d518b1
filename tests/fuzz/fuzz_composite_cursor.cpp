// An accepted cursor has a canonical text that is read as the same cursor, and is valid in a header. The first byte
// selects the form, and for a list the number of its streams.
#include <cstdint>
#include <string>

#include "server/http/multiplex/composite_cursor.h"
#include "tests/fuzz/require.h"

using namespace plenum::http;
using plenum::tests::require;

namespace {

void check_text(std::string_view text) {
  require(text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
}

void check_list(std::string_view text, std::size_t streams) {
  const auto cursor = parse_list_cursor(text, streams);
  if (!cursor) return;
  check_text(text);
  require(cursor->size() == streams);
  std::string canonical;
  CompositeCursorWriter writer(canonical);
  for (const auto& position : *cursor) {
    if (position) {
      writer.add(position->epoch, position->seq);
    } else {
      writer.add("", std::nullopt);
    }
  }
  const auto again = parse_list_cursor(canonical, streams);
  require(again && *again == *cursor);
}

void check_scope(std::string_view text) {
  const auto cursor = parse_scope_cursor(text);
  if (!cursor) return;
  check_text(text);
  require(cursor->streams.size() <= multiplexed_streams_max);
  std::string canonical;
  CompositeCursorWriter writer(canonical);
  writer.begin_scope(cursor->known_until);
  for (const auto& entry : cursor->streams) {
    if (entry.position) {
      writer.add(entry.position->epoch, entry.position->seq, &entry.id);
    } else {
      writer.add("e", std::nullopt, &entry.id);
    }
  }
  const auto again = parse_scope_cursor(canonical);
  require(again && *again == *cursor);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    check_scope(text);
  } else {
    check_list(text, data[0] / 2 % 8 + 1);
  }
  if (const auto list = parse_stream_list(text)) require(!list->empty() && list->size() <= multiplexed_streams_max);
  return 0;
}
