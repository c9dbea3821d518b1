#include "server/telemetry/logging.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "server/telemetry/log.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::telemetry {

namespace {

const std::string key = "key-7Q2mZ9\"W4vB8nL1pTgHy";
const std::string other = "oth-7Q2mZ9\"W4vB8nL1pTgHy";

// The log after these lines.
std::string logged(bool json, const std::vector<std::string>& lines) {
  tests::TempDir dir;
  const auto path = dir.path() / "log";
  const int saved = dup(STDERR_FILENO);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  dup2(file, STDERR_FILENO);
  start_logging("trace", json);
  scrub_log(json, redaction::Scrubber({key}));
  for (const auto& line : lines) log::write(log::Level::trace, line);
  stop_logging();
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(file);
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
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

}  // namespace plenum::telemetry
