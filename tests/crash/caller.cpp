#include "tests/crash/caller.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/support/net/http_client.h"

namespace plenum::tests {

namespace {

constexpr milliseconds pause_after_busy{50};

// An exchange cannot be destroyed in one of its own calls: it is destroyed at the end of the iteration.
void destroy_later(runtime::EventLoop& loop, std::unique_ptr<Exchange> exchange) {
  loop.defer([ended = std::move(exchange)] {});
}

}  // namespace

ResumingReader::ResumingReader(Surroundings& around, std::string stream, std::uint64_t disconnect_after)
    : around_(around),
      stream_(std::move(stream)),
      reader_(around.checker.new_reader(stream_)),
      disconnect_after_(disconnect_after) {}

void ResumingReader::resume() {
  if (done_ || exchange_ || around_.loop.now() < not_before_) return;
  const std::string& cursor = around_.checker.cursor_of(reader_);
  came_back_ = awaits_event_ = !cursor.empty() && around_.life > last_life_;
  last_life_ = around_.life;
  if (!cursor.empty()) ++around_.resumes;
  cutter_ = {};
  refusal_.clear();
  status_ = 0;
  frames_here_ = 0;
  Headers headers;
  if (!cursor.empty()) headers.emplace_back("Last-Event-ID", cursor);
  exchange_ = std::make_unique<Exchange>(around_.loop, around_.port,
                                         request_text("GET", api::with_id(api::events, stream_), {}, headers),
                                         Exchange::Listener{.head = [this](int status) { on_head(status); },
                                                            .body = [this](std::string_view bytes) { on_body(bytes); },
                                                            .end = [this](bool whole) { on_end(whole); }});
}

void ResumingReader::on_head(int status) {
  status_ = status;
  if (status == 200) around_.checker.connected(reader_);
}

void ResumingReader::on_body(std::string_view bytes) {
  if (!exchange_) return;  // it has left by itself; these are the rest of what had come
  if (status_ != 200) {
    refusal_ += bytes;
    return;
  }
  if (came_back_ && around_.on_resumed_byte) around_.on_resumed_byte();
  came_back_ = false;
  cutter_.feed(bytes);
  CutFrame frame;
  while (exchange_ && cutter_.next(frame)) on_frame(frame);
}

void ResumingReader::on_frame(const CutFrame& frame) {
  if (cutter_.fault()) {
    around_.checker.found("stream " + stream_ + ": a frame is built wrong: " + std::string(frame.bytes.substr(0, 300)));
  } else if (frame.id.empty()) {
    around_.checker.control_frame(reader_, frame.data);
  } else {
    around_.checker.frame(reader_, frame.id, frame.data, frame.bytes);
    if (around_.on_frame) around_.on_frame(stream_, frame.id, frame.bytes);
    if (awaits_event_ && around_.on_resumed_event) around_.on_resumed_event();
    awaits_event_ = false;
    ++frames_here_;
    if (disconnect_after_ != 0 && frames_here_ >= disconnect_after_ && !around_.checker.at_end(reader_)) disconnect();
  }
}

void ResumingReader::on_end(bool whole) {
  if (!exchange_) return;
  disconnect();
  if (around_.must_retry(status_)) {
    ++around_.busy_answers;
    not_before_ = around_.loop.now() + pause_after_busy;
  } else if (status_ == 204 || (status_ == 200 && whole && around_.alive)) {
    around_.checker.body_ended(reader_);
    done_ = true;
  } else if (status_ != 0 && status_ != 200 && whole) {
    around_.checker.refused(reader_, status_, refusal_);
    done_ = true;
  } else if (around_.alive) {
    // Neither refused nor ended in order: the server was being killed, or the port was not open yet.
    not_before_ = around_.loop.now() + pause_after_busy;
  }
}

void ResumingReader::disconnect() { destroy_later(around_.loop, std::move(exchange_)); }

void Caller::resume() {
  const bool again = plan_.repeats_post && !repeated_ && (around_.life > answered_in_ || all_read());
  if (!exchange_ && !refused_ && around_.loop.now() >= not_before_ && (stream_.empty() || again)) post();
  if (!exchange_ && !stream_.empty() && !cancel_answered() && around_.loop.now() >= cancel_at_) cancel();
  for (auto& reader : readers_) reader->resume();
}

void Caller::post() {
  body_.clear();
  exchange_ = std::make_unique<Exchange>(around_.loop, around_.port,
                                         request_text("POST", api::task, plan_.body, {{"Idempotency-Key", plan_.key}}),
                                         Exchange::Listener{.head = [](int) {},
                                                            .body = [this](std::string_view bytes) { body_ += bytes; },
                                                            .end = [this](bool whole) { on_answer(whole); }});
}

void Caller::on_answer(bool whole) {
  const int status = exchange_->status();
  destroy_later(around_.loop, std::move(exchange_));
  if (!whole || around_.must_retry(status)) {
    // Cut, or busy: it is sent again with the same key.
    if (whole) ++around_.busy_answers;
    not_before_ = around_.loop.now() + pause_after_busy;
    return;
  }
  const auto answer = parse_json(body_);
  const std::string stream = answer && answer->is_object() ? answer->value("stream_id", std::string()) : std::string();
  if (status != 202 || stream.empty()) {
    around_.checker.found("key " + plan_.key + ": the POST was answered " + std::to_string(status) + ": " +
                          body_.substr(0, 300));
    refused_ = true;
    return;
  }
  around_.checker.accepted(plan_.key, stream);
  if (around_.on_accepted) around_.on_accepted(plan_.key, stream);
  if (!stream_.empty()) {
    repeated_ = true;
    if (body_ != answer_) {
      around_.checker.found("key " + plan_.key + ": a repeated POST was answered otherwise: " + body_.substr(0, 400) +
                            " and first: " + answer_.substr(0, 400));
    }
    return;
  }
  stream_ = stream;
  answer_ = body_;
  answered_in_ = around_.life;
  cancel_at_ = around_.loop.now() + plan_.cancels_after;
  for (std::uint64_t disconnect_after : plan_.readers) {
    readers_.push_back(std::make_unique<ResumingReader>(around_, stream_, disconnect_after));
    readers_.back()->resume();
  }
}

void Caller::cancel() {
  exchange_ = std::make_unique<Exchange>(
      around_.loop, around_.port, request_text("POST", api::with_id(api::cancel, stream_)),
      Exchange::Listener{
          .head = [](int) {}, .body = [](std::string_view) {}, .end = [this](bool whole) { on_cancelled(whole); }});
}

void Caller::on_cancelled(bool whole) {
  const int status = exchange_->status();
  destroy_later(around_.loop, std::move(exchange_));
  if (!whole || around_.must_retry(status)) {
    cancel_at_ = around_.loop.now() + pause_after_busy;
    return;
  }
  cancelled_ = true;
  if (status == 202) {
    around_.checker.cancelled(plan_.key);
  } else if (status != 200) {
    around_.checker.found("key " + plan_.key + ": a cancel was answered " + std::to_string(status));
  }
}

bool Caller::connected() const {
  return exchange_ || std::any_of(readers_.begin(), readers_.end(), [](const auto& r) { return r->connected(); });
}

bool Caller::all_read() const {
  return std::all_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader->done(); });
}

bool Caller::done() const {
  if (refused_) return true;
  return !stream_.empty() && !exchange_ && (!plan_.repeats_post || repeated_) && cancel_answered() && all_read();
}

}  // namespace plenum::tests
