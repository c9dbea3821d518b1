// Takes keys out of texts: the exact values of all configured keys, in every spelling in which they could
// travel, and words that look like a vendor's key. Every sink passes its text through one of these.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plenum::secret {

class Patterns;

// Const after construction: any thread. Cheap to copy.
class Scrubber {
 public:
  Scrubber();  // knows no key, but shapes
  explicit Scrubber(const std::vector<std::string_view>& keys);

  // Replaces every key by `[REDACTED]`; true when there was one. One pass, no copy when there is none.
  bool scrub(std::string& text) const;
  // Likewise, and what stands behind `Bearer ` too: for messages of providers and of libraries, where
  // such a word is a credential and not, as in an answer, an example.
  bool scrub_message(std::string& text) const;

 private:
  friend class DeltaScrubber;
  std::shared_ptr<const Patterns> patterns_;  // set once
};

// The same for a text that comes in pieces: a key cut anywhere between two of them is found too. What may
// turn out to be the middle of a key is held back until it is decided; ordinary words never are.
// Not thread-safe: one per text. The Scrubber's patterns are shared, not referred to.
class DeltaScrubber {
 public:
  explicit DeltaScrubber(const Scrubber& scrubber);
  ~DeltaScrubber();
  DeltaScrubber(DeltaScrubber&&) noexcept;

  // Appends what may be shown by now.
  void feed(std::string_view piece, std::string& out);
  // The text is over: appends what was held back, unless it is a key that was cut off.
  void finish(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plenum::secret
