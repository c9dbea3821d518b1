#include "tests/support/net/http_client.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/support/failure.h"
#include "tests/support/net/http_text.h"

namespace plenum::tests {

std::string HttpReply::header(const std::string& lower_case_name) const {
  auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string() : found->second;
}

Json HttpReply::json() const {
  auto parsed = parse_json(body);
  if (!parsed) throw Failure("a reply " + std::to_string(status) + " without JSON: " + body);
  return *parsed;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         const Headers& headers) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  auto given = [&](const char* name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return lower_case(header.first) == name; });
  };
  if (!given("host")) text += "Host: 127.0.0.1\r\n";
  if ((!body.empty() || method == "POST") && !given("content-length")) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  if (!body.empty() && !given("content-type")) text += "Content-Type: application/json\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text.append("\r\n").append(body);
}

HttpConnection::HttpConnection(std::uint16_t port) : socket_(connect_loopback(port)) {
  if (!socket_) throw Failure("nothing listens on port " + std::to_string(port));
}

bool HttpConnection::send(std::string_view bytes, Deadline deadline) {
  return send_all(socket_.get(), bytes, deadline);
}

std::optional<HttpReply> HttpConnection::read_reply(Deadline deadline, bool to_head) {
  HttpReply reply;
  std::string line;
  while (!take_head(buffered_, line, reply.headers)) {
    if (receive(socket_.get(), buffered_, deadline) != Received::bytes) return std::nullopt;
  }
  reply.status = std::atoi(line.substr(std::min<std::size_t>(9, line.size())).c_str());
  if (to_head || reply.status == 204 || reply.status == 304) return reply;
  if (reply.header("transfer-encoding") == "chunked") {
    ChunkedBody chunks;
    for (chunks.feed(buffered_, reply.body); !chunks.ended(); chunks.feed(buffered_, reply.body)) {
      if (receive(socket_.get(), buffered_, deadline) != Received::bytes) return std::nullopt;
    }
    return reply;
  }
  bool has_length = !reply.header("content-length").empty();
  std::size_t length = std::strtoull(reply.header("content-length").c_str(), nullptr, 10);
  while (!has_length || buffered_.size() < length) {
    Received received = receive(socket_.get(), buffered_, deadline);
    if (received == Received::end && !has_length)
      length = buffered_.size(), has_length = true;
    else if (received != Received::bytes)
      return std::nullopt;
  }
  reply.body = buffered_.substr(0, length);
  buffered_.erase(0, length);
  return reply;
}

bool HttpConnection::closed_by_server(Deadline deadline) {
  while (true) {
    Received received = receive(socket_.get(), buffered_, deadline);
    buffered_.clear();
    if (received == Received::nothing) return false;
    if (received != Received::bytes) return true;
  }
}

HttpReply fetch(std::uint16_t port, std::string_view request_bytes, Deadline deadline) {
  HttpConnection connection(port);
  connection.send(request_bytes, deadline);  // a refusal may come, and close, before everything is sent
  std::optional<HttpReply> reply = connection.read_reply(deadline);
  if (!reply) throw Failure("no whole reply to " + std::string(request_bytes.substr(0, request_bytes.find('\r'))));
  return *reply;
}

HttpReply get(std::uint16_t port, std::string_view target, const Headers& headers) {
  return fetch(port, request_text("GET", target, {}, headers));
}

HttpReply post(std::uint16_t port, std::string_view target, std::string_view json, const Headers& headers) {
  return fetch(port, request_text("POST", target, json, headers));
}

}  // namespace plenum::tests
