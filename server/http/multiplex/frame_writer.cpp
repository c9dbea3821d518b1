#include "server/http/multiplex/frame_writer.h"

#include <algorithm>

namespace plenum::http {
namespace {

constexpr std::string_view id_field = "id: ";

iovec part_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

SplitFrame split_frame(std::string_view frames) {
  const auto end = frames.find("\n\n");
  SplitFrame frame;
  frame.bytes = end == std::string_view::npos ? frames.size() : end + 2;
  frame.body = frames.substr(0, frame.bytes);
  if (!frame.body.starts_with(id_field)) return frame;
  const auto line = std::min(frame.body.find('\n'), frame.body.size() - 1);
  const std::string_view id = frame.body.substr(id_field.size(), line - id_field.size());
  frame.seq = id.substr(std::min(id.find('-'), id.size() - 1) + 1);
  frame.body.remove_prefix(line + 1);
  return frame;
}

FrameWriter::Written FrameWriter::write(int fd, std::string_view frames, const CursorFrame& cursor) {
  std::array<SplitFrame, frames_max> split;
  std::array<std::size_t, frames_max> first_part;
  std::size_t count = 0, parts = 0, at = 0;
  for (; count < frames_max && at < frames.size(); ++count) {
    const SplitFrame frame = split_frame(frames.substr(at));
    first_part[count] = parts;
    if (!frame.seq.empty()) {
      for (const std::string_view text : {id_field, std::string_view(cursor.before), frame.seq}) {
        parts_[parts++] = part_of(text);
      }
      // One part fewer, if this stream is the last one.
      if (!cursor.after.empty()) parts_[parts++] = part_of(cursor.after);
    }
    // The line end of the id precedes the body in the shared bytes.
    parts_[parts++] =
        part_of(frame.seq.empty() ? frame.body : std::string_view(frame.body.data() - 1, frame.body.size() + 1));
    split[count] = frame;
    at += frame.bytes;
  }
  const Sent sent = send_some(fd, std::span(parts_).first(parts));
  Written written;
  written.would_block = sent.would_block;
  written.failed = sent.failed;
  written.sent = sent.bytes;
  std::size_t left = sent.bytes;
  for (std::size_t i = 0; i < count && left > 0; ++i) {
    const std::size_t end_part = i + 1 < count ? first_part[i + 1] : parts;
    std::size_t length = 0;
    for (std::size_t part = first_part[i]; part < end_part; ++part) length += parts_[part].iov_len;
    if (left < length) keep_rest(first_part[i], left, end_part);
    left -= std::min(left, length);
    written.consumed += split[i].bytes;
    if (!split[i].seq.empty()) written.last_seq = split[i].seq;
  }
  return written;
}

// The parts of one frame, from this offset on.
void FrameWriter::keep_rest(std::size_t first_part, std::size_t offset, std::size_t end_part) {
  rest_.clear();
  for (std::size_t part = first_part; part < end_part; ++part) {
    rest_.append(static_cast<const char*>(parts_[part].iov_base), parts_[part].iov_len);
  }
  sent_ = offset;
}

Sent FrameWriter::flush(int fd) {
  const Sent sent = send_some(fd, std::string_view(rest_).substr(sent_));
  sent_ += sent.bytes;
  if (sent_ == rest_.size()) {
    rest_ = {};
    sent_ = 0;
  }
  return sent;
}

}  // namespace plenum::http
