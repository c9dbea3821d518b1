#include "common/files/file_reader.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/support/process/temp_dir.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

constexpr std::size_t small = 1'000;

std::string failure(const std::string& path, const ReadLimits& limits = {.bytes_max = small}) {
  const Result<std::string> text = read_file(path, "--file " + path, limits);
  if (text) return "";
  CHECK(text.error().code == ErrorCode::usage);
  CHECK_FALSE(text.error().remedy.empty());
  return text.error().message;
}

std::string pipe_in(const TempDir& dir) {
  const std::string path = (dir.path() / "pipe").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  return path;
}

}  // namespace

TEST_CASE("a file is read whole, up to the limit") {
  const TempDir dir;
  CHECK(read_file(dir.write("empty", ""), "x")->empty());
  const std::string text(small, 'x');
  const std::string path = dir.write("full", text);
  CHECK(*read_file(path, "x", {.bytes_max = small}) == text);
  CHECK(failure(dir.write("big", text + "y"), {.bytes_max = 2048}) == "");
  CHECK(failure(dir.write("bigger", std::string(4'000, 'x')), {.bytes_max = 2048}) ==
        "--file " + (dir.path() / "bigger").string() + " cannot be read: it has more than 2 KiB");
}

TEST_CASE("what is no file that can be read is refused with its cause") {
  const TempDir dir;
  CHECK(failure(dir.path().string()).ends_with(" cannot be read: it is a directory"));
  CHECK(failure("/nowhere/at/all") == "--file /nowhere/at/all cannot be read: No such file or directory");
  CHECK(failure("/proc/self/mem").ends_with("cannot be read: Input/output error"));
}

TEST_CASE("a device without end is read up to the limit only") {
  CHECK(failure("/dev/zero").ends_with("cannot be read: it has more than 1000 bytes"));
  CHECK(read_file("/dev/null", "x")->empty());
}

TEST_CASE("a named pipe without a writer is refused, with one it is read to its end") {
  const TempDir dir;
  const std::string path = pipe_in(dir);
  CHECK(failure(path, {.writer_max = milliseconds(1)}).ends_with("it is a named pipe to which no program writes"));
  std::thread writer([&] {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);  // waits for the reader
    CHECK(::write(fd, "words", 5) == 5);
    ::close(fd);
  });
  const Result<std::string> text = read_file(path, "x", {.writer_max = milliseconds(60'000)});
  writer.join();
  REQUIRE(text);
  CHECK(*text == "words");
}

TEST_CASE("a pipe whose writer is silent is refused after the limit") {
  const TempDir dir;
  const std::string path = pipe_in(dir);
  const int both = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  CHECK(failure(path, {.silence_max = milliseconds(1)}).find("nothing arrived for 0 s") != std::string::npos);
  ::close(both);
}
