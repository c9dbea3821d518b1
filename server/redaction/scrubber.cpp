#include "server/redaction/scrubber.h"

#include <algorithm>
#include <array>
#include <optional>

#include "server/redaction/key_automaton.h"
#include "server/redaction/token_shape.h"

namespace plenum::redaction {

namespace {

// Bytes before a piece that may be needed: the longest format prefix and two before it.
constexpr std::size_t history_bytes = 8;

// A message is short and about the call, so a shorter prefix is treated as a key.
constexpr std::size_t prefix_bytes_in_message = 4;
constexpr std::size_t masked_bytes_min = 8;

bool is_masked_byte(char c) { return is_token_byte(c) || c == '.' || c == '*'; }

// Replaces words with this prefix and at least eight more bytes completely, since some providers return the key half
// masked.
bool redact_words(std::string& text, std::string_view prefix, bool retain_prefix) {
  bool any = false;
  for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;) {
    std::size_t end = at + prefix.size();
    while (end < text.size() && is_masked_byte(text[end])) ++end;
    const bool inside_word = !retain_prefix && at > 0 && is_masked_byte(text[at - 1]);
    if (inside_word || end - at - prefix.size() < masked_bytes_min) {
      at = end;
      continue;
    }
    const auto start = retain_prefix ? at + prefix.size() : at;
    text.replace(start, end - start, redacted);
    at = start + redacted.size();
    any = true;
  }
  return any;
}

}  // namespace

// Indices are into `text`: what was held back, then the new piece. A match may start before it.
struct DeltaScrubber::State {
  using Index = std::ptrdiff_t;

  explicit State(std::shared_ptr<const KeyAutomaton> of) : automaton(std::move(of)) {}

  void feed(std::string_view piece, std::string& out);
  void finish(std::string& out);
  // A complete text: no byte of a key is visible. One call per state.
  void whole(std::string_view all, std::size_t prefix_bytes, std::string& out);

  void scan(std::string_view piece, std::string& out);
  void look_at(Index last, std::string& out);
  void follow_shape(Index last, std::string& out);
  void show_rest(std::size_t prefix_bytes, std::string& out);
  void redact(Index from, Index end, std::string& out);
  void show_until(Index end, std::string& out);
  bool at_word_start(Index first) const;
  char byte_at(Index index) const;
  void remember(std::string_view piece);

  const std::shared_ptr<const KeyAutomaton> automaton;
  KeyAutomaton::State state = KeyAutomaton::root;
  std::string held;
  std::array<char, history_bytes> history{};  // the last bytes before the piece
  std::optional<TokenShape> shape;            // of the current word
  std::size_t shape_bytes = 0;                // of it so far, prefix included
  bool in_key_word = false;                   // the rest of this word is part of a key
  bool marked = false;                        // nothing was appended since the last `[REDACTED]`
  bool any = false;
  bool with_shapes = true;

  std::string_view text;  // these three only during a scan
  Index piece_begin = 0;
  Index done = 0;  // shown or redacted up to here
};

void DeltaScrubber::State::feed(std::string_view piece, std::string& out) {
  if (piece.empty()) return;
  piece_begin = static_cast<Index>(held.size());
  done = 0;
  if (held.empty()) {
    text = piece;
  } else {
    text = held.append(piece);
  }
  scan(piece, out);
  const auto size = static_cast<Index>(text.size());
  auto hold = static_cast<Index>(automaton->facts(state).hold);
  if (shape) hold = std::max(hold, static_cast<Index>(shape_bytes - std::min(shape_bytes, visible_bytes_max)));
  show_until(size - hold, out);
  if (held.empty()) {
    held.assign(text.substr(static_cast<std::size_t>(done)));
  } else {
    held.erase(0, static_cast<std::size_t>(done));
  }
  remember(piece);
}

void DeltaScrubber::State::scan(std::string_view piece, std::string& out) {
  const KeyAutomaton& keys = *automaton;
  KeyAutomaton::State at = state;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    at = keys.next(at, piece[i]);
    if (shape || in_key_word || keys.is_deep(at)) {
      state = at;
      const Index last = piece_begin + static_cast<Index>(i);
      if (shape || in_key_word) follow_shape(last, out);
      if (keys.is_deep(at)) look_at(last, out);
    }
  }
  state = at;
}

void DeltaScrubber::State::look_at(Index last, std::string& out) {
  const auto facts = automaton->facts(state);
  const Index end = last + 1;
  if (facts.match) {
    // From the start of a longer key that may contain this one: undecided so far.
    redact(end - static_cast<Index>(facts.depth), end, out);
  } else if (facts.shape != 0 && with_shapes && !shape && !in_key_word &&
             at_word_start(end - static_cast<Index>(facts.shape))) {
    shape.emplace();
    shape_bytes = facts.shape;
  }
}

