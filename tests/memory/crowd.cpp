#include "tests/memory/crowd.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace plenum::tests {
namespace {

constexpr int receive_buffer = 4096;
constexpr std::size_t status_line_bytes = 12;  // `HTTP/1.1 200`

int status_in(int fd) {
  std::array<char, status_line_bytes> line;
  const ssize_t got = ::recv(fd, line.data(), line.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got < static_cast<ssize_t>(line.size())) return 0;
  return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

}  // namespace

Crowd::Crowd(std::uint16_t port, std::size_t count, std::string request) : request_(std::move(request)) {
  for (std::size_t i = 0; i < count; ++i) {
    Fd socket = connect_loopback(port, receive_buffer);
    if (!socket) continue;
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    members_.push_back({std::move(socket)});
  }
}

// False when there is nothing more to do now.
bool Crowd::advance(Member& member) const {
  const ssize_t sent =
      ::send(member.socket.get(), request_.data() + member.sent, request_.size() - member.sent, MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (sent > 0) member.sent += static_cast<std::size_t>(sent);
  // A polite client stops when it is rejected.
  member.done = sent < 0 || member.sent == request_.size() || status_in(member.socket.get()) != 0;
  return true;
}

void Crowd::send(Deadline deadline) {
  std::vector<pollfd> waiting;
  std::vector<Member*> owners;
  while (!deadline.over()) {
    waiting.clear();
    owners.clear();
    for (Member& member : members_) {
      if (member.done) continue;
      waiting.push_back({member.socket.get(), POLLOUT | POLLIN, 0});
      owners.push_back(&member);
    }
    if (waiting.empty() || ::poll(waiting.data(), waiting.size(), 1000) <= 0) {
      if (waiting.empty()) return;
      continue;
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if ((waiting[i].revents & POLLIN) != 0 && status_in(waiting[i].fd) != 0) owners[i]->done = true;
      if ((waiting[i].revents & (POLLERR | POLLHUP)) != 0) owners[i]->done = true;
      if ((waiting[i].revents & POLLOUT) != 0 && !owners[i]->done) advance(*owners[i]);
    }
  }
}

std::size_t Crowd::count_of(int status) const {
  return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(), [status](const Member& member) {
    return status_in(member.socket.get()) == status;
  }));
}

}  // namespace plenum::tests
