// What keys do in the full-screen view.
#include "client/cli/full/full_state.h"

#include <doctest/doctest.h>

#include <vector>

using namespace plenum::client;

namespace {

// Ten lines of a hundred are visible; every tenth line contains "x".
FullScreenFacts facts() {
  FullScreenFacts facts;
  facts.subjects = 3;
  facts.subject_is_member = true;
  facts.lines = 100;
  facts.page = 10;
  facts.find = [](std::string_view text, std::size_t from, bool forward) -> std::optional<std::size_t> {
    if (text != "x") return std::nullopt;
    if (forward) return from <= 90 ? std::optional((from + 9) / 10 * 10) : std::nullopt;
    return from > 0 ? std::optional((from - 1) / 10 * 10) : std::nullopt;
  };
  return facts;
}

FullAction press(FullState& state, std::string_view keys, const FullScreenFacts& context = facts()) {
  KeyDecoder decoder;
  std::vector<Key> decoded;
  decoder.feed(keys, decoded);
  decoder.flush(decoded);
  FullAction action = FullAction::none;
  for (const Key& key : decoded) action = apply_key(state, key, context);
  return action;
}

std::size_t top(const FullState& state) { return visible_top(state, 100, 10); }

}  // namespace

TEST_CASE("members are chosen with arrows, letters and numbers, within the list") {
  FullState state;
  press(state, "\x1b[B");
  CHECK(state.selected == 1);
  CHECK(state.chosen);
  press(state, "jjj");
  CHECK(state.selected == 2);
  press(state, "k\x1b[A\x1b[A\x1b[A");
  CHECK(state.selected == 0);
  press(state, "3");
  CHECK(state.selected == 2);
  press(state, "4");
  CHECK(state.selected == 2);
}

TEST_CASE("scrolling stays within the text, and follows it again from its end") {
  FullState state;
  CHECK(top(state) == 90);
  press(state, "\x1b[5~");
  CHECK(top(state) == 81);
  CHECK(visible_top(state, 200, 10) == 81);
  press(state, "g\x1b[5~");
  CHECK(top(state) == 0);
  press(state, "\x1b[6~\x1b[6~");
  CHECK(top(state) == 18);
  press(state, "G");
  CHECK(visible_top(state, 200, 10) == 190);
  CHECK(visible_top(state, 5, 10) == 0);
}

TEST_CASE("choosing another member shows its newest text") {
  FullState state;
  press(state, "g2");
  CHECK(top(state) == 90);
  press(state, "g2");
  CHECK(top(state) == 0);
}

TEST_CASE("search moves to the next and the previous match, and reports when there is none") {
  FullState state;
  press(state, "g");
  press(state, "/xy\x7f");
  CHECK(state.mode == FullMode::search);
  CHECK(state.input == "x");
  press(state, "\r");
  CHECK(state.query == "x");
  CHECK(top(state) == 0);
  press(state, "n");
  CHECK(top(state) == 10);
  press(state, "nnN");
  CHECK(top(state) == 20);
  press(state, "gN");
  CHECK(state.message == "No earlier line contains: x");
  press(state, "/é\x7f\x1b");
  CHECK(state.mode == FullMode::normal);
  CHECK(state.query == "x");
}

TEST_CASE("keys in a search are text") {
  FullState state;
  CHECK(press(state, "/qsc") == FullAction::none);
  CHECK(state.input == "qsc");
  CHECK(state.selected == 0);
}

TEST_CASE("skip and cancel need a yes") {
  FullState state;
  CHECK(press(state, "s") == FullAction::none);
  CHECK(state.mode == FullMode::confirm_skip);
  CHECK(press(state, "y") == FullAction::skip);
  CHECK(press(state, "sn") == FullAction::none);
  CHECK(state.mode == FullMode::normal);
  CHECK(press(state, "c\x1b") == FullAction::none);
  CHECK(press(state, "cy") == FullAction::cancel);
}

TEST_CASE("an ended run cannot be cancelled, and the answer cannot be skipped") {
  FullState state;
  FullScreenFacts ended = facts();
  ended.ended = true;
  CHECK(press(state, "cy", ended) == FullAction::none);
  CHECK(press(state, "s", ended) == FullAction::none);
  CHECK(state.message == "The run has ended; there is nothing to skip.");
  FullScreenFacts answer = facts();
  answer.subject_is_member = false;
  press(state, "s", answer);
  CHECK(state.mode == FullMode::normal);
  CHECK(state.message == "Choose a member to skip.");
}

TEST_CASE("Enter expands the text, any key closes the help, q and d leave") {
  FullState state;
  press(state, "\r");
  CHECK(state.expanded);
  press(state, "\x1b");
  CHECK(!state.expanded);
  CHECK(press(state, "?q") == FullAction::none);
  CHECK(state.mode == FullMode::normal);
  CHECK(press(state, "q") == FullAction::leave);
  CHECK(press(state, "d") == FullAction::leave);
}
