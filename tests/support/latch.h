// A named point in a script: a script that waits at it continues once the test has opened it.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>

namespace plenum::tests {

// Copies are the same gate. Any thread.
class Latch {
 public:
  explicit Latch(std::string name) : state_(std::make_shared<State>(std::move(name))) {}

  void open() const {
    std::uint64_t one = 1;
    // Cannot fail: the counter is far from full. It is never read, so the gate stays open.
    [[maybe_unused]] ssize_t written = write(state_->fd, &one, sizeof one);
  }
  const std::string& name() const { return state_->name; }
  // Readable once the gate is open.
  int fd() const { return state_->fd; }

 private:
  struct State {
    explicit State(std::string text) : name(std::move(text)), fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~State() { close(fd); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    const std::string name;
    const int fd;
  };
  std::shared_ptr<State> state_;
};

}  // namespace plenum::tests
