// Encoding of a journal row: the frames that several streams appended in one commit, as consecutive records.
// One record: stream id (16 bytes); as LEB128 first_seq, the number of frames and the length of each; the frames.
// docs/event-log.md, "Journal".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/core/event_store.h"

namespace plenum::storage {

struct JournalRecord {
  StreamId stream;
  core::Frames frames;
};

void append_record(std::string& out, const StreamId& stream, const core::Frames& frames);
// All records of a row; malformed if one of them is. Any thread.
Result<std::vector<JournalRecord>> read_records(std::string_view data);

// Frame lengths as stored with a segment: LEB128, from the first frame to the last.
std::string lengths_of(const core::Frames& frames);
// Ends from lengths; malformed if the lengths do not add up to `bytes`.
Result<std::vector<std::uint32_t>> ends_from(std::string_view lengths, std::size_t bytes);

// Appends the frames that follow.
void join(core::Frames& to, const core::Frames& more);

}  // namespace plenum::storage
