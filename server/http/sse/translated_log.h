// One stream's log in a compatibility format. Frame n holds the other system's frames for event n, possibly none, and
// ends with the id of event n, so cursors are valid in it as in the stream's own log. A frame is built once for all
// subscribers. Only on the owner loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/compat/translator.h"
#include "server/http/sse/frame_batch.h"
#include "server/runtime/memory_budget.h"
#include "server/storage/memory/log.h"
#include "server/stream/stream.h"

namespace plenum::http {

class TranslatedLog {
 public:
  // The stream must outlive this. The format must not be native. memory: charged with the log.
  TranslatedLog(const stream::Stream& stream, compat::CompatFormat format,
                const std::shared_ptr<runtime::MemoryBudget>& memory);

  std::uint64_t last_seq() const { return log_.last_seq(); }
  // Translates new events of the stream, at most bytes_max of them: a long stream must not block the loop. True if
  // none remain.
  bool refresh(std::size_t bytes_max);
  FrameBatch live(std::uint64_t after, std::size_t bytes_max) { return batch_of(log_.frames_after(after, bytes_max)); }
  FrameBatch backlog(std::uint64_t after, std::size_t bytes_max) { return live(after, bytes_max); }

 private:
  void append(std::string_view native_frame);

  const stream::Stream& stream_;                               // set once
  const std::unique_ptr<compat::EventTranslator> translator_;  // set once
  storage::MemoryLog log_;
  runtime::MemoryCharge memory_;
  // Of the batch that is being translated; members to reuse their capacity.
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
  std::vector<compat::Frame> frames_;
};

}  // namespace plenum::http
