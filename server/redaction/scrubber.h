// Takes keys out of texts: the exact values of all configured keys, in every spelling in which they could
// travel, and words that look like a vendor's key. Every sink passes its text through one of these.
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
  Scrubber();  // knows no key, but shapes
  explicit Scrubber(const std::vector<std::string_view>& keys);

  // False for nearly every text that holds no key; then there is nothing to replace.
  bool may_find_in(std::string_view text) const;
  // Replaces every key by `[REDACTED]`; true when there was one. One pass, no copy when there is none.
  bool scrub(std::string& text) const;
  // Configured keys alone: in what a caller says, a word of a key's shape may be what the task is about.
  bool scrub_keys(std::string& text) const;
  // As scrub, and what stands behind `Bearer `, half-masked keys, and the beginning of a key where the text
  // was cut: for messages of providers and of libraries, where such a word is a credential and not, as in
  // an answer, an example. Give it the whole text: of what was cut before, it knows only the first bytes.
  bool scrub_message(std::string& text) const;

 private:
  friend class DeltaScrubber;
  bool replace_all(std::string& text, bool with_shapes) const;

  std::shared_ptr<const KeyAutomaton> patterns_;  // set once
};

// The same for a text that comes in pieces: a key cut anywhere between two of them is found too. What may
// turn out to be the middle of a key is held back until it is decided; ordinary words never are. At most the
// first six bytes of a key are seen, of keys shorter than 24 bytes at most a quarter.
// Not thread-safe: one per text. The Scrubber's patterns are shared, not referred to.
class DeltaScrubber {
 public:
  explicit DeltaScrubber(const Scrubber& scrubber);
  ~DeltaScrubber();
  DeltaScrubber(DeltaScrubber&&) noexcept;

  // Appends what may be shown by now. Whole UTF-8 in, whole UTF-8 out.
  void feed(std::string_view piece, std::string& out);
  // The text is over: appends what was held back, unless it is a key that was cut off.
  void finish(std::string& out);
  // Whether a key was taken out so far.
  bool found() const;

 private:
  friend class Scrubber;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plenum::redaction
