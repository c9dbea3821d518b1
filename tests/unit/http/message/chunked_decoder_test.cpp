// The decoder of chunked bodies against byte-exact input: one row per rule, each at every position of a split.
#include "server/http/message/chunked_decoder.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace plenum;
using namespace plenum::http;

namespace {

constexpr std::size_t body_bytes_max = 40;

struct Decoded {
  int status = 0;  // 0: incomplete; 200: complete; otherwise the status of the rejection
  std::string body;
  std::string rest;  // input behind the body
  bool operator==(const Decoded&) const = default;
};

// Decodes the pieces in order.
Decoded decode(const std::vector<std::string_view>& pieces) {
  ChunkedDecoder decoder({.body_bytes_max = body_bytes_max, .extension_bytes_max = 20, .trailer_bytes_max = 20});
  Decoded result;
  for (const auto piece : pieces) {
    if (result.status != 0) {
      result.rest += result.status == 200 ? piece : "";
      continue;
    }
    const auto decoded = decoder.decode(piece, result.body);
    if (const auto* rejected = std::get_if<RejectedRequest>(&decoded)) {
      result = {rejected->status, {}, {}};
      continue;
    }
    const auto& [consumed, complete] = std::get<DecodedBytes>(decoded);
    CHECK((complete || consumed == piece.size()));
    result.status = complete ? 200 : 0;
    result.rest = piece.substr(consumed);
  }
  return result;
}

std::string of(std::size_t count, char byte) { return std::string(count, byte); }

struct Case {
  std::string_view what;
  std::string bytes;
  int status;
  std::string body = {};
};

const std::vector<Case>& cases() {
  static const std::vector<Case> rows = {
      {"two chunks", "2\r\n{}\r\n3\r\nabc\r\n0\r\n\r\n", 200, "{}abc"},
      {"no data", "0\r\n\r\n", 200, ""},
      {"a size in either case, with zeros in front", "0a\r\n0123456789\r\n00A\r\n0123456789\r\n000\r\n\r\n", 200,
       "01234567890123456789"},
      {"data that looks like framing", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", 200, "\r\n0\r\n\r\n"},
      {"an extension", "2;a=b;c=\"d;e\"\r\n{}\r\n0\r\n\r\n", 200, "{}"},
      {"an extension of the last chunk", "2\r\n{}\r\n0;done\r\n\r\n", 200, "{}"},
      {"trailers", "2\r\n{}\r\n0\r\nA: b\r\nCc:\td\r\n\r\n", 200, "{}"},
      {"as much data as allowed", "28\r\n" + of(40, 'x') + "\r\n0\r\n\r\n", 200, of(40, 'x')},
      {"a byte more", "29\r\n" + of(41, 'x') + "\r\n0\r\n\r\n", 413},
      {"a byte more in the second chunk", "28\r\n" + of(40, 'x') + "\r\n1\r\n", 413},
      {"the largest size", "FFFFFFFFFFFFFFFF\r\n", 413},
      {"a size beyond 64 bits", "10000000000000000\r\n", 400},
      {"a size of many zeros", of(17, '0') + "\r\n\r\n", 400},
      {"extensions up to their limit", "2;" + of(10, 'e') + "\r\n{}\r\n0;" + of(10, 'e') + "\r\n\r\n", 200, "{}"},
      {"a byte more of extensions", "2;" + of(10, 'e') + "\r\n{}\r\n0;" + of(11, 'e') + "\r\n\r\n", 400},
      {"endless extension", "2;" + of(21, 'e'), 400},
      {"trailers up to their limit", "0\r\nA: " + of(15, 't') + "\r\n\r\n", 200},
      {"a byte more of trailers", "0\r\nA: " + of(16, 't') + "\r\n\r\n", 400},
      {"endless trailer", "0\r\nA: " + of(20, 't'), 400},
      {"no size", "\r\n{}\r\n0\r\n\r\n", 400},
      {"an extension in place of a size", ";a\r\n", 400},
      {"a negative size", "-2\r\n{}\r\n", 400},
      {"a signed size", "+2\r\n{}\r\n", 400},
      {"0x", "0x2\r\n{}\r\n0\r\n\r\n", 400},
      {"a letter that is no digit", "2g\r\n{}\r\n", 400},
      {"a space before the size", " 2\r\n{}\r\n0\r\n\r\n", 400},
      {"a space behind the size", "2 \r\n{}\r\n0\r\n\r\n", 400},
      {"a space before an extension", "2 ;a\r\n{}\r\n0\r\n\r\n", 400},
      {"a tab behind the size", "2\t\r\n{}\r\n", 400},
      {"an underscore in the size", "1_0\r\n", 400},
      {"bare LF behind the size", "2\n{}\r\n0\r\n\r\n", 400},
      {"bare CR behind the size", "2\r{}\r\n0\r\n\r\n", 400},
      {"CR CR LF behind the size", "2\r\r\n{}\r\n", 400},
      {"bare LF in an extension", "2;a\n{}\r\n0\r\n\r\n", 400},
      {"bare CR in an extension", "2;a\rb\r\n{}\r\n", 400},
      {"NUL in an extension", std::string("2;a\0b\r\n", 7), 400},
      {"data that is longer than its size", "1\r\n{}\r\n0\r\n\r\n", 400},
      {"data that is shorter than its size", "3\r\n{}\r\n0\r\n\r\n", 400},
      {"bare LF behind the data", "2\r\n{}\n0\r\n\r\n", 400},
      {"bare CR behind the data", "2\r\n{}\r0\r\n\r\n", 400},
      {"no line end behind the data", "2\r\n{}0\r\n\r\n", 400},
      {"bare LF behind the last chunk", "0\n\r\n", 400},
      {"bare LF at the end", "0\r\n\n", 400},
      {"CR without LF at the end", "0\r\n\r0", 400},
      {"bare LF in a trailer", "0\r\nA: b\n\r\n", 400},
      {"folded trailer", "0\r\nA: b\r\n c\r\n\r\n", 400},
      {"trailer without a colon", "0\r\nA\r\n\r\n", 400},
      {"trailer without a name", "0\r\n: b\r\n\r\n", 400},
      {"space before the colon of a trailer", "0\r\nA : b\r\n\r\n", 400},
      {"control byte in a trailer", "0\r\nA: \x01\r\n\r\n", 400},
      {"a request in place of the end", "0\r\nGET / HTTP/1.1\r\n", 400},
      {"half a chunk", "5\r\nab", 0, "ab"},
      {"no last chunk", "2\r\n{}\r\n", 0, "{}"},
      {"no end of the trailers", "2\r\n{}\r\n0\r\n", 0, "{}"},
  };
  return rows;
}

}  // namespace

TEST_CASE("a chunked body is decoded or rejected by its bytes") {
  for (const auto& row : cases()) {
    CAPTURE(row.what);
    const auto decoded = decode({row.bytes});
    CHECK(decoded.status == row.status);
    CHECK(decoded.body == row.body);
    CHECK(decoded.rest == "");
  }
}

TEST_CASE("a chunked body yields the same however it is split") {
  for (const auto& row : cases()) {
    CAPTURE(row.what);
    const std::string_view bytes = row.bytes;
    const auto whole = decode({bytes});
    std::vector<std::string_view> single;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      single.push_back(bytes.substr(at, 1));
      CAPTURE(at);
      CHECK(decode({bytes.substr(0, at), bytes.substr(at)}) == whole);
    }
    CHECK(decode(single) == whole);
  }
}

TEST_CASE("what follows a chunked body is left for the next request") {
  const std::string bytes = "2\r\n{}\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\n";
  CHECK(decode({bytes}).rest == "GET / HTTP/1.1\r\n");
}

TEST_CASE("a chunk that exceeds the limit is rejected before its data arrives") {
  CHECK(decode({"29\r\n"}).status == 413);
  CHECK(decode({"28\r\n"}).status == 0);
}
