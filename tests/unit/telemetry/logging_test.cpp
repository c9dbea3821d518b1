#include "server/telemetry/logging.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "server/telemetry/log.h"
#include "tests/support/net/sockets.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::telemetry {

namespace {

const std::string key = "key-7Q2mZ9\"W4vB8nL1pTgHy";
const std::string other = "oth-7Q2mZ9\"W4vB8nL1pTgHy";

// Makes this descriptor standard error while it exists.
class StandardError {
 public:
  explicit StandardError(int fd) : saved_(dup(STDERR_FILENO)) { dup2(fd, STDERR_FILENO); }
  ~StandardError() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;

 private:
  const int saved_;
};

// The log after these lines.
std::string logged(bool json, const std::vector<std::string>& lines) {
  tests::TempDir dir;
  const auto path = dir.path() / "log";
  const tests::Fd file(open(path.c_str(), O_WRONLY | O_CREAT, 0600));
  const StandardError replaced(file.get());
  start_logging("trace", json);
  scrub_log(json, redaction::Scrubber({key}));
  for (const auto& line : lines) log::write(log::Level::trace, line);
  finish_logging(seconds(60));
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The dropped lines that the log reports, in all complete lines.
std::uint64_t reported_in(const std::string& log) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; (at = log.find("warning log: ", at)) != log.npos && log.find('\n', at) != log.npos;) {
    at += std::string_view("warning log: ").size();
    sum += std::stoull(log.substr(at, 20));
  }
  return sum;
}

}  // namespace

TEST_CASE("no log line contains a key, and a message is one line") {
  for (const bool json : {false, true}) {
    CAPTURE(json);
    const std::string log = logged(json, {"a " + key + " b\nc", "Authorization: Bearer abcdefgh12345", other});
    CHECK(log.find("key-7Q2m") == log.npos);
    CHECK(log.find("a [REDACTED] b") != log.npos);
    CHECK(log.find("Bearer [REDACTED]") != log.npos);
    CHECK(log.find("oth-7Q2mZ9") != log.npos);  // other text is unchanged, so the search above works
    CHECK(std::count(log.begin(), log.end(), '\n') == 3);
  }
}

TEST_CASE("text that would control the terminal of a reader is shown, in both formats") {
  for (const bool json : {false, true}) {
    CAPTURE(json);
    const std::string log = logged(json, {"workflow \u202Etxt.\u009B2J"});
    CHECK(log.find("workflow <U+202E>txt.<U+009B>2J") != log.npos);
  }
}

TEST_CASE("a log that is not read does not block, and the number of dropped lines is logged when it is read again") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const tests::Fd reader(ends[0]), writer(ends[1]);
  const StandardError replaced(writer.get());
  start_logging("trace", false);
  for (int i = 0; i < 20'000; ++i) log::info("line {}", i);  // far more than the pipe and the queue hold
  const std::uint64_t dropped = log::dropped_lines();
  CHECK(dropped > 0);
  std::string log;
  for (std::string buffer(65'536, '\0'); reported_in(log) < dropped;) {
    const ssize_t got = read(reader.get(), buffer.data(), buffer.size());
    REQUIRE(got > 0);
    log.append(buffer, 0, static_cast<std::size_t>(got));
  }
  CHECK(reported_in(log) == dropped);
  CHECK(log.find("line 19999\n") != log.npos);  // the oldest lines are dropped
  CHECK(std::count(log.begin(), log.end(), '\n') >= 20'000 - static_cast<std::ptrdiff_t>(dropped));
  CHECK(log::dropped_lines() == dropped);
}

TEST_CASE("the end of the log waits no longer than its limit for a reader") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const tests::Fd reader(ends[0]), writer(ends[1]);
  const StandardError replaced(writer.get());
  start_logging("trace", false);
  for (int i = 0; i < 5'000; ++i) log::info("line {}", i);
  finish_logging(milliseconds(1));
  start_logging("trace", false);  // ends the thread of the first log, which must not wait either
  finish_logging(milliseconds(1));
}

}  // namespace plenum::telemetry
