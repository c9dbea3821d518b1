#include "client/cli/commands/task_input.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "common/base/base64.h"
#include "tests/support/process/temp_dir.h"
#include "tests/unit/client/client_fixtures.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

TEST_CASE("the task is the argument, the piped text, or both") {
  CHECK(*joined_task("review this", "") == "review this");
  CHECK(*joined_task("review this", "diff --git\n") == "review this\n\ndiff --git");
  CHECK(*joined_task("-", "piped\n\n") == "piped");
  CHECK(*joined_task(std::nullopt, "piped") == "piped");
}

TEST_CASE("a missing task is a usage error") {
  for (const auto& typed :
       {std::optional<std::string>(), std::optional<std::string>("-"), std::optional<std::string>("  ")}) {
    const auto task = joined_task(typed, " \n");
    REQUIRE_FALSE(task.has_value());
    CHECK(row_of(task.error().code).exit_code == 2);
  }
}

TEST_CASE("a pipe is read to its end, and one that is too long is rejected") {
  for (const std::size_t size : {std::size_t{100'000}, std::size_t{(1 << 20) + 1}}) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    std::thread writer([&] {
      const std::string text(size, 'x');
      std::size_t sent = 0;
      while (sent < size) {
        const ssize_t count = ::write(ends[1], text.data() + sent, size - sent);
        if (count <= 0) break;
        sent += static_cast<std::size_t>(count);
      }
      ::close(ends[1]);
    });
    ManualWaiter waiting;
    const auto text = read_piped(ends[0], waiting, [] {});
    CHECK(text.has_value() == (size <= 1 << 20));
    if (text) CHECK(text->size() == size);
    std::array<char, 4096> rest{};
    while (::read(ends[0], rest.data(), rest.size()) > 0) {
    }
    writer.join();
    ::close(ends[0]);
  }
}

TEST_CASE("standard input that another process has drained is waited for again") {
  // Between the poll and the read another reader of the same pipe is faster.
  struct Rivalled final : ManualWaiter {
    int wake_fd() const override { return wake[0]; }
    bool woken() override {
      char byte = 0;
      if (++looks == 1) CHECK(::read(input[0], &byte, 1) == 1);
      if (looks > 1 && input[1] >= 0) {
        CHECK(::write(input[1], "task", 4) == 4);
        ::close(std::exchange(input[1], -1));
      }
      return true;
    }
    std::array<int, 2> input{}, wake{};
    int looks = 0;
  } waiting;
  REQUIRE(::pipe2(waiting.input.data(), O_NONBLOCK) == 0);
  REQUIRE(::pipe(waiting.wake.data()) == 0);
  REQUIRE(::write(waiting.input[1], "x", 1) == 1);
  REQUIRE(::write(waiting.wake[1], "x", 1) == 1);
  const auto text = read_piped(waiting.input[0], waiting, [] {});
  REQUIRE(text.has_value());
  CHECK(*text == "task");
  for (const int fd : {waiting.input[0], waiting.input[1], waiting.wake[0], waiting.wake[1]}) ::close(fd);
}

TEST_CASE("a pipe that is not UTF-8 is rejected, and its byte order mark dropped") {
  const auto piped = [](std::string_view bytes) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    REQUIRE(::write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    ::close(ends[1]);
    ManualWaiter waiting;
    auto text = read_piped(ends[0], waiting, [] {});
    ::close(ends[0]);
    return text;
  };
  CHECK(piped("a \x96 dash in cp1252\n").error().message ==
        "standard input is not text in UTF-8: byte 0x96 in line 1, column 3");
  CHECK(*piped("\xEF\xBB\xBFline one\r\nline two\n") == "line one\r\nline two\n");
}

