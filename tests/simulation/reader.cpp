#include "tests/simulation/reader.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "common/protocol/api_paths.h"
#include "tests/simulation/broken_promise.h"

namespace plenum::simulation {
namespace {

constexpr int small_buffer_bytes = 4096;
constexpr std::size_t event_bytes_max = 8U << 20;

}  // namespace

void Reader::connect(Process& process, bool small_buffer) {
  cut();
  was_dropped_ = false;
  was_stuck_ = stuck_;
  std::vector<std::pair<std::string, std::string>> headers{{"accept", "text/event-stream"}};
  if (!position_.epoch.empty()) headers.emplace_back("last-event-id", position_.str());
  auto result = process.request(http::Method::get, api::with_id(api::events, id_), {}, std::move(headers));
  if (const auto* response = std::get_if<http::Response>(&result)) {
    last_status_ = response->status();
    if (response->status() != 404 && response->status() != 410 && response->status() != 503)
      throw BrokenPromise(fmt::format("a subscriber got {}: {}", response->status(), response->body()));
    return;
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
  if (small_buffer) ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small_buffer_bytes, sizeof small_buffer_bytes);
  const auto instead = process.subscribe(ends[0], std::get<http::StreamHandoff>(std::move(result)));
  if (instead) {
    ::close(ends[0]);
    ::close(ends[1]);
    if (instead->status() != 204) throw BrokenPromise("a cursor was rejected: " + instead->body());
    if (!saw_end_) throw BrokenPromise("a reader that has not seen the end got a 204");
    return;
  }
  fd_ = ends[1];
  in_body_ = false;
  head_.clear();
  decoder_ = SseDecoder(event_bytes_max);
  received_at_ = clock_.steady();
}

void Reader::cut() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Reader::set_stuck(bool stuck) {
  stuck_ = stuck;
  was_stuck_ |= stuck;
}

void Reader::read() {
  if (fd_ < 0 || stuck_) return;
  std::array<char, 65536> buffer;
  std::vector<SseEvent> frames;
  ssize_t got = 0;
  while ((got = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0) {
    received_at_ = clock_.steady();
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (!in_body_) {
      head_ += bytes;
      const auto end = head_.find("\r\n\r\n");
      if (end == head_.npos) continue;
      in_body_ = true;
      bytes = std::string_view(head_).substr(end + 4);
    }
    if (!decoder_.feed(bytes, frames)) throw BrokenPromise("an event cannot be decoded");
    for (const SseEvent& frame : frames) take(frame);
    frames.clear();
  }
  if (got != 0) return;
  was_dropped_ = !saw_end_;
  cut();
}

void Reader::take(const SseEvent& frame) {
  const auto event = parse_event(frame.data);
  if (!event) throw BrokenPromise("an event is not readable: " + frame.data);
  if (event->stream_id != id_) throw BrokenPromise("an event of another stream");
  if (event->type() == EventType::snapshot) {
    if (const auto id = EventId::parse(frame.last_event_id)) position_ = *id;
    texts_.clear();
    may_jump_ = true;  // the position of the snapshot is the server's
    return;
  }
  if (const auto* message = std::get_if<SystemMessage>(&event->payload); message != nullptr && event->seq == 0) {
    may_jump_ |= message->code == "gap";
    if (may_jump_) texts_.clear();
  }
  if (event->seq == 0) return;
  const auto id = EventId::parse(frame.last_event_id);
  if (!id || id->seq != event->seq) throw BrokenPromise("an event's number is not that of its id");
  take_numbered(*id, *event, frame.data);
}

void Reader::take_numbered(const EventId& id, const ReceivedEvent& event, const std::string& data) {
  if (saw_end_) throw BrokenPromise("an event follows the end of its stream");
  const bool continues =
      position_.epoch.empty() ? id.seq == 1 : id.epoch == position_.epoch && id.seq == position_.seq + 1;
  if (!continues && !may_jump_)
    throw BrokenPromise(fmt::format("{} follows {} without a notice", id.str(), position_.str()));
  may_jump_ = false;
  position_ = id;
  ledger_.saw(*ledger_.find(id_), id.str(), event, data);
  check_text(event);
  saw_end_ = event.terminal;
}

// The text of a chunk is the sum of its deltas, unless the reader has missed some.
void Reader::check_text(const ReceivedEvent& event) {
  const std::string& chunk = event.source.chunk;
  const auto known = texts_.find(chunk);
  switch (event.type()) {
    case EventType::chunk_started:
    case EventType::chunk_reset:
      texts_[chunk].clear();
      break;
    case EventType::token_stream:
      if (const auto& tokens = std::get<TokenStream>(event.payload);
          known != texts_.end() && tokens.kind == TokenKind::text)
        known->second += tokens.tokens;
      break;
    case EventType::chunk_completed:
      if (known != texts_.end() && std::get<ChunkCompleted>(event.payload).output != known->second)
        throw BrokenPromise("the deltas of a chunk are not its text");
      texts_.erase(chunk);
      break;
    default:
      break;
  }
}

}  // namespace plenum::simulation
