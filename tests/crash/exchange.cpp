#include "tests/crash/exchange.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace plenum::tests {

Exchange::Exchange(runtime::EventLoop& loop, std::uint16_t port, std::string_view request, Listener listener)
    : loop_(loop), listener_(std::move(listener)), socket_(connect_loopback(port)) {
  // Requests are small: the socket's buffer takes them whole.
  const bool sent = socket_ && send_all(socket_.get(), request, seconds(1));
  if (sent && loop_.watch(socket_.get(), EPOLLIN | EPOLLRDHUP, *this)) return;
  socket_.close();
  loop_.defer([this, here = here_] {
    if (*here) end(false);
  });
}

Exchange::~Exchange() {
  *here_ = false;
  if (socket_) loop_.unwatch(socket_.get(), *this);
}

void Exchange::on_ready(std::uint32_t) {
  // A few pieces a turn, so that one long stream does not hold up the others.
  for (int i = 0; i < 8 && !ended_; ++i) {
    if (!take_some()) return;
  }
}

// False when there is nothing more to take now.
bool Exchange::take_some() {
  std::array<char, 65'536> buffer;
  const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) {
    end(got == 0 && status_ != 0 && !has_length_);
    return false;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
  if (status_ != 0) {
    tell_body(bytes);
    return true;
  }
  raw_ += bytes;
  std::string line;
  if (!take_head(raw_, line, headers_)) return true;
  status_ = std::atoi(line.substr(std::min<std::size_t>(9, line.size())).c_str());
  auto length = headers_.find("content-length");
  has_length_ = length != headers_.end() || status_ == 204;
  body_left_ = length == headers_.end() ? 0 : std::strtoull(length->second.c_str(), nullptr, 10);
  listener_.head(status_);
  if (has_length_ && body_left_ == 0) {
    end(true);
  } else if (!raw_.empty()) {
    tell_body(raw_);
  }
  return true;
}

void Exchange::tell_body(std::string_view bytes) {
  if (has_length_) bytes = bytes.substr(0, body_left_);
  listener_.body(bytes);
  if (!has_length_) return;
  body_left_ -= bytes.size();
  if (body_left_ == 0) end(true);
}

void Exchange::end(bool whole) {
  if (ended_) return;
  ended_ = true;
  if (socket_) loop_.unwatch(socket_.get(), *this);
  socket_.close();
  listener_.end(whole);
}

}  // namespace plenum::tests
