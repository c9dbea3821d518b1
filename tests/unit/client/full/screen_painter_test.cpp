// What the painter of the whole screen shows on a terminal.
#include "client/cli/full/screen_painter.h"

#include <doctest/doctest.h>

#include "tests/support/terminal/terminal_emulator.h"

using namespace plenum::client;
using plenum::tests::TerminalEmulator;

TEST_CASE("the screen shows the lines, and afterwards what it showed before") {
  TerminalEmulator terminal(10, 3);
  terminal.write("before\n$ ");
  ScreenPainter painter(true);
  terminal.write(painter.update({{{"0123456789", {.bold = true}}}, {}, {{"中文", {}}}}, {10, 3}));
  CHECK(terminal.screen() == std::vector<std::string>{"0123456789", "", "中文"});
  CHECK(terminal.state().alternate_screen);
  CHECK(!terminal.state().cursor_visible);
  CHECK(painter.is_open());
  terminal.write(painter.close());
  CHECK(terminal.text() == "before\n$\n");
  CHECK(!terminal.state().alternate_screen);
  CHECK(terminal.state().cursor_visible);
  CHECK(terminal.state().default_pen);
  CHECK(painter.close().empty());
}

TEST_CASE("only changed lines are written, and the screen is never cleared") {
  ScreenPainter painter(false);
  painter.update({{{"one", {}}}, {{"two", {}}}}, {20, 4});
  CHECK(painter.update({{{"one", {}}}, {{"two", {}}}}, {20, 4}).empty());
  CHECK(painter.update({{{"one", {}}}, {{"2", {}}}}, {20, 4}) == "\x1b[2;1H2\x1b[K");
  CHECK(painter.update({{{"one", {}}}}, {20, 3}).find("\x1b[2J") == std::string::npos);
}

TEST_CASE("after a resize every line is written again") {
  TerminalEmulator terminal(20, 4);
  ScreenPainter painter(false);
  terminal.write(painter.update({{{"a long line of text", {}}}, {{"two", {}}}}, {20, 4}));
  terminal.resize(10, 3);
  terminal.write(painter.update({{{"short", {}}}, {{"two", {}}}}, {10, 3}));
  CHECK(terminal.screen() == std::vector<std::string>{"short", "two", ""});
}
