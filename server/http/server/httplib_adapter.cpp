#include "server/http/server/httplib_adapter.h"

#include <httplib.h>

#include <algorithm>
#include <exception>

#include "server/telemetry/log.h"

namespace plenum::http {
namespace {

// The head that the library parses: the method only. Headers are omitted, because the library percent-decodes their
// values and acts on Range, Expect and Accept-Encoding; path and query, because the router reads them.
std::string rebuilt_head(const RequestHead& head) {
  return std::string(name_of(head.method)).append(" / HTTP/1.1\r\n\r\n");
}

// A connection in memory: the library reads the given bytes and writes to a buffer.
class BufferStream final : public httplib::Stream {
 public:
  explicit BufferStream(std::string in) : in_(std::move(in)) {}
  bool is_readable() const override { return read_ < in_.size(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const auto count = std::min(size, in_.size() - read_);
    std::copy_n(in_.data() + read_, count, to);
    read_ += count;
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
  std::size_t read_ = 0;
  std::string out_;
};

// The library's server for one request. It is cheap to construct, and one per request gives the hooks their context
// without a global.
class SingleRequestServer final : public httplib::Server {
 public:
  SingleRequestServer(const Router& router, const Request& request) : router_(router), request_(request) {
    // Runs before the library would match a route or read a body.
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      result_ = router_.respond(request_);
      if (const auto* own = std::get_if<Response>(&*result_))
        fill(*own, response);
      else
        response.status = 200;
      return HandlerResponse::Handled;
    });
    // Corrects the headers: the library adds some that are wrong or not allowed here.
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) { correct(response); });
  }

  bool run(BufferStream& stream) {
    bool closed = false;
    return process_request(stream, false, closed, nullptr);
  }
  std::optional<HandlerResult>& result() { return result_; }

 private:
  // The body stays with the response: the library would copy it twice.
  void fill(const Response& own, httplib::Response& response) {
    response.status = own.status();
    keep_alive_ = request_.keep_alive && !own.closes();
    for (const auto& [name, value] : own.headers()) response.headers.emplace(name, value);
  }
  void correct(httplib::Response& response) const {
    response.headers.erase("EXCEPTION_WHAT");  // the library would send the text of the exception
    const auto* own = result_ ? std::get_if<Response>(&*result_) : nullptr;
    if (own == nullptr) return;
    response.headers.erase("Keep-Alive");     // its values are those of the library's own loop
    response.headers.erase("Accept-Ranges");  // ranges are never served
    response.headers.erase("Content-Type");
    response.headers.erase("Content-Length");
    if (!own->bodyless() && !own->content_type().empty()) {
      response.headers.emplace("Content-Type", own->content_type());
    }
    if (!own->bodyless() && !own->unbounded()) {
      response.headers.emplace("Content-Length", std::to_string(own->content_length()));
    }
    if (!keep_alive_)
      response.headers.emplace("Connection", "close");
    else if (request_.head.http_1_0)
      response.headers.emplace("Connection", "keep-alive");
  }

  const Router& router_;
  const Request& request_;
  std::optional<HandlerResult> result_;
  bool keep_alive_ = false;
};

SerializedResponse internal_error(const Request& request, std::string_view cause, const redaction::Scrubber& scrubber) {
  const auto request_id = request_id_of(request.head);
  log::error("request {} failed in the HTTP library: {}", request_id, cause);
  const bool head_only = request.head.method == Method::head;
  auto response = problem(Error{ErrorCode::internal, "Internal server error."});
  return {serialize_error(std::move(response), request_id, scrubber, head_only), false};
}

}  // namespace

ServeResult HttplibAdapter::serve(const Request& request) const {
  try {
    BufferStream stream(rebuilt_head(request.head));
    SingleRequestServer server(router_, request);
    const bool written = server.run(stream);
    auto& result = server.result();
    if (!written || !result) {
      return internal_error(request, "the library rejected a valid request", router_.scrubber());
    }
    if (auto* handoff = std::get_if<StreamHandoff>(&*result)) return std::move(*handoff);
    if (auto* deferred = std::get_if<DeferredResponse>(&*result)) return std::move(*deferred);
    const ResponseFraming framing{.head_only = request.head.method == Method::head, .keep_alive = request.keep_alive};
    return with_body(stream.take_written(), std::move(std::get<Response>(*result)), framing);
  } catch (const std::exception& exception) {
    return internal_error(request, exception.what(), router_.scrubber());
  } catch (...) {
    return internal_error(request, "an exception that is not a std::exception", router_.scrubber());
  }
}

}  // namespace plenum::http
