// Which keys the bytes of a terminal are.
#include "client/cli/full/key_decoder.h"

#include <doctest/doctest.h>

using namespace plenum::client;

namespace {

std::vector<Key> keys_of(std::string_view bytes) {
  KeyDecoder decoder;
  std::vector<Key> keys;
  decoder.feed(bytes, keys);
  decoder.flush(keys);
  return keys;
}

std::vector<Key> of_kind(std::initializer_list<KeyKind> kinds) {
  std::vector<Key> keys;
  for (const KeyKind kind : kinds) keys.push_back({kind});
  return keys;
}

}  // namespace

TEST_CASE("characters are decoded, those of several bytes as one key") {
  CHECK(keys_of("aé中") ==
        std::vector<Key>{{KeyKind::character, "a"}, {KeyKind::character, "é"}, {KeyKind::character, "中"}});
  CHECK(keys_of("\r\n\x7f\b\x01") ==
        of_kind({KeyKind::enter, KeyKind::enter, KeyKind::backspace, KeyKind::backspace, KeyKind::other}));
}

TEST_CASE("sequences of both cursor key modes are the same keys") {
  CHECK(keys_of("\x1b[A\x1b[B\x1b[C\x1b[D") == of_kind({KeyKind::up, KeyKind::down, KeyKind::right, KeyKind::left}));
  CHECK(keys_of("\x1bOA\x1bOB\x1bOH\x1bOF") == of_kind({KeyKind::up, KeyKind::down, KeyKind::home, KeyKind::end}));
  CHECK(keys_of("\x1b[5~\x1b[6;2~\x1b[H\x1b[4~\x1b[1;5A") ==
        of_kind({KeyKind::page_up, KeyKind::page_down, KeyKind::home, KeyKind::end, KeyKind::up}));
}

TEST_CASE("sequences without a meaning press no other key") {
  CHECK(keys_of("\x1b[200~\x1b[<0;1;1M\x1b[15~\x1bq") ==
        of_kind({KeyKind::other, KeyKind::other, KeyKind::other, KeyKind::other}));
  CHECK(keys_of("\x1b[" + std::string(60, '1')).size() < 60);
}

TEST_CASE("the escape key is known after a pause") {
  KeyDecoder decoder;
  std::vector<Key> keys;
  decoder.feed("\x1b", keys);
  CHECK(keys.empty());
  CHECK(decoder.pending());
  decoder.flush(keys);
  CHECK(keys == of_kind({KeyKind::escape}));
  CHECK(!decoder.pending());
  CHECK(keys_of("\x1b\x1b[A") == of_kind({KeyKind::escape, KeyKind::up}));
}

TEST_CASE("bytes that are not UTF-8 delay no key") {
  CHECK(keys_of("\xe4q") == std::vector<Key>{{KeyKind::other}, {KeyKind::character, "q"}});
  CHECK(keys_of("\xff") == of_kind({KeyKind::other}));
}

TEST_CASE("keys do not depend on how their bytes were divided") {
  const std::string bytes = "a\x1b[A\x1b[5~é\x1bOB中\x1b[1;5C\xe4q\x1b\x1b[6~";
  const std::vector<Key> whole = keys_of(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    KeyDecoder decoder;
    std::vector<Key> keys;
    decoder.feed(std::string_view(bytes).substr(0, cut), keys);
    decoder.feed(std::string_view(bytes).substr(cut), keys);
    decoder.flush(keys);
    CHECK(keys == whole);
  }
}
