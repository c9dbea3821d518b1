#include "server/http/server/httplib_adapter.h"

#include <httplib.h>

#include <algorithm>
#include <exception>

#include "server/telemetry/log.h"

namespace plenum::http {
namespace {

// The head as the library gets it: what was judged good, and nothing else. Headers stay out: the
// library percent-decodes their values, and acts by itself on Range, Expect and Accept-Encoding.
// The query stays out as well: handlers read it strictly.
std::string rebuilt_head(const RequestHead& head) {
  std::string out(name_of(head.method));
  out.append(" ").append(head.path).append(" HTTP/1.1\r\n\r\n");
  return out;
}

// Bytes that were read before, as the library's idea of a connection; what it writes is kept.
class ReadBytes final : public httplib::Stream {
 public:
  explicit ReadBytes(std::string in) : in_(std::move(in)) {}
  bool is_readable() const override { return taken_ < in_.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const auto count = std::min(size, in_.size() - taken_);
    std::copy_n(in_.data() + taken_, count, to);
    taken_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }
  std::string take_written() { return std::move(out_); }

 private:
  const std::string in_;
  std::size_t taken_ = 0;
  std::string out_;
};

// The library's server for one request. It is an empty shell, cheap to make, and being made for each
// request it gives the hooks their context without a global.
class OneRequest final : public httplib::Server {
 public:
  OneRequest(const Router& router, const Request& request) : router_(router), request_(request) {
    // Before routing, so that no pattern of the library is ever tried, and before it would read a body.
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      outcome_ = router_.answer(request_);
      if (const auto* reply = std::get_if<Response>(&*outcome_))
        fill(*reply, response);
      else
        response.status = 200;
      return HandlerResponse::Handled;
    });
    // The last word on the headers: the library adds some that would be untrue or forbidden here.
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) { correct(response); });
  }

  bool run(ReadBytes& bytes) {
    bool closed = false;
    return process_request(bytes, false, closed, nullptr);
  }
  std::optional<HandlerResult>& outcome() { return outcome_; }
  bool keep_alive() const { return keep_alive_; }

 private:
  void fill(const Response& reply, httplib::Response& response) {
    response.status = reply.status();
    keep_alive_ = request_.keep_alive && !reply.closes();
    if (!reply.content_type().empty()) response.set_content(reply.body(), reply.content_type());
    for (const auto& [name, value] : reply.headers()) response.headers.emplace(name, value);
  }
  void correct(httplib::Response& response) const {
    response.headers.erase("EXCEPTION_WHAT");  // the library would tell the client what was thrown
    const auto* reply = outcome_ ? std::get_if<Response>(&*outcome_) : nullptr;
    if (reply == nullptr) return;
    response.headers.erase("Keep-Alive");     // its figures are those of the library's own loop
    response.headers.erase("Accept-Ranges");  // ranges are never served
    if (reply->bodyless()) response.headers.erase("Content-Type");
    if (reply->bodyless() || reply->unbounded()) response.headers.erase("Content-Length");
    if (!keep_alive_)
      response.headers.emplace("Connection", "close");
    else if (request_.head.http_1_0)
      response.headers.emplace("Connection", "keep-alive");
  }

  const Router& router_;
  const Request& request_;
  std::optional<HandlerResult> outcome_;
  bool keep_alive_ = false;
};

SerializedResponse failed(const Request& request, std::string_view what, const redaction::Scrubber& scrubber) {
  const auto request_id = request_id_of(request.head);
  log::error("request {} could not be answered: {}", request_id, what);
  auto reply = problem(Error{ErrorCode::internal, "The server failed while it worked on this request."});
  add_common_headers(reply, request_id, scrubber);
  return {serialize(reply, {.head_only = request.head.method == Method::head}), false};
}

}  // namespace

Answer HttplibAdapter::serve(const Request& request) const {
  try {
    ReadBytes bytes(rebuilt_head(request.head));
    OneRequest server(router_, request);
    const bool written = server.run(bytes);
    auto& outcome = server.outcome();
    if (!written || !outcome)
      return failed(request, "the library refused a request that had been judged good", router_.scrubber());
    if (auto* handoff = std::get_if<StreamHandoff>(&*outcome)) return std::move(*handoff);
    if (auto* deferred = std::get_if<DeferredResponse>(&*outcome)) return std::move(*deferred);
    return SerializedResponse{bytes.take_written(), server.keep_alive()};
  } catch (const std::exception& fault) {
    return failed(request, fault.what(), router_.scrubber());
  } catch (...) {
    return failed(request, "something that is no std::exception was thrown", router_.scrubber());
  }
}

}  // namespace plenum::http
