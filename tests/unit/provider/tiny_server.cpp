#include "tests/unit/provider/tiny_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace plenum::tests {

namespace {

using std::chrono::milliseconds;

constexpr int read_timeout_ms = 10'000;

bool readable(int fd, int wait_ms) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, wait_ms) > 0;
}

}  // namespace

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

std::string Connection::read_request() {
  constexpr std::string_view length_field = "Content-Length: ";
  char buffer[65536];
  for (;;) {
    const auto head = pending_.find("\r\n\r\n");
    if (head != std::string::npos) {
      const auto field = pending_.find(length_field);
      const auto length =
          field == std::string::npos ? 0 : std::strtoul(&pending_[field + length_field.size()], nullptr, 10);
      const auto whole = head + 4 + length;
      if (pending_.size() >= whole) {
        const auto request = pending_.substr(0, whole);
        pending_.erase(0, whole);
        return request;
      }
    }
    if (!readable(fd_, read_timeout_ms)) return {};
    const auto got = recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) return {};
    pending_.append(buffer, static_cast<std::size_t>(got));
  }
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::send_chunk(std::string_view bytes) { return send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes)); }

bool Connection::wait_closed(milliseconds limit) {
  char byte;
  return readable(fd_, static_cast<int>(limit.count())) && recv(fd_, &byte, 1, 0) <= 0;
}

void Connection::reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd_);
  fd_ = -1;
}

TinyServer::TinyServer(std::function<void(Connection&)> script) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener_, 16) == 0);
  REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TinyServer::~TinyServer() {
  const std::uint64_t one = 1;
  (void)!write(stop_, &one, sizeof one);
  thread_.join();
  close(stop_);
  close(listener_);
}

void TinyServer::serve() {
  for (;;) {
    pollfd entries[] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
    if (poll(entries, 2, -1) < 0 || entries[1].revents != 0) return;
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    Connection connection(fd);
    script_(connection);
  }
}

}  // namespace plenum::tests
