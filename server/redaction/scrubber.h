// Redacts keys in texts: the values of all configured keys, in every encoding, and words in the format of a vendor's
// key. Every sink redacts its text with a scrubber.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::redaction {

class KeyAutomaton;

inline constexpr std::string_view redacted = "[REDACTED]";

// Const after construction: any thread. Cheap to copy.
class Scrubber {
 public:
  Scrubber();  // no keys, only key formats
  explicit Scrubber(const std::vector<std::string_view>& keys);

  // False for nearly every text without a key; then there is nothing to redact.
  bool may_find_in(std::string_view text) const;
  // Replaces every key by `[REDACTED]`; true if there was one. One pass; no copy without a key.
  bool scrub(std::string& text) const;
  // Configured keys only: in a task, a word in the format of a key may be part of the question.
  bool scrub_keys(std::string& text) const;
  // As scrub, and also the word after `Bearer `, half-masked keys, and the start of a key where the text was truncated:
  // for messages of providers and libraries, where such a word is a credential and not an example. Pass the complete
  // text: the rest of a key that was truncated before may not be recognized.
  bool scrub_message(std::string& text) const;

 private:
  friend class DeltaScrubber;
  bool replace_all(std::string& text, bool with_shapes) const;

  std::shared_ptr<const KeyAutomaton> automaton_;  // set once
};

// The same for a text that arrives in pieces: a key split over pieces is found too. A possible part of a key is held
// back until it is decided; ordinary words are not. At most the first six bytes of a key are visible, of keys shorter
// than 24 bytes at most a quarter.
// Not thread-safe: one per text. Shares ownership of the scrubber's automaton.
class DeltaScrubber {
 public:
  explicit DeltaScrubber(const Scrubber& scrubber);
  ~DeltaScrubber();
  DeltaScrubber(DeltaScrubber&&) noexcept;

  // Appends the text that can be shown. Complete UTF-8 sequences in and out.
  void feed(std::string_view piece, std::string& out);
  // At the end of the text: appends what was held back, unless it is a truncated key.
  void finish(std::string& out);
  // Whether a key was redacted so far.
  bool found() const;

 private:
  friend class Scrubber;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plenum::redaction
