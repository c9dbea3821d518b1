#include "common/base/error.h"

#include <doctest/doctest.h>

#include <set>

using namespace plenum;

namespace {
constexpr auto code_count = static_cast<std::size_t>(ErrorCode::frame_too_large) + 1;
const ErrorRow& row(std::size_t i) { return row_of(static_cast<ErrorCode>(i)); }
bool has(std::string_view text, char c) { return text.find(c) != std::string_view::npos; }
}  // namespace

TEST_CASE("every code has a unique name that maps back to it") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < code_count; ++i) {
    CAPTURE(row(i).name);
    CHECK(names.insert(row(i).name).second);
    CHECK(error_code_named(row(i).name) == static_cast<ErrorCode>(i));
  }
  CHECK_FALSE(error_code_named("no such code"));
  CHECK_FALSE(error_code_named(""));
}

TEST_CASE("codes of problem documents have hyphens, all others underscores") {
  for (std::size_t i = 0; i < code_count; ++i) {
    CAPTURE(row(i).name);
    CHECK_FALSE(has(row(i).name, i <= static_cast<std::size_t>(ErrorCode::version_not_supported) ? '_' : '-'));
  }
}

TEST_CASE("every error has a remedy, in a sentence") {
  for (std::size_t i = 0; i < code_count; ++i) {
    CAPTURE(row(i).name);
    CHECK(row(i).remedy.size() > 10);
    CHECK(row(i).remedy.back() == '.');
    CHECK(row(i).remedy.front() >= 'A');
    CHECK(row(i).remedy.front() <= 'Z');
  }
}

TEST_CASE("request errors have status 4xx, server errors 5xx") {
  for (std::size_t i = 0; i < code_count; ++i) {
    CAPTURE(row(i).name);
    if (i <= static_cast<std::size_t>(ErrorCode::headers_too_large))
      CHECK(row(i).http / 100 == 4);
    else if (i <= static_cast<std::size_t>(ErrorCode::malformed))
      CHECK(row(i).http / 100 == 5);
  }
  CHECK(row_of(ErrorCode::validation_failed).http == 422);
  CHECK(row_of(ErrorCode::cursor_expired).http == 410);
  CHECK(row_of(ErrorCode::quota_exceeded).http == 429);
}

TEST_CASE("the client's exit codes distinguish the kinds of errors") {
  CHECK(row_of(ErrorCode::internal).exit_code == 1);
  CHECK(row_of(ErrorCode::validation_failed).exit_code == 2);
  CHECK(row_of(ErrorCode::unauthorized).exit_code == 4);
  CHECK(row_of(ErrorCode::busy).exit_code == 5);
  CHECK(row_of(ErrorCode::unreachable).exit_code == 5);
  CHECK(row_of(ErrorCode::stream_gone).exit_code == 6);
  CHECK(row_of(ErrorCode::deadline_exceeded).exit_code == 124);
  CHECK(row_of(ErrorCode::cancelled).exit_code == 130);
  for (std::size_t i = 0; i < code_count; ++i) {
    CAPTURE(row(i).name);
    CHECK(row(i).exit_code != 0);
    CHECK(row(i).exit_code != 3);  // degraded, which is no error
  }
}

TEST_CASE("an error's own remedy replaces that of the table") {
  CHECK(Error{ErrorCode::busy, "full"}.advice() == row_of(ErrorCode::busy).remedy);
  CHECK(Error{ErrorCode::busy, "full", "Wait for Monday."}.advice() == "Wait for Monday.");
}
