// The parser of request heads against byte-exact requests: one row per rule, and one per input that was measured to
// break the packaged library.
#include "server/http/message/request_head.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace plenum;
using namespace plenum::http;

namespace {

constexpr int need_more = 0, good = 200;

// 0: incomplete; 200: valid; otherwise the status of the rejection.
int status_of(std::string_view bytes, const HeadLimits& limits = {}) {
  const auto result = scan_and_parse(bytes, limits);
  if (const auto* rejected = std::get_if<RejectedRequest>(&result)) return rejected->status;
  return std::holds_alternative<RequestHead>(result) ? good : need_more;
}

RequestHead valid_head(std::string_view bytes) {
  auto result = scan_and_parse(bytes, {});
  REQUIRE(std::holds_alternative<RequestHead>(result));
  return std::get<RequestHead>(std::move(result));
}

std::string get(std::string_view more_headers, std::string_view line = "GET /livez HTTP/1.1") {
  return std::string(line) + "\r\nHost: h\r\n" + std::string(more_headers) + "\r\n";
}
std::string post(std::string_view more_headers) {
  return get("Content-Type: application/json\r\n" + std::string(more_headers), "POST /api/stream/task HTTP/1.1");
}
std::string of(std::size_t count, char byte) { return std::string(count, byte); }
std::string many_headers(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "X-" + std::to_string(i) + ": v\r\n";
  return lines;
}

struct Case {
  std::string_view what;
  std::string bytes;
  int status;
};

std::vector<Case> request_lines() {
  const auto line = [](std::string_view text) { return get("", text); };
  return {
      {"a plain GET", line("GET / HTTP/1.1"), good},
      {"HEAD", line("HEAD / HTTP/1.1"), good},
      {"OPTIONS", line("OPTIONS / HTTP/1.1"), good},
      {"DELETE", line("DELETE /x HTTP/1.1"), good},
      {"PUT, which the router rejects", line("PUT /x HTTP/1.1"), good},
      {"HTTP/1.0", line("GET / HTTP/1.0"), good},
      {"a query", line("GET /a?b=c&d=%20e HTTP/1.1"), good},
      {"a query with bytes that browsers do not encode", line("GET /a?b[c]={d|e}^`\\ HTTP/1.1"), good},
      {"the same bytes in a path", line("GET /a[b] HTTP/1.1"), 400},
      {"quote in the query", line("GET /?\"a HTTP/1.1"), 400},
      {"fragment in the query", line("GET /?a#b HTTP/1.1"), 400},
      {"two question marks", line("GET /a?b?c HTTP/1.1"), good},
      {"unknown method", line("BREW / HTTP/1.1"), 501},
      {"lower-case method", line("get / HTTP/1.1"), 501},
      {"CONNECT", line("CONNECT h:1 HTTP/1.1"), 501},
      {"TRACE", line("TRACE / HTTP/1.1"), 501},
      {"method that is no token", line("G(T / HTTP/1.1"), 400},
      {"empty method", line(" / HTTP/1.1"), 400},
      {"no version: HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/1.2", line("GET / HTTP/1.2"), 505},
      {"HTTP/2.0", line("GET / HTTP/2.0"), 505},
      {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"lower-case version", line("GET / http/1.1"), 400},
      {"version with a third digit", line("GET / HTTP/1.10"), 400},
      {"version without digits", line("GET / HTTP/x.y"), 400},
      {"two spaces before the target", line("GET  / HTTP/1.1"), 400},
      {"two spaces before the version", line("GET /  HTTP/1.1"), 400},
      {"space at the end", line("GET / HTTP/1.1 "), 400},
      {"space in the target", line("GET /a b HTTP/1.1"), 400},
      {"tab instead of space", line("GET\t/ HTTP/1.1"), 400},
      {"one word", line("GET"), 400},
      {"absolute form", line("GET http://h/ HTTP/1.1"), good},
      {"absolute form, scheme and host in upper case", line("GET HTTP://H/livez?a=b HTTP/1.1"), good},
      {"absolute form without a path", line("GET http://h HTTP/1.1"), good},
      {"absolute form with the default port", line("GET http://h:80/ HTTP/1.1"), good},
      {"absolute form of https with its default port", line("GET https://h:443/ HTTP/1.1"), good},
      {"absolute form with the default port of the other scheme", line("GET https://h:80/ HTTP/1.1"), 400},
      {"absolute form of another host", line("GET http://other/ HTTP/1.1"), 400},
      {"absolute form with another port", line("GET http://h:8080/ HTTP/1.1"), 400},
      {"absolute form with a user", line("GET http://h@other/ HTTP/1.1"), 400},
      {"absolute form with a user at the right host", line("GET http://user@h/ HTTP/1.1"), 400},
      {"absolute form without a host", line("GET http:///livez HTTP/1.1"), 400},
      {"absolute form of another scheme", line("GET ftp://h/ HTTP/1.1"), 400},
      {"absolute form with a long path", line("GET http://h/" + of(256, 'a') + " HTTP/1.1"), 414},
      {"authority form", line("GET h:80 HTTP/1.1"), 400},
      {"asterisk form", line("OPTIONS * HTTP/1.1"), good},
      {"asterisk form with another method", line("GET * HTTP/1.1"), 400},
      {"asterisk with a query", line("OPTIONS *?a HTTP/1.1"), 400},
      {"no slash", line("GET livez HTTP/1.1"), 400},
      {"fragment", line("GET /a#b HTTP/1.1"), 400},
      {"backslash", line("GET /a\\b HTTP/1.1"), 400},
      {"quote", line("GET /\"a HTTP/1.1"), 400},
      {"byte above 0x7f in the target", line("GET /\xc3\xa9 HTTP/1.1"), 400},
      {"cut percent", line("GET /a% HTTP/1.1"), 400},
      {"percent with one digit", line("GET /a%2 HTTP/1.1"), 400},
      {"percent without hex", line("GET /a%zz HTTP/1.1"), 400},
      {"path of 256 bytes", line("GET /" + of(255, 'a') + " HTTP/1.1"), good},
      {"path of 257 bytes", line("GET /" + of(256, 'a') + " HTTP/1.1"), 414},
      {"line of 4096 bytes", line("GET /?" + of(4081, 'a') + " HTTP/1.1"), good},
      {"line of 4097 bytes", line("GET /?" + of(4082, 'a') + " HTTP/1.1"), 414},
      {"endless line, before its end", "GET /?" + of(4092, 'a'), 414},
      {"an 8 KB path, which overflows the library's regex", line("GET /" + of(8192, 'a') + " HTTP/1.1"), 414},
      {"NUL in the line", std::string("GET /\0 HTTP/1.1\r\n", 17), 400},
      {"escape byte in the line", "GET /\x1b", 400},
      {"TLS on the plain port", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
      {"one empty line before the request", "\r\n" + line("GET / HTTP/1.1"), good},
      {"two empty lines before the request", "\r\n\r\n" + line("GET / HTTP/1.1"), 400},
      {"bare LF before the request", "\n" + line("GET / HTTP/1.1"), 400},
      {"bare CR before the request", "\r" + line("GET / HTTP/1.1"), 400},
      {"a space before the request", " " + line("GET / HTTP/1.1"), 400},
      {"SSH banner", "SSH-2.0-OpenSSH_9.2\r\nx: y\r\n\r\n", 400},
  };
}

std::vector<Case> headers() {
  return {
      {"an unknown header", get("X-Any: value\r\n"), good},
      {"empty value", get("X-Any:\r\n"), good},
      {"tab inside a value", get("X-Any: a\tb\r\n"), good},
      {"obsolete text in a value", get("X-Any: \xe9\r\n"), good},
      {"underscore name is dropped", get("REMOTE_ADDR: 9.9.9.9\r\n"), good},
      {"Range is dropped", get("Range: bytes=0-5\r\n"), good},
      {"8 KB of Range are dropped", get("Range: bytes=" + of(8192, '0') + "\r\n"), good},
      {"Upgrade is dropped", get("Upgrade: websocket\r\nConnection: Upgrade\r\n"), good},
      {"TE is dropped", get("TE: trailers\r\n"), good},
      {"folded line", get("X-Any: a\r\n b\r\n"), 400},
      {"folded with a tab", get("X-Any: a\r\n\tb\r\n"), 400},
      {"space before the colon", get("X-Any : a\r\n"), 400},
      {"space in the name", get("X Any: a\r\n"), 400},
      {"empty name", get(": a\r\n"), 400},
      {"no colon", get("X-Any\r\n"), 400},
      {"name with a slash", get("X/Any: a\r\n"), 400},
      {"name above 0x7f", get("X-\xc3\xa9: a\r\n"), 400},
      {"bare LF ends a line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
      {"bare LF inside a value", get("X-Any: a\nX-More: b\r\n"), 400},
      {"bare LF as the blank line", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
      {"bare CR inside a value", get("X-Any: a\rb\r\n"), 400},
      {"CR CR LF", get("X-Any: a\r\r\n"), 400},
      {"NUL in a value", get(std::string_view("X-Any: a\0b\r\n", 12)), 400},
      {"bell in a value", get("X-Any: \a\r\n"), 400},
      {"delete in a value", get("X-Any: \x7f\r\n"), 400},
      {"encoded line ends in headers that are not read",
       get("Cookie: note=line1%0Aline2; b=1\r\nReferer: http://h/?a=%0D%0A\r\nbaggage: a=%0a%00\r\n"), good},
      {"encoded CR LF in a header that is read", get("X-Request-Id: a%0d%0ab\r\n"), 400},
      {"encoded LF, upper case", get("Origin: a%0Ab\r\n"), 400},
      {"encoded NUL", get("Idempotency-Key: %00\r\n"), 400},
      {"encoded NUL at the very end", get("Accept: a%00\r\n"), 400},
      {"harmless percent", get("X-Request-Id: 100%, %20 and %0\r\n"), good},
      {"many headers", get(many_headers(2000)), good},
      {"long name", get(of(1000, 'n') + ": v\r\n"), good},
      {"cookies of 28 KiB", get("Cookie: " + of(28 * 1024, 'v') + "\r\n"), good},
      {"Authorization of 28 KiB", get("Authorization: " + of(28 * 1024, 'v') + "\r\n"), good},
      {"read value of 4096 bytes", get("Accept: " + of(4096, 'v') + "\r\n"), good},
      {"read value of 4097 bytes", get("Accept: " + of(4097, 'v') + "\r\n"), 431},
      {"head of 32 KiB", get("X: " + of(32 * 1024 - 37, 'v') + "\r\n"), good},
      {"head of one byte more", get("X: " + of(32 * 1024 - 36, 'v') + "\r\n"), 431},
      {"endless header, before its end", "GET / HTTP/1.1\r\nX: " + of(32 * 1024, 'v'), 431},
      {"head of more than 32 KiB in many lines", get(many_headers(4000)), 431},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", good},
      {"empty Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost:\r\n\r\n", good},
      {"two Hosts in HTTP/1.0", get("Host: other\r\n", "GET / HTTP/1.0"), 400},
      {"two Hosts", get("Host: other\r\n"), 400},
      {"two equal Hosts", get("Host: h\r\n"), 400},
      {"two Origins", get("Origin: http://a\r\nOrigin: http://b\r\n"), 400},
      {"two Last-Event-IDs", get("Last-Event-ID: a-1\r\nLast-Event-ID: a-2\r\n"), 400},
      {"Expect", get("Expect: 100-continue\r\n"), good},
      {"Expect twice, in upper case", get("Expect: 100-Continue\r\nExpect: 100-CONTINUE\r\n"), good},
      {"another expectation", get("Expect: tea\r\n"), 417},
      {"another expectation besides", get("Expect: 100-continue, tea\r\n"), 417},
      {"any expectation in HTTP/1.0", get("Expect: tea\r\n", "GET / HTTP/1.0"), good},
  };
}

std::vector<Case> framing() {
  return {
      {"a body", post("Content-Length: 2\r\n"), good},
      {"an empty body", post("Content-Length: 0\r\n"), good},
      {"the largest body", post("Content-Length: 4194304\r\n"), good},
      {"one byte more", post("Content-Length: 4194305\r\n"), 413},
      {"length beyond 64 bits", post("Content-Length: 99999999999999999999999\r\n"), 413},
      {"negative length", post("Content-Length: -1\r\n"), 400},
      {"signed length", post("Content-Length: +2\r\n"), 400},
      {"hexadecimal length", post("Content-Length: 0x2\r\n"), 400},
      {"length with a fraction", post("Content-Length: 2.0\r\n"), 400},
      {"length with a space inside", post("Content-Length: 1 2\r\n"), 400},
      {"empty length", post("Content-Length:\r\n"), 400},
      {"list of lengths", post("Content-Length: 2, 2\r\n"), 400},
      {"two lengths that differ", post("Content-Length: 2\r\nContent-Length: 3\r\n"), 400},
      {"two equal lengths", post("Content-Length: 2\r\nContent-Length: 2\r\n"), 400},
      {"chunked", post("Transfer-Encoding: chunked\r\n"), good},
      {"chunked in odd case", post("tRANSFER-eNCODING: CHUNKED\r\n"), good},
      {"chunked with a tab before it", post("Transfer-Encoding:\tchunked\r\n"), good},
      {"CL.TE", post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n"), 400},
      {"CL.TE with a coding that is not supported", post("Content-Length: 2\r\nTransfer-Encoding: identity\r\n"), 400},
      {"CL.TE with an empty coding", post("Content-Length: 2\r\nTransfer-Encoding:\r\n"), 400},
      {"empty coding", post("Transfer-Encoding:\r\n"), 400},
      {"identity", post("Transfer-Encoding: identity\r\n"), 400},
      {"gzip below chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"gzip above chunked", post("Transfer-Encoding: chunked, gzip\r\n"), 400},
      {"chunked twice", post("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {"chunked in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"identity and chunked in two lines", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"unknown word", post("Transfer-Encoding: xchunked\r\n"), 400},
      {"chunked with a parameter", post("Transfer-Encoding: chunked;a=b\r\n"), 400},
      {"chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n"), 400},
      {"chunked with a vertical tab", post("Transfer-Encoding: \vchunked\r\n"), 400},
      {"chunked with a non-breaking space",
       post("Transfer-Encoding: \xa0"
            "chunked\r\n"),
       400},
      {"two words", post("Transfer-Encoding: x chunked\r\n"), 400},
      {"chunked on a folded line", post("Transfer-Encoding:\r\n chunked\r\n"), 400},
      {"TE hidden by a space before the colon", post("Transfer-Encoding : chunked\r\n"), 400},
      {"name with an underscore, which is another header", get("Transfer_Encoding: chunked\r\n"), good},
      {"chunked in HTTP/1.0",
       get("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "POST / HTTP/1.0"), 400},
      {"chunked GET, whose body must be empty", get("Transfer-Encoding: chunked\r\n"), good},
      {"chunked with gzip content", post("Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"), 415},
      {"chunked text", get("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", "POST / HTTP/1.1"), 415},
      {"chunked without a media type, which may be empty", get("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.1"),
       good},
      {"chunked without a media type, but with Expect",
       get("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", "POST / HTTP/1.1"), 415},
      {"GET with a body", get("Content-Length: 3\r\n"), 400},
      {"GET with a huge body", get("Content-Length: 99999999\r\n"), 400},
      {"GET with an empty body", get("Content-Length: 0\r\n"), good},
      {"HEAD with a body", get("Content-Length: 3\r\n", "HEAD / HTTP/1.1"), 400},
      {"DELETE with a body", get("Content-Length: 3\r\n", "DELETE / HTTP/1.1"), 400},
      {"OPTIONS with a body", get("Content-Length: 3\r\n", "OPTIONS / HTTP/1.1"), 400},
      {"gzip body", post("Content-Length: 130\r\nContent-Encoding: gzip\r\n"), 415},
      {"brotli body", post("Content-Length: 9\r\nContent-Encoding: br\r\n"), 415},
      {"identity body", post("Content-Length: 9\r\nContent-Encoding: Identity\r\n"), good},
      {"no media type", get("Content-Length: 2\r\n", "POST / HTTP/1.1"), 415},
      {"form", get("Content-Length: 2\r\nContent-Type: application/x-www-form-urlencoded\r\n", "POST / HTTP/1.1"), 415},
      {"multipart", get("Content-Length: 2\r\nContent-Type: multipart/form-data; boundary=x\r\n", "POST / HTTP/1.1"),
       415},
      {"text", get("Content-Length: 2\r\nContent-Type: text/plain\r\n", "POST / HTTP/1.1"), 415},
      {"JSON with a charset",
       get("Content-Length: 2\r\nContent-Type: Application/JSON ; charset=utf-8\r\n", "POST / HTTP/1.1"), good},
      {"no length, which the router checks", get("", "POST /api/stream/cancel/x HTTP/1.1"), good},
  };
}

void check_all(const std::vector<Case>& cases) {
  for (const auto& row : cases) {
    CAPTURE(row.what);
    CHECK(status_of(row.bytes) == row.status);
  }
}

}  // namespace

TEST_CASE("request lines are accepted or rejected by their bytes") { check_all(request_lines()); }
TEST_CASE("headers are accepted or rejected by their bytes") { check_all(headers()); }
TEST_CASE("the length of a body must be stated once, in digits, and within the limit") { check_all(framing()); }

TEST_CASE("a head that is split at any byte is incomplete, and complete with the rest") {
  const std::string whole = post("Last-Event-ID: abc-7\r\nContent-Length: 2\r\n");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    CAPTURE(cut);
    CHECK(status_of(std::string_view(whole).substr(0, cut)) == need_more);
    HeadScanner scanner;
    CHECK(std::holds_alternative<NeedMore>(scanner.scan(std::string_view(whole).substr(0, cut), {})));
    const auto rest = scanner.scan(whole + "{}", {});
    REQUIRE(std::holds_alternative<HeadComplete>(rest));
    CHECK(std::get<HeadComplete>(rest).bytes == whole.size());
  }
}

TEST_CASE("a rejection does not depend on how the bytes are split") {
  for (const auto& row : request_lines()) {
    if (row.status == good) continue;
    HeadScanner scanner;
    int status = need_more;
    for (std::size_t end = 1; end <= row.bytes.size() && status == need_more; ++end) {
      const auto bytes = std::string_view(row.bytes).substr(0, end);
      const auto found = scanner.scan(bytes, {});
      if (const auto* rejected = std::get_if<RejectedRequest>(&found)) status = rejected->status;
      if (std::holds_alternative<HeadComplete>(found)) {
        const auto parsed = parse_head(bytes, {});
        status = std::holds_alternative<RejectedRequest>(parsed) ? std::get<RejectedRequest>(parsed).status : good;
      }
    }
    CAPTURE(row.what);
    CHECK(status == row.status);
  }
}

TEST_CASE("a parsed head has the target, and only the headers that the server reads") {
  const auto head = valid_head(
      "POST /api/stream/task?x=1 HTTP/1.1\r\nHOST: example:80\r\nAccept: text/html\r\naccept:\ttext/event-stream \r\n"
      "Content-Type: application/json\r\nContent-Length: 12\r\nCookie: secret\r\nRange: bytes=0-\r\nX_Odd: "
      "1\r\n\r\n{\"task\":\"a\"}");
  CHECK(head.method == Method::post);
  CHECK(head.path == "/api/stream/task");
  CHECK(head.query == "x=1");
  CHECK(head.body_bytes == 12);
  CHECK(head.header("host") == "example:80");
  CHECK(head.header("accept") == "text/html, text/event-stream");
  CHECK_FALSE(head.has("cookie"));
  CHECK_FALSE(head.has("range"));
  CHECK_FALSE(head.has("x_odd"));
}

TEST_CASE("keep-alive follows the version and the Connection header") {
  CHECK(valid_head(get("")).keep_alive);
  CHECK_FALSE(valid_head(get("Connection: close\r\n")).keep_alive);
  CHECK_FALSE(valid_head(get("Connection: x, CLOSE\r\n")).keep_alive);
  CHECK_FALSE(valid_head(get("", "GET / HTTP/1.0")).keep_alive);
  CHECK(valid_head(get("Connection: Keep-Alive\r\n", "GET / HTTP/1.0")).keep_alive);
  CHECK_FALSE(valid_head(get("Connection: keep-alive, close\r\n", "GET / HTTP/1.0")).keep_alive);
}

TEST_CASE("a rejection has a cause and a remedy") {
  const auto result = scan_and_parse(post("Transfer-Encoding: gzip, chunked\r\n"), {});
  const auto& rejected = std::get<RejectedRequest>(result);
  CHECK(rejected.error.message == "The only supported transfer coding is `chunked`.");
  CHECK(rejected.error.advice() == "Send the body without another coding.");
}

TEST_CASE("the remedy of an unknown method lists the methods of the routes") {
  HeadLimits limits;
  limits.methods = "GET, HEAD, PATCH";
  const auto result = scan_and_parse(get("", "BREW / HTTP/1.1"), limits);
  CHECK(std::get<RejectedRequest>(result).error.advice() == "Use one of: GET, HEAD, PATCH.");
}

TEST_CASE("the absolute form and the asterisk form are reduced to a path") {
  const auto absolute = valid_head(get("", "GET http://h/livez?a=b HTTP/1.1"));
  CHECK(absolute.path == "/livez");
  CHECK(absolute.query == "a=b");
  CHECK(valid_head(get("", "GET http://h?a HTTP/1.1")).path == "/");
  CHECK(valid_head(get("", "GET http://h?a HTTP/1.1")).query == "a");
  CHECK(valid_head(get("", "OPTIONS * HTTP/1.1")).path == "*");
}

TEST_CASE("the authority of an absolute form takes the place of a missing Host") {
  CHECK(valid_head("GET http://evil.example/ HTTP/1.0\r\n\r\n").header("host") == "evil.example");
  CHECK(valid_head("GET http://evil.example/ HTTP/1.0\r\nHost:\r\n\r\n").header("host") == "evil.example");
}
