#include "server/telemetry/log_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <csignal>
#include <string>
#include <thread>

#include "tests/support/net/sockets.h"

namespace plenum::telemetry {

namespace {

struct Ends {
  tests::Fd reader, writer;
};

Ends make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {tests::Fd(ends[0]), tests::Fd(ends[1])};
}

Ends make_socket() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {tests::Fd(ends[0]), tests::Fd(ends[1])};
}

std::string read_bytes(int fd, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t got = 0;
  while (got < count) {
    const ssize_t now = ::read(fd, bytes.data() + got, count - got);
    REQUIRE(now > 0);
    got += static_cast<std::size_t>(now);
  }
  return bytes;
}

}  // namespace

TEST_CASE("more than a pipe or a socket holds arrives whole at a slow reader") {
  std::string text;
  while (text.size() < 2'000'000) text += std::to_string(text.size()) + ' ';
  for (auto make : {&make_pipe, &make_socket}) {
    const Ends ends = make();
    LogOutput output(ends.writer.get());
    std::thread reader([&] { CHECK((read_bytes(ends.reader.get(), text.size()) == text)); });
    CHECK(output.write(text));
    reader.join();
  }
}

TEST_CASE("a write that waits for its reader ends at the limit, and later ones fail at once") {
  const std::string text(4'000'000, 'x');
  for (auto make : {&make_pipe, &make_socket}) {
    const Ends ends = make();
    LogOutput output(ends.writer.get());
    std::thread writer([&] { CHECK_FALSE(output.write(text)); });
    CHECK((read_bytes(ends.reader.get(), 1) == "x"));  // it is writing
    output.end_within(milliseconds(1));
    writer.join();
    CHECK_FALSE(output.write("x"));
  }
}

TEST_CASE("after the limit a reader that reads still gets everything that needs no waiting") {
  const Ends ends = make_pipe();
  LogOutput output(ends.writer.get());
  output.end_within(milliseconds(0));
  CHECK(output.write("the end"));
  CHECK(read_bytes(ends.reader.get(), 7) == "the end");
}

TEST_CASE("a reader that is gone makes a write fail, not the process") {
  ::signal(SIGPIPE, SIG_IGN);  // as prepare_process() does
  Ends ends = make_pipe();
  LogOutput output(ends.writer.get());
  ends.reader.close();
  CHECK_FALSE(output.write("x"));
}

TEST_CASE("the descriptor that other processes share stays blocking") {
  const Ends ends = make_pipe();
  const LogOutput output(ends.writer.get());
  CHECK((::fcntl(ends.writer.get(), F_GETFL) & O_NONBLOCK) == 0);
}

}  // namespace plenum::telemetry
