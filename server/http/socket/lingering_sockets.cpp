#include "server/http/socket/lingering_sockets.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace plenum::http {
namespace {

constexpr auto linger_for = milliseconds(1000);
constexpr std::size_t linger_bytes_max = 256 * 1024;  // subscribers send no data

}  // namespace

class LingeringSockets::Socket final : public runtime::FdHandler {
 public:
  Socket(LingeringSockets& owner, int fd, SteadyTime until) : owner_(owner), fd_(fd), until_(until) {}
  ~Socket() override {
    owner_.loop_.unwatch(fd_, *this);
    ::close(fd_);
  }
  void on_ready(std::uint32_t events) override {
    // Few reads per iteration, and a limit in total: a peer that keeps sending must not block the loop.
    std::array<char, 16 * 1024> discarded;
    ssize_t got = 1;
    for (int reads = 0; reads < 4 && got > 0; ++reads) {
      got = ::recv(fd_, discarded.data(), discarded.size(), MSG_DONTWAIT);
      received_ += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    const bool ended = got == 0 || received_ > linger_bytes_max || (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (ended) owner_.loop_.defer([&owner = owner_, fd = fd_] { owner.sockets_.erase(fd); });
  }
  SteadyTime until() const { return until_; }

 private:
  LingeringSockets& owner_;
  const int fd_;
  const SteadyTime until_;
  std::size_t received_ = 0;
};

LingeringSockets::LingeringSockets(runtime::EventLoop& loop) : loop_(loop) {}

LingeringSockets::~LingeringSockets() = default;

void LingeringSockets::add(int fd) {
  ::shutdown(fd, SHUT_WR);
  auto socket = std::make_unique<Socket>(*this, fd, loop_.now() + linger_for);
  if (!loop_.watch(fd, EPOLLIN | EPOLLRDHUP, *socket)) return;  // closes it
  sockets_.emplace(fd, std::move(socket));
}

void LingeringSockets::sweep(SteadyTime now) {
  std::erase_if(sockets_, [now](const auto& entry) { return entry.second->until() <= now; });
}

}  // namespace plenum::http
