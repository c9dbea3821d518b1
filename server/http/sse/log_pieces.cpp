#include "server/http/sse/log_pieces.h"

#include "common/sse/encoded_frame.h"

namespace plenum::http {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

}  // namespace

bool LogPieces::next(std::string& out) {
  const std::size_t before = out.size();
  while (range_.after < range_.last) {
    const core::FrameSpan span = stream_->frames_after(range_.after, piece_bytes);
    if (span.empty()) break;
    for (std::size_t i = 0; i < span.ends.size() && range_.after < range_.last; ++i) {
      append(span.frame(i), out);
      range_.after = span.first_seq + i;
    }
    if (out.size() - before >= piece_bytes) return true;
  }
  range_.after = range_.last;
  out += std::exchange(end_, {});
  return out.size() > before;
}

void LogPieces::append(std::string_view frame, std::string& out) {
  if (!range_.filter.matches(frame)) return;
  if (!range_.lines && !std::exchange(first_, false)) out.push_back(',');
  out.append(data_of(frame));
  if (range_.lines) out.push_back('\n');
}

}  // namespace plenum::http
