#include "client/cli/args/input_text.h"

#include <doctest/doctest.h>

#include "tests/support/process/temp_dir.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

TEST_CASE("bytes that are not UTF-8 are rejected with their position and a converting command") {
  const auto text = input_text("a \x96 dash in cp1252\n", "standard input");
  REQUIRE_FALSE(text.has_value());
  CHECK(text.error().code == ErrorCode::usage);
  CHECK(text.error().message == "standard input is not text in UTF-8: byte 0x96 in line 1, column 3");
  CHECK(text.error().remedy == "Convert it to UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8");
}

TEST_CASE("the position counts lines, and characters in a line") {
  CHECK(*utf8_fault("one\r\nt\xC3\xBC\xE2\x82\xAC\xFFx") == "byte 0xFF in line 2, column 4");
  CHECK(*utf8_fault("\n\n\xC3") == "byte 0xC3 in line 3, column 1");      // cut off at the end
  CHECK(*utf8_fault("\xED\xA0\x80") == "byte 0xED in line 1, column 1");  // a surrogate
  CHECK(*utf8_fault("\xC0\xAF") == "byte 0xC0 in line 1, column 1");      // overlong
  CHECK_FALSE(utf8_fault("plain, \xC3\xBC, \xE2\x82\xAC, \xF0\x9F\x98\x80").has_value());
  CHECK_FALSE(utf8_fault("").has_value());
}

TEST_CASE("a byte order mark is dropped at the start, and only there") {
  CHECK(*input_text("\xEF\xBB\xBFline one\r\nline two\n", "x") == "line one\r\nline two\n");
  CHECK(*input_text("a\xEF\xBB\xBF", "x") == "a\xEF\xBB\xBF");
  CHECK(input_text("\xEF\xBB\xBF", "x")->empty());
}

TEST_CASE("text in UTF-16 is recognized by its byte order mark") {
  const std::string_view utf16("\xFF\xFEh\0i\0", 6);
  CHECK(input_text(utf16, "x").error().remedy == "Convert it to UTF-8, for example with: iconv -f UTF-16 -t UTF-8");
  CHECK_FALSE(is_binary(utf16));
  CHECK(
      is_binary(std::string_view("\x7F"
                                 "ELF\xFF\0",
                                 6)));
  CHECK_FALSE(is_binary("a \x96 dash"));
}

TEST_CASE("a file is read as text in the same way, and named in its errors as on the command line") {
  const TempDir dir;
  CHECK(*file_text(dir.write("good", "\xEF\xBB\xBFwords"), "--persona p=@") == "words");
  const std::string bad = dir.write("bad", "x\x96");
  CHECK(file_text(bad, "--persona p=@").error().message ==
        "--persona p=@" + bad + " is not text in UTF-8: byte 0x96 in line 1, column 2");
  CHECK(file_text("/nowhere/at/all", "--context @").error().message ==
        "--context @/nowhere/at/all cannot be read: No such file or directory");
}
