#include "server/http/server/listener.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <cerrno>
#include <deque>

#include "tests/support/manual_clock.h"

using namespace plenum;
using namespace plenum::http;

namespace {

// A scripted accept(2): an errno fails, 0 returns a connection; after the script there is none.
struct ScriptedAccept {
  std::deque<int> script;
  int operator()(int, sockaddr*, socklen_t*) {
    const int next = script.empty() ? EAGAIN : script.front();
    if (!script.empty()) script.pop_front();
    if (next == 0) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    errno = next;
    return -1;
  }
};

struct ListenerFixture {
  tests::ManualClock clock;
  runtime::EventLoop loop{clock};
  ScriptedAccept scripted_accept;
  int accepted = 0;
  std::atomic<std::uint64_t> errors{0};
  Listener listener{loop, [this](runtime::UniqueFd, const sockaddr_storage&) { ++accepted; }, errors,
                    [this](int fd, sockaddr* peer, socklen_t* length) { return scripted_accept(fd, peer, length); }};
};

}  // namespace

TEST_CASE_FIXTURE(ListenerFixture, "after an error of accept the next connection is accepted") {
  auto socket = listen_on("127.0.0.1", 0, 16);
  REQUIRE(socket);
  listener.start(socket->get());
  for (const int fault : {ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENONET,
                          ENOPROTOOPT, EOPNOTSUPP, ETIMEDOUT}) {
    CAPTURE(fault);
    accepted = 0;
    scripted_accept.script = {fault, 0, fault, 0};
    listener.on_ready(EPOLLIN);
    CHECK(accepted == 2);
  }
  CHECK(errors == 24);
}

TEST_CASE_FIXTURE(ListenerFixture, "without descriptors or memory, accepting resumes after 10 ms") {
  auto socket = listen_on("127.0.0.1", 0, 16);
  REQUIRE(socket);
  // A real connection is in the backlog, so the loop calls as soon as the listener watches again.
  runtime::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  ::connect(client.get(), reinterpret_cast<sockaddr*>(&address), length);
  listener.start(socket->get());
  for (const int fault : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF}) {
    CAPTURE(fault);
    accepted = 0;
    // Without free descriptors, the spare one accepts and closes a connection.
    scripted_accept.script = {fault, 0, 0};
    if (fault != EMFILE && fault != ENFILE) scripted_accept.script.pop_back();
    listener.on_ready(EPOLLIN);
    CHECK(accepted == 0);
    loop.run_once(milliseconds(0));
    CHECK(accepted == 0);
    clock.advance(milliseconds(10));
    loop.run_once(milliseconds(0));
    loop.run_once(milliseconds(0));
    CHECK(accepted == 1);
  }
}

TEST_CASE("accepted sockets detect a vanished peer within a minute and are never shared with a second server") {
  auto listening = listen_on("127.0.0.1", 0, 16);
  REQUIRE(listening);
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(listening->get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const runtime::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  const runtime::UniqueFd accepted(::accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC));
  REQUIRE(accepted);
  const auto option = [](int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
  };
  for (const int fd : {listening->get(), accepted.get()}) {
    CHECK(option(fd, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPINTVL) == 10);
    CHECK(option(fd, IPPROTO_TCP, TCP_KEEPCNT) == 3);
    CHECK(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) == 45'000);
    CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) == 1);
  }
  CHECK(option(listening->get(), SOL_SOCKET, SO_REUSEADDR) == 1);
  CHECK(option(listening->get(), SOL_SOCKET, SO_REUSEPORT) == 0);
}

TEST_CASE("an address in use is an error with a remedy, and is never shared") {
  auto first = listen_on("127.0.0.1", 0, 16);
  REQUIRE(first);
  const auto second = listen_on("127.0.0.1", port_of(first->get()), 16);
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("Another program already listens on 127.0.0.1:") == 0);
  CHECK(second.error().advice().find("--listen") != std::string_view::npos);
  CHECK_FALSE(listen_on("no.such.host.invalid", 0, 16));
  CHECK_FALSE(listen_on("192.0.2.1", 0, 16));
}
