// Requests behind each other on one connection: where each ends, whatever its framing and however its bytes are split.
#include "server/http/message/request_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace plenum;
using namespace plenum::http;

namespace {

HeadLimits small_limits() {
  HeadLimits limits;
  limits.body_bytes_max = 64;
  return limits;
}
const HeadLimits limits = small_limits();

// What a connection would do with these bytes: `POST /path body`, one per request, then the status of a rejection or
// `...` if the rest is incomplete.
std::vector<std::string> read_all(const std::vector<std::string_view>& pieces) {
  RequestReader reader(limits);
  std::vector<std::string> seen;
  for (const auto piece : pieces) {
    reader.append(piece);
    for (;;) {
      auto outcome = reader.next();
      if (const auto* rejected = std::get_if<RejectedRequest>(&outcome)) {
        seen.push_back(std::to_string(rejected->status));
        return seen;
      }
      const auto* request = std::get_if<Request>(&outcome);
      if (request == nullptr) break;
      CHECK(request->head.body_bytes == request->body.size());
      seen.push_back(std::string(name_of(request->head.method)) + " " + request->head.path +
                     (request->body.empty() ? "" : " " + request->body));
    }
  }
  if (!reader.empty()) seen.emplace_back("...");
  return seen;
}

std::string head(std::string_view line, std::string_view headers) {
  return std::string(line) + " HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n";
}
const std::string json = "Content-Type: application/json\r\n";
std::string chunked_post(std::string_view body, std::string_view path = "/a") {
  return head("POST " + std::string(path), json + "Transfer-Encoding: chunked\r\n") + std::string(body);
}
const std::string next = head("GET /next", "");

struct Case {
  std::string_view what;
  std::string bytes;
  std::vector<std::string> expected;
};

// The rows of smuggling have a second request in what one of two programs could take for the body of the first.
const std::vector<Case>& cases() {
  static const std::vector<Case> rows = {
      {"a chunked body", chunked_post("2\r\n{}\r\n0\r\n\r\n"), {"POST /a {}"}},
      {"a request behind a chunked body", chunked_post("2\r\n{}\r\n0\r\n\r\n") + next, {"POST /a {}", "GET /next"}},
      {"chunked bodies behind each other",
       chunked_post("1\r\n1\r\n0\r\n\r\n") + chunked_post("1;x\r\n2\r\n0\r\nA: b\r\n\r\n", "/b") + next,
       {"POST /a 1", "POST /b 2", "GET /next"}},
      {"an empty line behind a body", chunked_post("0\r\n\r\n") + "\r\n" + next, {"POST /a", "GET /next"}},
      {"an empty line behind a counted body",
       head("POST /a", json + "Content-Length: 2\r\n") + "{}\r\n" + next,
       {"POST /a {}", "GET /next"}},
      {"only an empty line behind a request", next + "\r\n", {"GET /next"}},
      {"a counted body that looks chunked",
       head("POST /a", json + "Content-Length: 5\r\n") + "0\r\n\r\n" + next,
       {"POST /a 0\r\n\r\n", "GET /next"}},
      {"a chunked body that is a request",
       chunked_post("23\r\n" + head("GET /inner", "A: b\r\n").substr(0, 35) + "\r\n0\r\n\r\n") + next,
       {"POST /a " + head("GET /inner", "A: b\r\n").substr(0, 35), "GET /next"}},
      {"CL.TE", head("POST /a", json + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\nG", {"400"}},
      {"TE.CL",
       head("POST /a", json + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + "2\r\n{}\r\n0\r\n\r\n",
       {"400"}},
      {"TE.TE",
       head("POST /a", json + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n") + "0\r\n\r\n",
       {"400"}},
      {"TE.0: a coding that only one program knows",
       head("POST /a", json + "Transfer-Encoding: xchunked\r\n") + next,
       {"400"}},
      {"chunked in HTTP/1.0, where it does not exist",
       "POST /a HTTP/1.0\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next,
       {"400"}},
      {"bare LF as the end of a size", chunked_post("2\n{}\r\n0\r\n\r\n") + next, {"400"}},
      {"bare LF as the end of an extension", chunked_post("2;\n{}\r\n0\r\n\r\n") + next, {"400"}},
      {"a request in an extension",
       chunked_post("2;GET /inner HTTP/1.1\r\n{}\r\n0\r\n\r\n") + next,
       {"POST /a {}", "GET /next"}},
      {"a request in the trailers", chunked_post("0\r\nGET /inner HTTP/1.1\r\n\r\n") + next, {"400"}},
      {"framing headers in the trailers",
       chunked_post("0\r\nContent-Length: 50\r\nHost: evil\r\n\r\n") + next,
       {"POST /a", "GET /next"}},
      {"a size that overflows", chunked_post("10000000000000002\r\n{}\r\n0\r\n\r\n") + next, {"400"}},
      {"a size with a sign", chunked_post("-1\r\n") + next, {"400"}},
      {"data without its line end", chunked_post("2\r\n{}0\r\n\r\n") + next, {"400"}},
      {"a body over the limit", chunked_post("41\r\n"), {"413"}},
      {"a body that exceeds the limit in parts", chunked_post("40\r\n" + std::string(64, 'x') + "\r\n1\r\n"), {"413"}},
      {"a GET whose chunked body is empty",
       head("GET /a", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n" + next,
       {"GET /a", "GET /next"}},
      {"a GET with a chunked body",
       head("GET /a", json + "Transfer-Encoding: chunked\r\n") + "1\r\n1\r\n0\r\n\r\n" + next,
       {"400"}},
      {"a DELETE with a chunked body", head("DELETE /a", "Transfer-Encoding: chunked\r\n") + "5\r\n", {"400"}},
      {"a POST without a type whose chunked body is empty",
       head("POST /a", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n" + next,
       {"POST /a", "GET /next"}},
      {"a POST without a type with a chunked body",
       head("POST /a", "Transfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n\r\n",
       {"415"}},
      {"a POST without a type with a chunked body, of which one byte has arrived",
       head("POST /a", "Transfer-Encoding: chunked\r\n") + "2\r\n{",
       {"415"}},
      {"a PATCH with a chunked body",
       head("PATCH /a", json + "Transfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n\r\n",
       {"PATCH /a {}"}},
      {"half a chunked body", chunked_post("2\r\n{"), {"..."}},
      {"half a counted body", head("POST /a", json + "Content-Length: 5\r\n") + "{}", {"..."}},
      {"half a head", "GET / HTT", {"..."}},
  };
  return rows;
}

}  // namespace

TEST_CASE("requests behind each other end where their framing states") {
  for (const auto& row : cases()) {
    CAPTURE(row.what);
    CHECK(read_all({row.bytes}) == row.expected);
  }
}

TEST_CASE("requests are the same however their bytes are split") {
  for (const auto& row : cases()) {
    CAPTURE(row.what);
    const std::string_view bytes = row.bytes;
    std::vector<std::string_view> single;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      CAPTURE(at);
      single.push_back(bytes.substr(at, 1));
      CHECK(read_all({bytes.substr(0, at), bytes.substr(at)}) == row.expected);
    }
    CHECK(read_all(single) == row.expected);
  }
}

TEST_CASE("while a body is incomplete, its head and its progress are known") {
  RequestReader reader(limits);
  reader.append(chunked_post("2\r\n{"));
  CHECK(std::holds_alternative<NeedMore>(reader.next()));
  REQUIRE(reader.head() != nullptr);
  CHECK(reader.head()->path == "/a");
  CHECK(reader.body_bytes() == 1);
  reader.append("}\r\n0\r\n\r\n");
  CHECK(std::holds_alternative<Request>(reader.next()));
  CHECK(reader.head() == nullptr);
  CHECK(reader.empty());
}

TEST_CASE("a chunked body may arrive in the smallest pieces, up to its limit") {
  HeadLimits large;
  large.body_bytes_max = 64 * 1024;
  RequestReader reader(large);
  reader.append(chunked_post(""));
  const std::string piece = "1\r\nx\r\n";
  while (reader.body_bytes() < large.body_bytes_max) {
    reader.append(piece);
    REQUIRE(std::holds_alternative<NeedMore>(reader.next()));
  }
  reader.append("1\r\n");
  auto outcome = reader.next();
  REQUIRE(std::holds_alternative<RejectedRequest>(outcome));
  CHECK(std::get<RejectedRequest>(outcome).status == 413);
}