void DeltaScrubber::State::follow_shape(Index last, std::string& out) {
  const char byte = text[static_cast<std::size_t>(last)];
  if (!is_token_byte(byte)) {
    shape.reset();
    in_key_word = false;
    return;
  }
  if (in_key_word) return redact(last, last + 1, out);
  shape->take(byte);
  ++shape_bytes;
  if (shape->is_key()) {
    redact(last + 1 - static_cast<Index>(shape_bytes), last + 1, out);
    in_key_word = true;
    shape.reset();
  } else if (shape->is_hopeless()) {
    shape.reset();
  }
}

void DeltaScrubber::State::redact(Index from, Index end, std::string& out) {
  if (from > done) show_until(from, out);
  if (!marked) out.append(redacted);
  marked = any = true;
  done = end;
}

void DeltaScrubber::State::show_until(Index end, std::string& out) {
  if (end <= done) return;
  out.append(text.substr(static_cast<std::size_t>(done), static_cast<std::size_t>(end - done)));
  done = end;
  marked = false;
}

// A letter after a backslash is not part of a word: a line break in a JSON string.
bool DeltaScrubber::State::at_word_start(Index first) const {
  const char before = byte_at(first - 1);
  return !is_token_byte(before) || (is_letter(before) && byte_at(first - 2) == '\\');
}

char DeltaScrubber::State::byte_at(Index index) const {
  if (index >= 0) return text[static_cast<std::size_t>(index)];
  // The history includes what was held back.
  const Index place = static_cast<Index>(history_bytes) + index - piece_begin;
  return place >= 0 ? history[static_cast<std::size_t>(place)] : '\0';
}

void DeltaScrubber::State::remember(std::string_view piece) {
  const std::size_t retained = history_bytes - std::min(history_bytes, piece.size());
  std::copy(history.end() - static_cast<Index>(retained), history.end(), history.begin());
  const auto newest = piece.substr(piece.size() - (history_bytes - retained));
  std::copy(newest.begin(), newest.end(), history.begin() + static_cast<Index>(retained));
}

void DeltaScrubber::State::finish(std::string& out) {
  text = held;
  done = 0;
  show_rest(prefix_bytes_min, out);
  held.clear();
  shape.reset();
  state = KeyAutomaton::root;
}

void DeltaScrubber::State::whole(std::string_view all, std::size_t prefix_bytes, std::string& out) {
  text = all;
  scan(all, out);
  show_rest(prefix_bytes, out);
}

// At the end of the text, a prefix of a key of this length is a truncated key.
void DeltaScrubber::State::show_rest(std::size_t prefix_bytes, std::string& out) {
  const std::size_t begun = automaton->facts(state).depth;
  const auto size = static_cast<Index>(text.size());
  if (begun >= prefix_bytes) {
    redact(size - static_cast<Index>(begun), size, out);
  } else {
    show_until(size, out);
  }
}

DeltaScrubber::DeltaScrubber(const Scrubber& scrubber) : state_(std::make_unique<State>(scrubber.automaton_)) {}
DeltaScrubber::~DeltaScrubber() = default;
DeltaScrubber::DeltaScrubber(DeltaScrubber&&) noexcept = default;

void DeltaScrubber::feed(std::string_view piece, std::string& out) { state_->feed(piece, out); }
void DeltaScrubber::finish(std::string& out) { state_->finish(out); }
bool DeltaScrubber::found() const { return state_->any; }

Scrubber::Scrubber() {
  static const auto formats_only = std::make_shared<const KeyAutomaton>(std::vector<std::string_view>{});
  automaton_ = formats_only;
}

Scrubber::Scrubber(const std::vector<std::string_view>& keys)
    : automaton_(std::make_shared<const KeyAutomaton>(keys)) {}

bool Scrubber::may_find_in(std::string_view text) const { return automaton_->any_end_in(text); }
bool Scrubber::scrub(std::string& text) const { return replace_all(text, true); }
bool Scrubber::scrub_keys(std::string& text) const { return replace_all(text, false); }

bool Scrubber::replace_all(std::string& text, bool with_shapes) const {
  if (!automaton_->any_end_in(text)) return false;
  DeltaScrubber::State pass(automaton_);
  pass.with_shapes = with_shapes;
  std::string clean;
  pass.whole(text, std::string::npos, clean);
  if (pass.any) text = std::move(clean);
  return pass.any;
}

bool Scrubber::scrub_message(std::string& text) const {
  DeltaScrubber::State pass(automaton_);
  std::string clean;
  pass.whole(text, prefix_bytes_in_message, clean);
  bool any = pass.any;
  for (const auto scheme : {"Bearer ", "bearer "}) any |= redact_words(clean, scheme, true);
  for (const auto shape : KeyAutomaton::shapes()) any |= redact_words(clean, shape, false);
  if (any) text = std::move(clean);
  return any;
}

}  // namespace plenum::redaction
