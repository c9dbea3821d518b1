#include "common/base/sha256.h"

#include <doctest/doctest.h>

using namespace plenum;

// Vectors of FIPS 180-4, as published by NIST.
TEST_CASE("a digest equals the test vectors, whole or in pieces") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  RunningSha256 digest;
  digest.add("a");
  digest.add("");
  digest.add("bc");
  CHECK(digest.finish() == sha256_hex("abc"));
}
