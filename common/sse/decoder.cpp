#include "common/sse/decoder.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace plenum {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Finds line ends. The next CR and the next LF are cached separately: a stream that never uses one of them is not
// searched to its end for every line.
class LineEnds {
 public:
  explicit LineEnds(std::string_view bytes) : bytes_(bytes), lf_(find('\n', 0)), cr_(find('\r', 0)) {}

  std::size_t after(std::size_t from) {
    if (lf_ < from) lf_ = find('\n', from);
    if (cr_ < from) cr_ = find('\r', from);
    return std::min(lf_, cr_);
  }

 private:
  std::size_t find(char wanted, std::size_t from) const {
    const std::size_t at = bytes_.find(wanted, from);
    return at == std::string_view::npos ? bytes_.size() : at;
  }

  std::string_view bytes_;
  std::size_t lf_, cr_;  // the next of each at or after the last position
};

}  // namespace

Result<void> SseDecoder::feed(std::string_view bytes, std::vector<SseEvent>& out) {
  skip_byte_order_mark(bytes);
  LineEnds ends(bytes);
  std::size_t at = 0;
  while (at < bytes.size() && !failed_) {
    if (std::exchange(after_cr_, false) && bytes[at] == '\n') {  // the second half of a CRLF
      ++at;
      continue;
    }
    const std::size_t end = ends.after(at);
    const std::string_view part = bytes.substr(at, end - at);
    if (line_.size() + part.size() > event_bytes_max_) {
      failed_ = true;
    } else if (end == bytes.size()) {
      line_.append(part);
    } else if (line_.empty()) {
      take_line(part, out);
    } else {
      line_.append(part);
      take_line(line_, out);
      line_.clear();
    }
    after_cr_ = end < bytes.size() && bytes[end] == '\r';
    at = end + 1;
  }
  if (!failed_) return {};
  return Failure(Error{ErrorCode::frame_too_large,
                       "an event of the stream is larger than " + std::to_string(event_bytes_max_) + " bytes"});
}

void SseDecoder::finish(std::vector<SseEvent>& out) {
  if (failed_) return;
  if (!line_.empty()) take_line(std::exchange(line_, {}), out);
  const std::string cursor = last_event_id_;
  if (!failed_) dispatch(out);
  last_event_id_ = cursor;  // the block is incomplete: it must be sent again after a reconnect
}

// The mark may arrive in pieces. Bytes of an incomplete mark belong to the first line.
void SseDecoder::skip_byte_order_mark(std::string_view& bytes) {
  while (bom_seen_ < byte_order_mark.size() && !bytes.empty()) {
    if (bytes.front() != byte_order_mark[bom_seen_]) {
      line_.append(byte_order_mark.substr(0, bom_seen_));
      bom_seen_ = byte_order_mark.size();
      return;
    }
    bytes.remove_prefix(1);
    ++bom_seen_;
  }
}

void SseDecoder::take_line(std::string_view line, std::vector<SseEvent>& out) {
  if (line.empty()) return dispatch(out);
  const std::size_t colon = line.find(':');
  if (colon == 0) return;  // a comment
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (!take_field(line.substr(0, colon), value)) take_other(line, out);
}

// False if the standard has no field of this name.
bool SseDecoder::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (data_.size() + 1 + value.size() > event_bytes_max_) {
      failed_ = true;
      return true;
    }
    if (has_data_) data_.push_back('\n');
    data_.append(value);
    has_data_ = true;
  } else if (name == "event") {
    event_.assign(value);
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_buffer_.assign(value);
  } else if (name == "retry") {
    std::uint64_t ms = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, failed] = std::from_chars(value.data(), end, ms);
    if (failed == std::errc{} && stop == end) retry_ms_ = ms;
  } else {
    return false;
  }
  return true;
}

void SseDecoder::take_other(std::string_view line, std::vector<SseEvent>& out) {
  if (other_lines_ == OtherLines::ignored) return;
  if (has_data_) emit(out);
  out.push_back(SseEvent{{}, std::string(line), last_event_id_, true});
}

void SseDecoder::dispatch(std::vector<SseEvent>& out) {
  last_event_id_ = id_buffer_;
  emit(out);
}

void SseDecoder::emit(std::vector<SseEvent>& out) {
  if (has_data_) out.push_back(SseEvent{std::move(event_), std::move(data_), last_event_id_});
  event_.clear();
  data_.clear();
  has_data_ = false;
}

}  // namespace plenum
