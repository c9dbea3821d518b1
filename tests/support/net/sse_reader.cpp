#include "tests/support/net/sse_reader.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/base/ids.h"
#include "common/sse/decoder.h"
#include "tests/support/failure.h"
#include "tests/support/net/http_client.h"

namespace plenum::tests {

namespace {

std::string line_value(std::string_view frame, std::string_view field) {
  std::size_t at = frame.substr(0, field.size()) == field ? 0 : frame.find("\n" + std::string(field));
  if (at == std::string_view::npos) return {};
  at += (at == 0 ? 0 : 1) + field.size();
  return std::string(frame.substr(at, frame.find('\n', at) - at));
}

}  // namespace

Json Frame::json() const {
  auto parsed = parse_json(data);
  if (!parsed || !parsed->is_object()) throw Failure("a frame without a JSON object: " + bytes);
  return *parsed;
}

std::uint64_t seq_of(std::string_view id) {
  auto parsed = EventId::parse(id);
  return parsed ? parsed->seq : 0;
}

SseReader::SseReader(std::uint16_t port, std::string_view target, const Headers& headers, int receive_buffer)
    : socket_(connect_loopback(port, receive_buffer)) {
  Deadline deadline = seconds(20);
  if (!socket_ || !send_all(socket_.get(), request_text("GET", target, {}, headers), deadline)) {
    end_ = StreamEnd::lost;
    return;
  }
  std::string line;
  while (!take_head(raw_, line, headers_)) {
    // Small bites: a test that never reads on wants the rest to stay in the system's buffers.
    if (receive(socket_.get(), raw_, deadline, 4096) != Received::bytes) {
      end_ = StreamEnd::lost;
      return;
    }
  }
  status_ = std::atoi(line.substr(std::min<std::size_t>(9, line.size())).c_str());
  if (header("content-length") == "0" || status_ == 204) end_ = StreamEnd::finished;
  take_frames();
}

std::string SseReader::header(const std::string& lower_case_name) const {
  auto found = headers_.find(lower_case_name);
  return found == headers_.end() ? std::string() : found->second;
}

bool SseReader::read_some(Deadline deadline, std::size_t bytes_max) {
  switch (receive(socket_.get(), raw_, deadline, bytes_max)) {
    case Received::nothing:
      return false;
    case Received::bytes:
      take_frames();
      return true;
    case Received::reset:
      end_ = StreamEnd::lost;
      return false;
    case Received::end:
      break;
  }
  bool whole = unframed_.empty() && (header("transfer-encoding") != "chunked" || chunks_.ended());
  end_ = whole ? StreamEnd::finished : StreamEnd::lost;
  return false;
}

void SseReader::take_frames() {
  std::string body;
  if (header("transfer-encoding") == "chunked") {
    chunks_.feed(raw_, body);
    if (chunks_.ended()) end_ = StreamEnd::finished;
  } else {
    body.swap(raw_);
  }
  body_bytes_ += body.size();
  unframed_ += body;
  for (std::size_t end = unframed_.find("\n\n"); end != std::string::npos; end = unframed_.find("\n\n")) {
    Frame frame;
    frame.bytes = unframed_.substr(0, end + 2);
    unframed_.erase(0, end + 2);
    // The decoder is the judge of what a frame is; cutting at blank lines only keeps the bytes apart.
    SseDecoder decoder(64 << 20);
    std::vector<SseEvent> events;
    if (!decoder.feed(frame.bytes, events) || events.size() != 1) {
      fault_ = "not exactly one event: " + frame.bytes;
      continue;
    }
    frame.id = line_value(frame.bytes, "id: ");
    frame.event = events[0].event;
    frame.data = events[0].data;
    if (decoder.retry_ms()) retry_ms_ = *decoder.retry_ms();
    if (events[0].last_event_id != frame.id) fault_ = "an id that the decoder reads differently: " + frame.bytes;
    if (frame.bytes.find('\r') != std::string::npos) fault_ = "a CR in a frame: " + frame.bytes;
    frames_.push_back(std::move(frame));
  }
}

StreamEnd SseReader::read_all(Deadline deadline) {
  while (end_ == StreamEnd::open && read_some(deadline)) {
  }
  return end_;
}

void SseReader::read_bytes_then_leave(std::size_t body_bytes, Deadline deadline) {
  while (end_ == StreamEnd::open && body_bytes_ < body_bytes) {
    if (!read_some(deadline, body_bytes - body_bytes_)) break;
  }
  leave();
}

std::vector<Frame> SseReader::numbered() const {
  std::vector<Frame> with_id;
  std::copy_if(frames_.begin(), frames_.end(), std::back_inserter(with_id),
               [](const Frame& f) { return !f.id.empty(); });
  return with_id;
}

std::string SseReader::last_id() const {
  auto last = std::find_if(frames_.rbegin(), frames_.rend(), [](const Frame& f) { return !f.id.empty(); });
  return last == frames_.rend() ? std::string() : last->id;
}

}  // namespace plenum::tests
