#include "server/http/sse/translated_log.h"

#include <limits>

#include "common/sse/encoded_frame.h"
#include "common/sse/encoder.h"

namespace plenum::http {

namespace {

// The native log is bounded, and its translation is of a similar size.
storage::MemoryLogOptions unbounded() {
  return {.bytes_max = std::numeric_limits<std::size_t>::max(),
          .events_max = std::numeric_limits<std::uint64_t>::max()};
}

}  // namespace

TranslatedLog::TranslatedLog(const stream::Stream& stream, compat::CompatFormat format,
                             const std::shared_ptr<runtime::MemoryBudget>& memory)
    : stream_(stream),
      translator_(compat::translator(format)),
      log_(unbounded()),
      memory_(memory, runtime::MemoryKind::translations) {}

bool TranslatedLog::refresh(std::size_t bytes_max) {
  // Events that the stream no longer holds become empty frames: late subscribers get what is available.
  if (log_.last_seq() + 1 < stream_.first_seq()) {
    ends_.assign(stream_.first_seq() - 1 - log_.last_seq(), 0);
    log_.append({}, ends_);
  }
  const core::FrameSpan span = stream_.frames_after(log_.last_seq(), bytes_max);
  if (span.empty()) return true;
  bytes_.clear();
  ends_.clear();
  for (std::size_t i = 0; i < span.ends.size(); ++i) append(span.frame(i));
  log_.append(bytes_, ends_);
  memory_.set(log_.bytes_held());
  return log_.last_seq() >= stream_.head();
}

void TranslatedLog::append(std::string_view native_frame) {
  frames_.clear();
  if (const auto event = parse_event(data_of(native_frame))) translator_->translate(*event, frames_);
  const std::string_view id = id_of(native_frame);
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    append_frame(bytes_, i + 1 == frames_.size() ? id : std::string_view(), frames_[i].name, frames_[i].data);
  }
  ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
}

}  // namespace plenum::http
