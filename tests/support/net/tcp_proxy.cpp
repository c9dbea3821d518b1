#include "tests/support/net/tcp_proxy.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <string>

namespace plenum::tests {

struct TcpProxy::Pair {
  Fd client, server;
  std::optional<std::size_t> left;  // bytes from the server until the cut
  Cut how = Cut::reset;
};

TcpProxy::TcpProxy(std::uint16_t to_port) : to_port_(to_port), listener_(listen_loopback(port_)) {
  thread_ = std::thread([this] { pump(); });
}

TcpProxy::~TcpProxy() {
  stop_.open();
  thread_.join();
}

void TcpProxy::cut_next_after(std::vector<std::size_t> bytes, Cut how) {
  std::lock_guard lock(mutex_);
  cuts_ = std::move(bytes);
  how_ = how;
}

int TcpProxy::connections() const {
  std::lock_guard lock(mutex_);
  return accepted_;
}

void TcpProxy::accept_one() {
  Pair pair;
  pair.client = Fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  pair.server = connect_loopback(to_port_);
  if (!pair.client || !pair.server) return;  // closing the client's end signals the missing server
  std::lock_guard lock(mutex_);
  ++accepted_;
  pair.how = how_;
  if (!cuts_.empty()) {
    pair.left = cuts_.front();
    cuts_.erase(cuts_.begin());
  }
  pairs_.push_back(std::move(pair));
}

// False when the pair is over.
bool TcpProxy::pass(Pair& pair, bool from_server) {
  Fd& from = from_server ? pair.server : pair.client;
  Fd& to = from_server ? pair.client : pair.server;
  std::string bytes;
  if (receive(from.get(), bytes, milliseconds(0)) != Received::bytes) return false;
  bool cut = from_server && pair.left && bytes.size() >= *pair.left;
  if (cut) bytes.resize(*pair.left);
  if (from_server && pair.left) *pair.left -= bytes.size();
  bool sent = send_all(to.get(), bytes, seconds(30));
  if (cut && pair.how == Cut::reset) pair.client.reset();
  return sent && !cut;
}

void TcpProxy::pump() {
  while (true) {
    std::vector<pollfd> fds{{stop_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      fds.push_back({pair.client.get(), POLLIN, 0});
      fds.push_back({pair.server.get(), POLLIN, 0});
    }
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) return;
    std::size_t at = 2;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
      bool whole = (fds[at].revents == 0 || pass(*pair, false)) && (fds[at + 1].revents == 0 || pass(*pair, true));
      pair = whole ? std::next(pair) : pairs_.erase(pair);
    }
    if (fds[1].revents != 0) accept_one();
  }
}

}  // namespace plenum::tests
