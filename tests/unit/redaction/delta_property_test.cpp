#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "server/redaction/key_encodings.h"
#include "server/redaction/scrubber.h"

namespace plenum::redaction {

namespace {

struct Range {
  std::size_t begin, end, visible;  // visible: bytes of it that may be seen
};

std::string any_word(const std::string& letters, int least, int most) {
  const auto size = static_cast<std::size_t>(*rc::gen::inRange(least, most + 1));
  return *rc::gen::container<std::string>(size, rc::gen::elementOf(letters));
}

// Random keys, keys that overlap themselves, and keys with a common prefix.
std::vector<std::string> any_keys() {
  std::vector<std::string> keys;
  for (int n = *rc::gen::inRange(1, 4); n > 0; --n) {
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        keys.push_back(any_word("ab", 8, 16));
        break;
      case 1:
        keys.push_back(std::string(static_cast<std::size_t>(*rc::gen::inRange(7, 20)), 'a') + "b" +
                       any_word("ab", 0, 8));
        break;
      default:
        keys.push_back("sh4re:" + any_word("abcXYZ019", 8, 30));
    }
  }
  return keys;
}

// Ordinary letters, complete keys in any encoding, prefixes and suffixes of keys.
std::string any_text(const std::vector<std::string>& keys) {
  std::string text;
  for (int n = *rc::gen::inRange(0, 12); n > 0; --n) {
    const auto encodings = encodings_of(*rc::gen::elementOf(keys));
    const std::string encoding = *rc::gen::elementOf(encodings);
    const auto part = *rc::gen::inRange<std::size_t>(0, encoding.size() + 1);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text += any_word("ab ", 0, 12);
        break;
      case 1:
        text += encoding;
        break;
      case 2:
        text += encoding.substr(0, part);
        break;
      default:
        text += encoding.substr(part);
    }
  }
  return text;
}

// The positions of keys by plain search; of an overlapping key, the part after the earlier one.
std::vector<Range> keys_in(const std::string& text, const std::vector<std::string>& keys) {
  std::vector<Range> found;
  for (const auto& key : keys) {
    for (const auto& encoding : encodings_of(key)) {
      const auto visible = std::min<std::size_t>(6, encoding.size() / 4);
      for (std::size_t at = 0; (at = text.find(encoding, at)) != text.npos; ++at) {
        found.push_back({at, at + encoding.size(), visible});
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::vector<Range> apart;
  for (const Range& range : found) {
    const std::size_t begin = apart.empty() ? range.begin : std::max(range.begin, apart.back().end);
    const std::size_t hidden = begin - range.begin;
    if (range.end > begin) apart.push_back({begin, range.end, range.visible - std::min(range.visible, hidden)});
  }
  return apart;
}

// Whether an encoding of one key contains another key. Then the bytes between their starts may be redacted even if only
// the inner key is present.
bool nested(const std::vector<std::string>& keys) {
  for (const auto& outer : keys) {
    for (const auto& inner : keys) {
      for (const auto& a : encodings_of(outer)) {
        for (const auto& b : encodings_of(inner)) {
          if (a.find(b, 1) != a.npos) return true;
        }
      }
    }
  }
  return false;
}

// Whether the output is the text with each key replaced, after at most its visible bytes.
bool is_scrubbed(std::string_view shown, std::string_view text, const std::vector<Range>& keys, bool none_visible,
                 std::size_t at = 0, std::size_t which = 0) {
  if (which == keys.size()) return shown == text.substr(at);
  const Range& range = keys[which];
  const auto before = text.substr(at, range.begin - at);
  if (!shown.starts_with(before)) return false;
  shown.remove_prefix(before.size());
  for (std::size_t seen = 0; seen <= (none_visible ? 0 : range.visible); ++seen) {
    if (!shown.starts_with(text.substr(range.begin, seen))) return false;
    const auto rest = shown.substr(seen);
    // Two adjacent keys may share one mark.
    const bool touches = which > 0 && keys[which - 1].end == range.begin;
    if (touches && seen == 0 && is_scrubbed(rest, text, keys, none_visible, range.end, which + 1)) return true;
    if (rest.starts_with(redacted) &&
        is_scrubbed(rest.substr(redacted.size()), text, keys, none_visible, range.end, which + 1)) {
      return true;
    }
  }
  return false;
}

Scrubber scrubber_of(const std::vector<std::string>& keys) {
  return Scrubber(std::vector<std::string_view>(keys.begin(), keys.end()));
}

void feed_in_pieces(DeltaScrubber& delta, std::string_view text, std::string& shown) {
  const auto sizes = *rc::gen::container<std::vector<std::size_t>>(16, rc::gen::inRange<std::size_t>(1, 12));
  for (std::size_t at = 0, i = 0; at < text.size(); at += sizes[i++ % sizes.size()]) {
    delta.feed(text.substr(at, sizes[i % sizes.size()]), shown);
  }
}

}  // namespace

TEST_CASE("in a complete text the keys are redacted and nothing else") {
  const bool held = rc::check([] {
    const auto keys = any_keys();
    RC_PRE(!nested(keys));
    const std::string text = any_text(keys);
    std::string shown = text;
    scrubber_of(keys).scrub(shown);
    RC_ASSERT(is_scrubbed(shown, text, keys_in(text, keys), true));
  });
  CHECK(held);
}

TEST_CASE("in a text in pieces the keys are redacted and nothing else, however it is split") {
  const bool held = rc::check([] {
    const auto keys = any_keys();
    RC_PRE(!nested(keys));
    const std::string text = any_text(keys) + " .";  // does not end with a prefix of a key: another test covers that
    DeltaScrubber delta(scrubber_of(keys));
    std::string shown;
    feed_in_pieces(delta, text, shown);
    delta.finish(shown);
    const auto found = keys_in(text, keys);
    RC_ASSERT(delta.found() == !found.empty());
    RC_ASSERT(is_scrubbed(shown, text, found, false));
  });
  CHECK(held);
}

TEST_CASE("no eight bytes of the rest of a key are visible, even if it is truncated or keys contain each other") {
  const bool held = rc::check([] {
    // All bytes differ, so that eight consecutive bytes identify the key.
    const std::string key = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const std::vector<std::string> keys = {key, key.substr(0, 12), key.substr(9, 10)};
    std::string text = any_word("xyz ", 0, 20) + key + any_word("xyz ", 0, 20) + key;
    text.resize(text.size() - *rc::gen::inRange<std::size_t>(0, 20));
    DeltaScrubber delta(scrubber_of(keys));
    std::string shown;
    feed_in_pieces(delta, text, shown);
    delta.finish(shown);
    for (std::size_t at = 0; at + 8 <= key.size(); ++at) RC_ASSERT(shown.find(key.substr(at, 8)) == shown.npos);
  });
  CHECK(held);
}

}  // namespace plenum::redaction
