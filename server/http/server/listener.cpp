#include "server/http/server/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "server/http/socket/socket_buffers.h"

namespace plenum::http {
namespace {

constexpr auto back_off_for = milliseconds(10);
// A flood of connections must not starve the loop; the rest follows in the next iteration.
constexpr int accepts_per_iteration_max = 64;
// A peer that vanished is detected within a minute: by probes if no data is in flight (3, after 30 s of silence), by
// the user timeout if some is, as on every stream with a heartbeat.
// Source: tcp(7); RFC 5482.
constexpr int keepalive_idle_s = 30, keepalive_interval_s = 10, keepalive_probes = 3;
constexpr int unacknowledged_ms_max = 45'000;

Failure cannot_listen(const std::string& host, std::uint16_t port, int fault) {
  const auto where = fmt::format("{}:{}", host, port);
  if (fault == EADDRINUSE) {
    return Failure(Error{ErrorCode::config_invalid, fmt::format("Another program already listens on {}.", where),
                         "Stop it, or choose another address with --listen or PLENUM_LISTEN."});
  }
  return Failure(Error{ErrorCode::config_invalid, fmt::format("Cannot listen on {}: {}.", where, std::strerror(fault)),
                       "Choose an address of this machine with --listen or PLENUM_LISTEN, e.g. 127.0.0.1:8080."});
}

// Accepted sockets inherit all of these on Linux, which saves four calls for each.
void set_options(int fd) {
  const auto set = [fd](int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); };
  // Not SO_REUSEPORT: with it, a second server would bind without an error and receive half of the traffic.
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_s);
  set(IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_s);
  set(IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, unacknowledged_ms_max);
  bound_send_buffer(fd);
}

enum class AfterError { done, next, back_off };

AfterError after(int fault) {
  switch (fault) {
    case EAGAIN:
      return AfterError::done;
    // The connection failed before it was accepted, or a firewall rule rejects it: the next one may be fine.
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ETIMEDOUT:
      return AfterError::next;
    // EMFILE, ENFILE, ENOBUFS, ENOMEM and any other: an immediate retry would only spin.
    default:
      return AfterError::back_off;
  }
}

}  // namespace

Result<runtime::UniqueFd> listen_on(const std::string& host, std::uint16_t port, int backlog) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int fault = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (fault != 0) {
    return Failure(Error{ErrorCode::config_invalid,
                         fmt::format("`{}` is not an address: {}.", host, ::gai_strerror(fault)),
                         "Choose an address of this machine with --listen or PLENUM_LISTEN, e.g. 127.0.0.1:8080."});
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  int last = EADDRNOTAVAIL;
  for (const auto* at = list; at != nullptr; at = at->ai_next) {
    runtime::UniqueFd fd(::socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd) set_options(fd.get());
    if (fd && ::bind(fd.get(), at->ai_addr, at->ai_addrlen) == 0 && ::listen(fd.get(), backlog) == 0) return fd;
    last = errno;
  }
  return cannot_listen(host, port, last);
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  const bool v6 = address.ss_family == AF_INET6;
  return ntohs(v6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                  : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

Listener::Listener(runtime::EventLoop& loop, Accepted accepted, std::atomic<std::uint64_t>& errors, Accept accept)
    : loop_(loop),
      accepted_(std::move(accepted)),
      accept_(accept ? std::move(accept)
                     : [](int fd, sockaddr* peer,
                          socklen_t* length) { return ::accept4(fd, peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC); }),
      errors_(errors) {}

Listener::~Listener() { stop(); }

void Listener::start(int listen_fd) {
  fd_ = listen_fd;
  spare_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  watch();
}

void Listener::stop() {
  if (watching_) loop_.unwatch(fd_, *this);
  if (resume_ != 0) loop_.cancel(resume_);
  watching_ = false;
  resume_ = 0;
  fd_ = -1;
}

void Listener::watch() {
  watching_ = loop_.watch(fd_, EPOLLIN | EPOLLEXCLUSIVE, *this);
  if (!watching_) back_off();  // out of memory or of watches: retry soon
}

void Listener::back_off() {
  if (watching_) loop_.unwatch(fd_, *this);
  watching_ = false;
  resume_ = loop_.after(back_off_for, [this] {
    resume_ = 0;
    watch();
  });
}

// Without a free descriptor a connection can be neither served nor rejected: it would stay in the backlog and wake the
// loop forever. The spare descriptor is used to accept and close it.
void Listener::reject_one() {
  spare_.reset();
  spare_.reset(accept_(fd_, nullptr, nullptr));
  spare_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void Listener::on_ready(std::uint32_t) {
  for (int i = 0; i < accepts_per_iteration_max && fd_ >= 0; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    runtime::UniqueFd socket(accept_(fd_, reinterpret_cast<sockaddr*>(&peer), &length));
    if (socket) {
      accepted_(std::move(socket), peer);
      continue;
    }
    const int fault = errno;
    const auto next = after(fault);
    if (next == AfterError::done) return;
    errors_.fetch_add(1, std::memory_order_relaxed);
    if (next == AfterError::next) continue;
    if (fault == EMFILE || fault == ENFILE) reject_one();
    return back_off();
  }
}

}  // namespace plenum::http
