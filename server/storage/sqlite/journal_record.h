// Frames as the journal keeps them: what several streams said in one commit, one behind the other.
// One record: the stream's id (16 bytes), then as LEB128 numbers first_seq, the count of frames and the length
// of each, then the frames themselves. docs/event-log.md, "Journal".
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
// Every record, or malformed. Any thread.
Result<std::vector<JournalRecord>> read_records(std::string_view data);

// Frame lengths as a segment keeps them: LEB128, from the first frame to the last.
std::string lengths_of(const core::Frames& frames);
// The ends that these lengths mean; malformed when they do not add up to bytes.
Result<std::vector<std::uint32_t>> ends_from(std::string_view lengths, std::size_t bytes);

// Appends frames that follow those that are there.
void join(core::Frames& to, const core::Frames& more);

}  // namespace plenum::storage
