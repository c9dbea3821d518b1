// The cursor of a connection that carries several streams: one position per stream, in one event id, so that a standard
// EventSource resumes all of them with its only Last-Event-ID (docs/decisions/0049). Two forms, both of [0-9a-z-]:
//
//   list   <epoch>-<seq>-<seq>…         in the order of `?streams=`; with one stream this is the stream's own event id
//   scope  <time>--<epoch>-<id><seq>-…  names its streams; <time>: streams accepted before it are known to the client
//
// `--` precedes each further epoch, and `x` in place of a seq is a stream of which nothing was sent. Pure: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"

namespace plenum::http {

inline constexpr std::size_t multiplexed_streams_max = 64;

// One stream of `?streams=`.
struct ListedStream {
  StreamId id;
  std::string start;  // `<epoch>-<seq>` or `<seq>`, not checked; empty: none
};
// `<id>` or `<id>@<start>`, separated by commas. Fails with bad_request if an id is invalid or repeated, or if there
// are none or too many.
Result<std::vector<ListedStream>> parse_stream_list(std::string_view text);

// A position is absent if nothing of the stream was sent.
using ListCursor = std::vector<std::optional<EventId>>;
// Fails with invalid_cursor, also if the cursor does not have `streams` positions.
Result<ListCursor> parse_list_cursor(std::string_view text, std::size_t streams);

struct ScopeCursor {
  struct Entry {
    StreamId id;
    std::optional<EventId> position;
    bool operator==(const Entry&) const = default;
  };
  WallTime known_until{};  // the client knows all streams accepted up to then
  std::vector<Entry> streams;
  bool operator==(const ScopeCursor&) const = default;
};
// Fails with invalid_cursor.
Result<ScopeCursor> parse_scope_cursor(std::string_view text);

// Builds a cursor in place. Not thread-safe.
class CompositeCursorWriter {
 public:
  explicit CompositeCursorWriter(std::string& out) : out_(out), start_(out.size()) {}

  // Once, before the streams: the cursor has the scope form.
  void begin_scope(WallTime known_until);
  // epoch: may be empty without a position. id: in the scope form only.
  void add(std::string_view epoch, std::optional<std::uint64_t> seq, const StreamId* id = nullptr);
  // A stream whose seq the caller writes itself, at the returned offset in `out`.
  std::size_t add_open(std::string_view epoch, const StreamId* id = nullptr);

 private:
  void begin_entry(std::string_view epoch, const StreamId* id);

  std::string& out_;
  const std::size_t start_;
  std::string epoch_;        // of the current group; empty: no group yet
  std::size_t leading_ = 0;  // streams without a position before the first group
};

}  // namespace plenum::http
