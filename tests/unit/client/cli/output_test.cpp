#include "client/cli/terminal/output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

using namespace plenum;
using namespace plenum::client;

namespace {

// Both channels are pipes.
struct Piped {
  Piped() {
    REQUIRE(::pipe2(out_ends.data(), O_CLOEXEC) == 0);
    REQUIRE(::pipe2(err_ends.data(), O_CLOEXEC) == 0);
  }
  ~Piped() {
    for (const int fd : {out_ends[0], out_ends[1], err_ends[0], err_ends[1]}) ::close(fd);
  }

  std::array<int, 2> out_ends{}, err_ends{};
  Signals signals;
  SignalWaiter waiting{signals};
};

void set_blocking(int fd, bool blocking) { ::fcntl(fd, F_SETFL, blocking ? 0 : O_NONBLOCK); }

void fill(int fd) {
  set_blocking(fd, false);
  const std::string dots(4096, '.');
  while (::write(fd, dots.data(), dots.size()) > 0) {
  }
  set_blocking(fd, true);
}

// Reads the current content of a pipe.
std::string drained(int fd) {
  set_blocking(fd, false);
  std::string text;
  std::array<char, 4096> bytes{};
  for (ssize_t count = 0; (count = ::read(fd, bytes.data(), bytes.size())) > 0;) {
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(Piped, "Ctrl-C is handled while the output is blocked, and nothing is lost") {
  fill(out_ends[1]);
  FdOutput output(out_ends[1], err_ends[1], waiting);
  int acted = 0;
  waiting.on_interrupt([&] {
    ++acted;
    output.err("Cancelling.\n");
    output.flush();  // as a view does: it must wait for its turn
    drained(out_ends[0]);
    return true;
  });
  output.out("the answer");
  std::raise(SIGINT);
  output.flush();
  CHECK(acted == 1);
  CHECK_FALSE(output.broken());
  CHECK(drained(out_ends[0]) == "the answer");
  CHECK(drained(err_ends[0]) == "Cancelling.\n");
}

TEST_CASE_FIXTURE(
    Piped, "a signal that ends the wait makes standard output incomplete, and nothing follows the missing text") {
  fill(out_ends[1]);
  FdOutput output(out_ends[1], err_ends[1], waiting);
  output.out("lost");
  std::raise(SIGTERM);
  output.flush();
  CHECK(output.broken());
  drained(out_ends[0]);
  output.out("after the missing text");
  output.err("attach hint");
  output.flush();
  CHECK(drained(out_ends[0]).empty());
  CHECK(drained(err_ends[0]) == "attach hint");
}

TEST_CASE_FIXTURE(Piped, "non-blocking output is waited for, and is no full disk") {
  set_blocking(out_ends[1], false);
  const std::string text(500'000, 'x');  // several times what a pipe holds
  std::string received;
  std::thread reader([&] {
    std::array<char, 4096> bytes{};
    while (received.size() < text.size()) {
      const ssize_t count = ::read(out_ends[0], bytes.data(), bytes.size());
      if (count <= 0) break;
      received.append(bytes.data(), static_cast<std::size_t>(count));
    }
  });
  FdOutput output(out_ends[1], err_ends[1], waiting);
  output.out(text);
  output.flush();
  CHECK_FALSE(output.broken());
  if (output.broken()) {
    ::close(out_ends[1]);
    out_ends[1] = -1;
  }
  reader.join();
  CHECK(received == text);
}

TEST_CASE_FIXTURE(Piped, "a full disk makes standard output broken") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  FdOutput output(full, err_ends[1], waiting);
  output.out("x");
  output.flush();
  CHECK(output.broken());
  ::close(full);
}
