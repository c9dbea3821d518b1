// The region on a terminal without a window.
#include "client/cli/live/live_region.h"

#include <doctest/doctest.h>

#include "client/cli/render/view_choice.h"
#include "tests/support/terminal/terminal_emulator.h"

using namespace plenum::client;
using namespace plenum::tests;

namespace {

std::vector<StyledLine> lines_of(std::initializer_list<const char*> texts) {
  std::vector<StyledLine> lines;
  for (const char* text : texts) lines.push_back(StyledLine{{text}});
  return lines;
}

constexpr ScreenSize size{20, 6};

}  // namespace

TEST_CASE("only changed lines are written again") {
  LiveRegion region(false, false);
  TerminalEmulator terminal(20, 6);
  terminal.write(region.update({}, lines_of({"one", "two", "three"}), size));
  CHECK(terminal.text() == "one\ntwo\nthree\n");
  CHECK(region.update({}, lines_of({"one", "two", "three"}), size).empty());
  const std::string bytes = region.update({}, lines_of({"one", "2", "three"}), size);
  CHECK(bytes == "\x1b[?7l\r\x1b[1A2\x1b[K\r\x1b[1B\x1b[?7h");
  terminal.write(bytes);
  CHECK(terminal.text() == "one\n2\nthree\n");
}

TEST_CASE("the region grows and shrinks, and lines above it go to the scrollback once") {
  LiveRegion region(false, false);
  TerminalEmulator terminal(20, 6);
  terminal.write("$ plenum run\n");
  terminal.write(region.update({}, lines_of({"a"}), size));
  terminal.write(region.update(lines_of({"first", "second"}), lines_of({"a", "b", "c"}), size));
  CHECK(terminal.text() == "$ plenum run\nfirst\nsecond\na\nb\nc\n");
  terminal.write(region.update(lines_of({"third", "fourth"}), lines_of({"a", "d"}), size));
  CHECK(terminal.text() == "$ plenum run\nfirst\nsecond\nthird\nfourth\na\nd\n");
  terminal.write(region.update({}, lines_of({"x"}), size));
  CHECK(terminal.text() == "$ plenum run\nfirst\nsecond\nthird\nfourth\nx\n");
  CHECK_FALSE(terminal.state().cursor_visible);
  terminal.write(region.close(lines_of({"end"}), size));
  CHECK(terminal.text() == "$ plenum run\nfirst\nsecond\nthird\nfourth\nend\n");
  CHECK(terminal.state().cursor_visible);
  CHECK(terminal.cursor_column() == 0);
}

TEST_CASE("a line in the scrollback that is wider than expected wraps, and a line of the region does not") {
  LiveRegion region(false, false);
  TerminalEmulator terminal(20, 6);
  terminal.write(
      region.update(lines_of({"a line above that is too long"}), lines_of({"a row that is much too long", "b"}), size));
  CHECK(terminal.text() == "a line above that is\n too long\na row that is much\nb\n");
  terminal.write(region.update({}, lines_of({"c", "b"}), size));
  CHECK(terminal.text() == "a line above that is\n too long\nc\nb\n");
}

TEST_CASE("a wrapped line above erases what it replaces of the region") {
  LiveRegion region(false, false);
  TerminalEmulator terminal(20, 6);
  terminal.write(region.update({}, lines_of({"a row of the region", "another row of it", "c"}), size));
  terminal.write(region.update(lines_of({"a line that is longer than that"}), lines_of({"a"}), size));
  CHECK(terminal.text() == "a line that is longe\nr than that\na\n");
}

TEST_CASE("a narrower terminal that wraps lines again has the top of the region further up") {
  LiveRegion region(false, true);
  (void)region.update({}, lines_of({"123456789012345", "12345", "123"}), size);
  // The first line now takes two rows, so the top is three rows above the cursor.
  CHECK(region.update({}, lines_of({"x"}), {10, 6}).find("\x1b[3A") != std::string::npos);
  LiveRegion fixed(false, false);
  (void)fixed.update({}, lines_of({"123456789012345", "12345", "123"}), size);
  CHECK(fixed.update({}, lines_of({"x"}), {10, 6}).find("\x1b[2A") != std::string::npos);
}

TEST_CASE("whether a terminal wraps lines again is known from its environment") {
  CHECK(reflows_lines({"", "xterm-256color", "", ""}));
  CHECK_FALSE(reflows_lines({"", "xterm-256color", "XTerm(379)", ""}));
  CHECK_FALSE(reflows_lines({"", "linux", "", ""}));
  CHECK_FALSE(reflows_lines({"", "screen", "", ""}));
  CHECK(reflows_lines({"", "screen-256color", "", "default,1,0"}));
}

TEST_CASE("a terminal without a cursor, and users of screen readers, get lines") {
  CHECK(wants_plain({"", "dumb", "", ""}));
  CHECK(wants_plain({"", "", "", ""}));
  CHECK(wants_plain({"1", "xterm", "", ""}));
  CHECK_FALSE(wants_plain({"", "xterm", "", ""}));
  CHECK_FALSE(wants_plain({"0", "xterm", "", ""}));
}
