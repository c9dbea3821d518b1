// The grammar of composite cursors and of the list of streams.
#include "server/http/multiplex/composite_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace plenum::http {
namespace {

constexpr std::string_view base32_digits = "0123456789abcdefghijklmnopqrstuv";
constexpr std::size_t id_length = 26;  // 128 bits, 5 per digit
constexpr std::string_view cursor_characters = "0123456789abcdefghijklmnopqrstuvwxyz-";
constexpr std::string_view no_position = "x";
constexpr int time_base = 36;
constexpr std::size_t time_length_max = 10;

Failure invalid(std::string_view text) {
  return Failure(Error{ErrorCode::invalid_cursor,
                       fmt::format("This is not a cursor of these streams: `{}`.", text.substr(0, 64)),
                       "Send the id of the last event unchanged, to the URL that it came from."});
}

Failure bad_list(std::string message) {
  return Failure(Error{
      ErrorCode::bad_request, std::move(message),
      fmt::format("List 1 to {} different stream ids: ?streams=<id>,<id>@<epoch>-<seq>.", multiplexed_streams_max)});
}

void append_id(std::string& out, const StreamId& id) {
  unsigned buffer = 0, bits = 0;
  for (const char c : id.bytes()) {
    buffer = buffer << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5) out.push_back(base32_digits[buffer >> (bits - 5) & 31]);
  }
  out.push_back(base32_digits[buffer << (5 - bits) & 31]);
}

std::optional<StreamId> stream_id_of(std::string_view text) {
  std::string bytes;
  unsigned buffer = 0, bits = 0;
  for (const char c : text) {
    const auto digit = base32_digits.find(c);
    if (digit == std::string_view::npos) return {};
    buffer = buffer << 5 | static_cast<unsigned>(digit);
    if ((bits += 5) < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(buffer >> bits & 255));
  }
  if ((buffer & ((1u << bits) - 1)) != 0) return {};  // one id, one text
  return StreamId::from_bytes(bytes);
}

// Calls f(epoch, entry) for each entry of the groups. False if f fails or the text is malformed.
template <class F>
bool each_entry(std::string_view text, F&& f) {
  if (text.find_first_not_of(cursor_characters) != std::string_view::npos) return false;
  for (;;) {
    const auto end = text.find("--");
    std::string_view group = text.substr(0, end);
    const auto hyphen = group.find('-');
    if (hyphen == 0 || hyphen == std::string_view::npos) return false;
    const std::string_view epoch = group.substr(0, hyphen);
    for (group.remove_prefix(hyphen + 1);;) {
      const auto next = group.find('-');
      if (!f(epoch, group.substr(0, next))) return false;
      if (next == std::string_view::npos) break;
      group.remove_prefix(next + 1);
    }
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 2);
  }
}

// False unless it is a seq or `x`.
bool read_position(std::string_view epoch, std::string_view seq, std::optional<EventId>& position) {
  position = EventId::parse(std::string(epoch).append("-").append(seq));
  return position.has_value() || seq == no_position;
}

}  // namespace

Result<std::vector<ListedStream>> parse_stream_list(std::string_view text) {
  std::vector<ListedStream> streams;
  for (;;) {
    const auto comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const auto at = item.find('@');
    const auto id = StreamId::parse(item.substr(0, at));
    if (!id) return bad_list(fmt::format("?streams= has an invalid stream id: `{}`.", item.substr(0, 64)));
    const bool repeated =
        std::any_of(streams.begin(), streams.end(), [&](const ListedStream& stream) { return stream.id == *id; });
    if (repeated) return bad_list(fmt::format("?streams= names {} twice.", id->str()));
    if (streams.size() == multiplexed_streams_max) return bad_list("?streams= names too many streams.");
    streams.push_back({*id, std::string(at == std::string_view::npos ? std::string_view() : item.substr(at + 1))});
    if (comma == std::string_view::npos) return streams;
    text.remove_prefix(comma + 1);
  }
}

Result<ListCursor> parse_list_cursor(std::string_view text, std::size_t streams) {
  ListCursor cursor;
  bool has_position = false;
  const bool valid = each_entry(text, [&](std::string_view epoch, std::string_view seq) {
    if (cursor.size() == streams || !read_position(epoch, seq, cursor.emplace_back())) return false;
    has_position = has_position || cursor.back().has_value();
    return true;
  });
  if (!valid || !has_position || cursor.size() != streams) return invalid(text);
  return cursor;
}

Result<ScopeCursor> parse_scope_cursor(std::string_view text) {
  ScopeCursor cursor;
  const auto end = std::min(text.find("--"), text.size());
  const std::string_view time = text.substr(0, end);
  std::int64_t ms = 0;
  const auto parsed = std::from_chars(time.data(), time.data() + time.size(), ms, time_base);
  const bool is_time = time.size() <= time_length_max && parsed.ec == std::errc{} &&
                       parsed.ptr == time.data() + time.size() && ms >= 0 &&
                       time.find_first_not_of(cursor_characters) == std::string_view::npos;
  if (!is_time) return invalid(text);
  cursor.known_until = WallTime(milliseconds(ms));
  if (end == text.size()) return cursor;
  const bool valid = each_entry(text.substr(end + 2), [&](std::string_view epoch, std::string_view entry) {
    if (cursor.streams.size() == multiplexed_streams_max || entry.size() <= id_length) return false;
    const auto id = stream_id_of(entry.substr(0, id_length));
    if (!id) return false;
    cursor.streams.push_back({*id, {}});
    return read_position(epoch, entry.substr(id_length), cursor.streams.back().position);
  });
  if (!valid) return invalid(text);
  return cursor;
}

void CompositeCursorWriter::begin_scope(WallTime known_until) {
  const auto ms = std::chrono::duration_cast<milliseconds>(known_until.time_since_epoch()).count();
  char digits[16];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), std::max<std::int64_t>(ms, 0), time_base).ptr;
  out_.append(digits, end);
}

void CompositeCursorWriter::begin_entry(std::string_view epoch, const StreamId* id) {
  if (epoch_ != epoch) {
    if (out_.size() > start_) out_.append("--");
    out_.append(epoch);
    epoch_ = epoch;
    for (; leading_ > 0; --leading_) out_.append("-").append(no_position);
  }
  out_.push_back('-');
  if (id != nullptr) append_id(out_, *id);
}

void CompositeCursorWriter::add(std::string_view epoch, std::optional<std::uint64_t> seq, const StreamId* id) {
  if (seq) {
    begin_entry(epoch, id);
    char digits[20];
    out_.append(digits, std::to_chars(std::begin(digits), std::end(digits), *seq).ptr);
  } else if (id != nullptr) {
    begin_entry(epoch, id);
    out_.append(no_position);
  } else if (epoch_.empty()) {
    ++leading_;
  } else {
    out_.append("-").append(no_position);
  }
}

std::size_t CompositeCursorWriter::add_open(std::string_view epoch, const StreamId* id) {
  begin_entry(epoch, id);
  return out_.size();
}

}  // namespace plenum::http