TEST_CASE("context, persona, schema and attached text are UTF-8 without a byte order mark, or rejected") {
  const TempDir dir;
  const std::string bad = dir.write("bad", "x\x96");
  for (const Error& error :
       {context_from("@" + bad).error(), context_from("{\"a\":\"\x96\"}").error(), persona_from("p=@" + bad).error(),
        persona_from("p=\x96").error(), persona_from("\x96=p").error(), response_format_from(bad).error(),
        context_from("", {bad}).error()}) {
    CAPTURE(error.message);
    CHECK(error.code == ErrorCode::usage);
    CHECK(error.message.find("byte 0x96 in line 1, column ") != std::string::npos);
    CHECK(error.advice().find("iconv") != std::string::npos);
  }
  const std::string json = dir.write("json", "\xEF\xBB\xBF{\"a\":1}");
  CHECK(*context_from("@" + json) == R"({"a":1})");
  CHECK(persona_from("p=@" + json)->second == R"({"a":1})");
  CHECK(response_format_from(json)->schema_json == R"({"a":1})");
  CHECK(parse_json(*context_from("", {json}))->at("attachments").at(0)["text"] == R"({"a":1})");
}

TEST_CASE("the context is a JSON object, as an argument or in a file") {
  CHECK(*context_from("") == "{}");
  CHECK(*context_from(R"({ "language": "Go" })") == R"({"language":"Go"})");
  std::string path = "context-XXXXXX";
  const int file = ::mkstemp(path.data());
  REQUIRE(::write(file, R"({"a":1})", 7) == 7);
  ::close(file);
  CHECK(*context_from("@" + path) == R"({"a":1})");
  std::remove(path.c_str());
  for (const std::string wrong : {"[1]", "{", "text", "@/nowhere/at/all"}) {
    const auto context = context_from(wrong);
    REQUIRE_FALSE(context.has_value());
    CHECK(context.error().code == ErrorCode::usage);
  }
}

TEST_CASE("a file is attached by its content: text, image or PDF, whatever its name") {
  const TempDir dir;
  const auto attachment = [](const std::string& path) {
    const auto context = context_from("", {path});
    REQUIRE(context);
    return parse_json(*context)->at("attachments").at(0);
  };
  CHECK(attachment(dir.write("notes.png", "words")) == Json{{"name", "notes.png"}, {"text", "words"}});
  const std::string png("\x89PNG\r\n\x1A\n\0", 9);
  const Json picture = attachment(dir.write("photo", png));
  CHECK(picture["name"] == "photo");
  CHECK(picture["media_type"] == "image/png");
  CHECK(base64_decoded(picture["data"].get<std::string>()) == png);
  CHECK(attachment(dir.write("a.txt", "%PDF-1.7\n\xE2\xE3"))["media_type"] == "application/pdf");
}

TEST_CASE("a file that is neither text nor a known type, or too large, is a usage error that names it") {
  const TempDir dir;
  const auto error = [](const std::string& path) {
    const auto context = context_from("", {path});
    REQUIRE_FALSE(context);
    CHECK(context.error().code == ErrorCode::usage);
    return context.error().message;
  };
  CHECK(error(dir.write("program", std::string("\x7F"
                                               "ELF\xFF\0",
                                               6)))
            .find("program is neither text in UTF-8 (byte 0xFF in line 1, column 5) nor one of image/png") !=
        std::string::npos);
  CHECK(error(dir.write("big.gif", "GIF89a" + std::string(5 << 20, 'x'))).find("big.gif has more than 5 MiB") !=
        std::string::npos);
  CHECK(error("/nowhere/picture.png").find("cannot be read") != std::string::npos);
}

TEST_CASE("a response format is text, json, or a JSON schema in a file") {
  CHECK(response_format_from("text")->kind == ResponseFormat::Kind::text);
  CHECK(response_format_from("json")->kind == ResponseFormat::Kind::json_object);
  const TempDir dir;
  const auto format = response_format_from(dir.write("schema.json", "{ \"type\": \"object\" }"));
  REQUIRE(format);
  CHECK(format->kind == ResponseFormat::Kind::json_schema);
  CHECK(format->schema_json == R"({"type":"object"})");
  for (const std::string& wrong : {dir.write("list.json", "[1]"), dir.write("text.json", "no"), std::string("jsno")}) {
    const auto rejected = response_format_from(wrong);
    REQUIRE_FALSE(rejected);
    CHECK(rejected.error().code == ErrorCode::usage);
  }
}
