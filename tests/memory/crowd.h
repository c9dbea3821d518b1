// Many connections that send the same request and do not read the response. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/deadline.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

class Crowd {
 public:
  // Connects `count` times. A small receive buffer, so that the server has to hold the response.
  Crowd(std::uint16_t port, std::size_t count, std::string request);

  // Sends until every connection has sent its request or has an answer, or until the deadline.
  void send(Deadline deadline);
  // How many have the status line with this status in their receive buffer.
  std::size_t count_of(int status) const;
  std::size_t size() const { return members_.size(); }

 private:
  struct Member {
    Fd socket;
    std::size_t sent = 0;
    bool done = false;
  };
  bool advance(Member& member) const;

  const std::string request_;
  std::vector<Member> members_;
};

}  // namespace plenum::tests
