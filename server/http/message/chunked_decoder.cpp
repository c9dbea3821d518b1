// A state machine over the bytes between the data; the data itself is copied in one piece per call.
#include "server/http/message/chunked_decoder.h"

#include <algorithm>

#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

constexpr int size_digits_max = 16;  // 64 bits, so that the value cannot overflow

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

}  // namespace

const char* ChunkedDecoder::line_feed(char c, State next) {
  state_ = next;
  return c == '\n' ? nullptr : "a CR is not followed by LF";
}

const char* ChunkedDecoder::accept_size(char c) {
  if (is_hex(c)) {
    if (++digits_ > size_digits_max) return "a chunk size has more than 16 digits";
    left_ = left_ * 16 + static_cast<std::uint64_t>(hex_value(c));
    state_ = State::size;
    return nullptr;
  }
  if (digits_ == 0) return "a chunk does not begin with its size in hexadecimal digits";
  if (c != '\r' && c != ';') return "a chunk size is followed by neither CR LF nor `;`";
  state_ = c == '\r' ? State::size_end : State::extension;
  return nullptr;
}

const char* ChunkedDecoder::accept_extension(char c) {
  if (c == '\r') {
    state_ = State::size_end;
    return nullptr;
  }
  if (is_control(c)) return "a chunk extension has a control byte";
  return ++extension_bytes_ > limits_.extension_bytes_max ? "the chunk extensions are too long" : nullptr;
}

const char* ChunkedDecoder::accept_trailer(char c) {
  if (++trailer_bytes_ > limits_.trailer_bytes_max) return "the trailers are too long";
  if (state_ == State::trailer_value) {
    if (c != '\r') return is_control(c) ? "a trailer has a control byte" : nullptr;
    state_ = State::trailer_end;
    return nullptr;
  }
  if (c == '\r' && state_ == State::trailer_start) {
    state_ = State::last_lf;
    return nullptr;
  }
  if (c == ':' && state_ == State::trailer_name) {
    state_ = State::trailer_value;
    return nullptr;
  }
  state_ = State::trailer_name;
  return is_token_byte(c) ? nullptr : "a trailer is not a header line";
}

const char* ChunkedDecoder::accept(char c) {
  switch (state_) {
    case State::size_start:
    case State::size:
      return accept_size(c);
    case State::extension:
      return accept_extension(c);
    case State::size_end:
      return line_feed(c, left_ == 0 ? State::trailer_start : State::data);
    case State::data_cr:
      state_ = State::data_lf;
      return c == '\r' ? nullptr : "the data of a chunk is not followed by CR LF";
    case State::data_lf:
      digits_ = 0;
      return line_feed(c, State::size_start);
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
      return accept_trailer(c);
    case State::trailer_end:
      return line_feed(c, State::trailer_start);
    case State::last_lf:
      return line_feed(c, State::complete);
    case State::data:
    case State::complete:
      break;
  }
  return nullptr;
}

std::variant<DecodedBytes, RejectedRequest> ChunkedDecoder::decode(std::string_view bytes, std::string& body) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::complete) {
    if (state_ == State::data) {
      const auto count = std::min<std::uint64_t>(left_, bytes.size() - at);
      body.append(bytes.substr(at, count));
      at += count;
      left_ -= count;
      if (left_ == 0) state_ = State::data_cr;
      continue;
    }
    if (const char* fault = accept(bytes[at++])) {
      return rejected(ErrorCode::bad_request, "The chunked body is malformed: " + std::string(fault) + ".");
    }
    if (state_ != State::data) continue;
    if (left_ > limits_.body_bytes_max - received_) {
      return rejected(ErrorCode::payload_too_large,
                      "The body is larger than " + std::to_string(limits_.body_bytes_max) + " bytes.");
    }
    received_ += left_;
  }
  return DecodedBytes{at, state_ == State::complete};
}

}  // namespace plenum::http
