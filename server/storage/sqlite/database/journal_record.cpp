#include "server/storage/sqlite/database/journal_record.h"

#include <limits>
#include <optional>

namespace plenum::storage {

namespace {

constexpr std::size_t id_bytes = 16;

void append_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Removes a number from the front.
std::optional<std::uint64_t> take_number(std::string_view& data) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !data.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(data.front());
    data.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

Failure malformed(const char* what) { return Failure(Error{ErrorCode::malformed, what}); }

}  // namespace

void append_record(std::string& out, const StreamId& stream, const core::Frames& frames) {
  out += stream.bytes();
  append_number(out, frames.first_seq);
  append_number(out, frames.ends.size());
  out += lengths_of(frames);
  out += frames.bytes;
}

Result<std::vector<JournalRecord>> read_records(std::string_view data) {
  std::vector<JournalRecord> records;
  while (!data.empty()) {
    JournalRecord record;
    const auto id = StreamId::from_bytes(data.substr(0, id_bytes));
    if (!id) return malformed("a record is shorter than its id");
    record.stream = *id;
    data.remove_prefix(id_bytes);
    const auto first = take_number(data), count = take_number(data);
    if (!first || !count || *count > data.size()) return malformed("a record has an invalid header");
    record.frames.first_seq = *first;
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto length = take_number(data);
      // Bounded, so that the sum cannot overflow.
      if (!length || *length > std::numeric_limits<std::uint32_t>::max() - end) return malformed("a length is invalid");
      end += *length;
      record.frames.ends.push_back(static_cast<std::uint32_t>(end));
    }
    if (end > data.size()) return malformed("a record is shorter than its frames");
    record.frames.bytes = data.substr(0, end);
    data.remove_prefix(end);
    records.push_back(std::move(record));
  }
  return records;
}

std::string lengths_of(const core::Frames& frames) {
  std::string lengths;
  std::uint32_t begin = 0;
  for (const std::uint32_t end : frames.ends) append_number(lengths, end - std::exchange(begin, end));
  return lengths;
}

Result<std::vector<std::uint32_t>> ends_from(std::string_view lengths, std::size_t bytes) {
  std::vector<std::uint32_t> ends;
  std::uint64_t end = 0;
  while (!lengths.empty()) {
    const auto length = take_number(lengths);
    if (!length || *length > bytes - end) return malformed("a length is invalid");
    end += *length;
    ends.push_back(static_cast<std::uint32_t>(end));
  }
  if (end != bytes) return malformed("the lengths do not add up");
  return ends;
}

void join(core::Frames& to, const core::Frames& more) {
  if (to.empty()) to.first_seq = more.first_seq;
  const auto begin = static_cast<std::uint32_t>(to.bytes.size());
  to.bytes += more.bytes;
  for (const std::uint32_t end : more.ends) to.ends.push_back(begin + end);
}

}  // namespace plenum::storage
