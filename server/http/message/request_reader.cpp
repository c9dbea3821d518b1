#include "server/http/message/request_reader.h"

#include <optional>
#include <utility>

#include "server/http/message/request_framing.h"

namespace plenum::http {
namespace {

// Why a chunked body must be empty; absent if it may have data. A request without a body may have the coding: a proxy
// adds it to an HTTP/2 request whose length is not known.
std::optional<RejectedRequest> must_be_empty(const RequestHead& head) {
  return head.may_have_body() ? check_content_type(head) : body_not_allowed(head.method);
}

ChunkedLimits chunked_limits(const RequestHead& head, const HeadLimits& limits) {
  return {.body_bytes_max = head.chunked && !must_be_empty(head) ? limits.body_bytes_max : 0};
}

}  // namespace

ReadOutcome RequestReader::next() {
  if (body_) return read_body();
  auto found = scanner_.scan(in_, limits_);
  if (auto* rejected = std::get_if<RejectedRequest>(&found)) return std::move(*rejected);
  const auto* complete = std::get_if<HeadComplete>(&found);
  if (complete == nullptr) return NeedMore{};
  auto parsed = parse_head(std::string_view(in_).substr(0, complete->bytes), limits_);
  if (auto* rejected = std::get_if<RejectedRequest>(&parsed)) return std::move(*rejected);
  scanner_ = {};
  in_.erase(0, complete->bytes);
  auto& head = std::get<RequestHead>(parsed);
  const auto limits = chunked_limits(head, limits_);
  body_ = std::make_unique<Body>(std::move(head), limits);
  return read_body();
}

ReadOutcome RequestReader::read_body() {
  if (body_->head.chunked) return read_chunks();
  const std::size_t bytes = body_->head.body_bytes;
  if (in_.size() < bytes) return NeedMore{};
  if (in_.size() == bytes) return take_request(std::exchange(in_, {}));  // an idle connection holds no buffer
  std::string data = in_.substr(0, bytes);
  in_.erase(0, bytes);
  return take_request(std::move(data));
}

ReadOutcome RequestReader::read_chunks() {
  auto decoded = body_->decoder.decode(in_, body_->data);
  if (auto* rejected = std::get_if<RejectedRequest>(&decoded)) {
    auto reason = must_be_empty(body_->head);
    if (reason && rejected->error.code == ErrorCode::payload_too_large) return std::move(*reason);
    return std::move(*rejected);
  }
  const auto [consumed, complete] = std::get<DecodedBytes>(decoded);
  if (consumed == in_.size()) {
    in_ = {};
  } else {
    in_.erase(0, consumed);
  }
  if (!complete) return NeedMore{};
  return take_request(std::move(body_->data));
}

Request RequestReader::take_request(std::string data) {
  Request request{std::move(body_->head), std::move(data)};
  request.head.body_bytes = request.body.size();
  request.keep_alive = request.head.keep_alive;
  body_.reset();
  return request;
}

void RequestReader::clear() {
  in_ = {};
  scanner_ = {};
  body_.reset();
}

std::size_t RequestReader::body_bytes() const {
  if (!body_) return 0;
  return body_->head.chunked ? body_->data.size() : in_.size();
}

}  // namespace plenum::http
