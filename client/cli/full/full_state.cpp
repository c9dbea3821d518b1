#include "client/cli/full/full_state.h"

#include <algorithm>
#include <utility>

namespace plenum::client {
namespace {

constexpr std::size_t query_bytes_max = 200;

std::size_t last_top(const FullScreenFacts& facts) { return facts.lines - std::min(facts.lines, facts.page); }

void select_subject(FullState& state, std::size_t index, const FullScreenFacts& facts) {
  if (index >= facts.subjects) return;
  state.chosen = true;
  if (state.selected == index) return;
  state.selected = index;
  state.top = 0;
  state.follow_end = true;
}

void scroll_to(FullState& state, std::size_t top, const FullScreenFacts& facts) {
  state.chosen = true;
  state.top = std::min(top, last_top(facts));
  state.follow_end = state.top == last_top(facts);
}

void scroll_by(FullState& state, std::ptrdiff_t lines, const FullScreenFacts& facts) {
  const auto top = static_cast<std::ptrdiff_t>(visible_top(state, facts.lines, facts.page));
  scroll_to(state, static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, top + lines)), facts);
}

void search_next(FullState& state, const FullScreenFacts& facts, std::size_t from, bool forward) {
  if (state.query.empty() || !facts.find) return;
  if (const auto line = facts.find(state.query, from, forward)) {
    scroll_to(state, *line, facts);
    state.follow_end = false;
  } else {
    state.message = "No " + std::string(forward ? "further" : "earlier") + " line contains: " + state.query;
  }
}

FullAction confirm(FullState& state, const Key& key) {
  const FullMode mode = std::exchange(state.mode, FullMode::normal);
  if (key.kind != KeyKind::character || (key.text != "y" && key.text != "Y")) return FullAction::none;
  return mode == FullMode::confirm_skip ? FullAction::skip : FullAction::cancel;
}

void type_query(FullState& state, const Key& key, const FullScreenFacts& facts) {
  if (key.kind == KeyKind::character && state.input.size() + key.text.size() <= query_bytes_max) {
    state.input += key.text;
  } else if (key.kind == KeyKind::backspace) {
    while (!state.input.empty() && (static_cast<unsigned char>(state.input.back()) & 0xC0) == 0x80) {
      state.input.pop_back();
    }
    if (!state.input.empty()) state.input.pop_back();
  } else if (key.kind == KeyKind::enter) {
    state.mode = FullMode::normal;
    if (!state.input.empty()) state.query = state.input;
    search_next(state, facts, visible_top(state, facts.lines, facts.page), true);
  } else if (key.kind == KeyKind::escape) {
    state.mode = FullMode::normal;
  }
}

// The letter with the same meaning.
char letter_of(const Key& key) {
  switch (key.kind) {
    case KeyKind::character:
      return key.text.size() == 1 ? key.text.front() : '\0';
    case KeyKind::up:
      return 'k';
    case KeyKind::down:
      return 'j';
    case KeyKind::page_up:
      return 'b';
    case KeyKind::page_down:
      return ' ';
    case KeyKind::home:
      return 'g';
    case KeyKind::end:
      return 'G';
    default:
      return '\0';
  }
}

void request_skip(FullState& state, const FullScreenFacts& facts) {
  if (facts.ended) {
    state.message = "The run has ended; there is nothing to skip.";
  } else if (!facts.subject_is_member) {
    state.message = "Choose a member to skip.";
  } else {
    state.mode = FullMode::confirm_skip;
  }
}

FullAction normal_key(FullState& state, const Key& key, const FullScreenFacts& facts) {
  const auto page = static_cast<std::ptrdiff_t>(std::max<std::size_t>(facts.page, 2) - 1);
  const std::size_t top = visible_top(state, facts.lines, facts.page);
  if (key.kind == KeyKind::enter) state.expanded = !state.expanded;
  if (key.kind == KeyKind::escape) state.expanded = false;
  switch (const char letter = letter_of(key)) {
    case 'k':
      select_subject(state, state.selected - std::min<std::size_t>(state.selected, 1), facts);
      break;
    case 'j':
      select_subject(state, state.selected + 1, facts);
      break;
    case 'b':
      scroll_by(state, -page, facts);
      break;
    case ' ':
      scroll_by(state, page, facts);
      break;
    case 'u':
      scroll_by(state, -1, facts);
      break;
    case 'e':
      scroll_by(state, 1, facts);
      break;
    case 'g':
      scroll_to(state, 0, facts);
      break;
    case 'G':
      scroll_to(state, facts.lines, facts);
      break;
    case '/':
      state.mode = FullMode::search;
      state.input.clear();
      break;
    case 'n':
      search_next(state, facts, top + 1, true);
      break;
    case 'N':
      search_next(state, facts, top, false);
      break;
    case '?':
      state.mode = FullMode::help;
      break;
    case 's':
      request_skip(state, facts);
      break;
    case 'c':
      if (facts.ended) {
        state.message = "The run has ended.";
      } else {
        state.mode = FullMode::confirm_cancel;
      }
      break;
    case 'd':
    case 'q':
      return FullAction::leave;
    default:
      if (letter >= '1' && letter <= '9') select_subject(state, static_cast<std::size_t>(letter - '1'), facts);
  }
  return FullAction::none;
}

}  // namespace

FullAction apply_key(FullState& state, const Key& key, const FullScreenFacts& facts) {
  if (key.kind == KeyKind::other) return FullAction::none;
  state.message.clear();
  switch (state.mode) {
    case FullMode::confirm_skip:
    case FullMode::confirm_cancel:
      return confirm(state, key);
    case FullMode::search:
      type_query(state, key, facts);
      return FullAction::none;
    case FullMode::help:
      state.mode = FullMode::normal;
      return FullAction::none;
    case FullMode::normal:
      break;
  }
  return normal_key(state, key, facts);
}

std::size_t visible_top(const FullState& state, std::size_t lines, std::size_t page) {
  const std::size_t last = lines - std::min(lines, page);
  return state.follow_end ? last : std::min(state.top, last);
}

}  // namespace plenum::client
