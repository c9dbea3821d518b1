#include "server/http/message/request_head.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/protocol/api_paths.h"
#include "server/http/message/header_syntax.h"
#include "server/http/message/request_framing.h"
#include "server/http/message/request_target.h"

namespace plenum::http {
namespace {

struct MethodRow {
  Method method;
  std::string_view name;
};
constexpr MethodRow method_table[] = {
    {Method::get, "GET"},     {Method::head, "HEAD"},  {Method::post, "POST"},       {Method::put, "PUT"},
    {Method::patch, "PATCH"}, {Method::del, "DELETE"}, {Method::options, "OPTIONS"},
};

// Headers that the server reads. `once`: a repetition is rejected, because a proxy could use the other value; the
// others are lists and are joined.
struct KnownHeader {
  std::string_view name;
  bool once;
};
constexpr KnownHeader known_headers[] = {
    {"accept", false},        {"access-control-request-headers", false},
    {"connection", false},    {"access-control-request-method", true},
    {"content-length", true}, {"content-encoding", false},
    {"content-type", true},   {"expect", false},
    {"host", true},           {"idempotency-key", true},
    {"if-none-match", false}, {"last-event-id", true},
    {"origin", true},         {"transfer-encoding", true},
    {"x-request-id", true},
};

const KnownHeader* known_header(std::string_view name) {
  const auto* found = std::find_if(std::begin(known_headers), std::end(known_headers),
                                   [&](const KnownHeader& known) { return equal_ignoring_case(name, known.name); });
  return found == std::end(known_headers) ? nullptr : found;
}

// A parser that percent-decodes header values after it has split the head into lines turns these sequences into a real
// line end (as cpp-httplib does: CVE-2026-45372). No header that the server reads, and may send back, needs them.
bool hides_line_end(std::string_view value) {
  for (std::size_t i = value.find('%'); i != std::string_view::npos && i + 2 < value.size();
       i = value.find('%', i + 1)) {
    const char low = lower(value[i + 2]);
    if (value[i + 1] == '0' && (low == 'd' || low == 'a' || low == '0')) return true;
  }
  return false;
}

std::optional<RejectedRequest> read_version(std::string_view version, RequestHead& head) {
  if (version == "HTTP/1.1") return {};
  if (version == "HTTP/1.0") {
    head.http_1_0 = true;
    return {};
  }
  const bool well_formed = version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) &&
                           version[6] == '.' && is_digit(version[7]);
  if (!well_formed) return malformed("The request line does not end with an HTTP version.");
  return rejected(ErrorCode::version_not_supported, "This server supports HTTP/1.1 and HTTP/1.0.");
}

std::optional<RejectedRequest> read_request_line(std::string_view line, RequestHead& head, RequestTarget& target,
                                                 const HeadLimits& limits) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last) {
    return malformed("The request line must be a method, a target and a version, separated by single spaces.");
  }
  const auto method = line.substr(0, first);
  if (method.empty() || !std::all_of(method.begin(), method.end(), is_token_byte)) {
    return malformed("The method is not a token.");
  }
  // Before the target, so that the HTTP/2 preface (`PRI * HTTP/2.0`) is rejected for its version.
  if (auto error = read_version(line.substr(last + 1), head)) return error;
  const auto* row = std::find_if(std::begin(method_table), std::end(method_table),
                                 [&](const MethodRow& candidate) { return candidate.name == method; });
  if (row == std::end(method_table)) {
    return rejected(ErrorCode::not_implemented, "This method is not supported.",
                    limits.methods.empty() ? std::string() : "Use one of: " + limits.methods + ".");
  }
  head.method = row->method;
  if (auto error = target.parse(line.substr(first + 1, last - first - 1), head.method == Method::options, limits)) {
    return error;
  }
  head.path = target.path();
  head.query = target.query();
  return {};
}

std::optional<RejectedRequest> add_header(const KnownHeader& known, std::string_view value, RequestHead& head,
                                          const HeadLimits& limits) {
  if (value.size() > limits.value_bytes_max) {
    return rejected(ErrorCode::headers_too_large, "The value of the header `" + std::string(known.name) +
                                                      "` is longer than " + std::to_string(limits.value_bytes_max) +
                                                      " bytes.");
  }
  if (hides_line_end(value)) {
    return malformed("The header `" + std::string(known.name) + "` has an encoded line end or NUL.");
  }
  for (auto& [present, old] : head.headers) {
    if (present != known.name) continue;
    if (known.once) return malformed("The header `" + present + "` is repeated.");
    old.append(", ").append(value);
    return {};
  }
  head.headers.emplace_back(known.name, value);
  return {};
}

std::optional<RejectedRequest> read_header(std::string_view line, RequestHead& head, const HeadLimits& limits) {
  if (line.front() == ' ' || line.front() == '\t') return malformed("A header line is folded.");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("A header line has no colon.");
  const auto name = line.substr(0, colon);
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_byte)) {
    return malformed("A header name is empty or has an invalid byte.");
  }
  const auto* known = known_header(name);
  if (known == nullptr) return {};
  return add_header(*known, trimmed(line.substr(colon + 1)), head, limits);
}

// HTTP/1.0 has no Host header (RFC 9112, 3.2): health checks of load balancers omit it.
std::optional<RejectedRequest> check_host(RequestHead& head, const RequestTarget& target) {
  const auto host = head.header("host");
  if (host.empty() && !head.http_1_0) return malformed("A request must have exactly one Host header.");
  if (target.authority().empty()) return {};
  if (host.empty()) {
    std::erase_if(head.headers, [](const auto& field) { return field.first == "host"; });
    head.headers.emplace_back("host", target.authority());
  } else if (!target.names_host(host)) {
    return malformed("The host of the request target is not that of the Host header.");
  }
  return {};
}

std::optional<RejectedRequest> check_whole(RequestHead& head, const RequestTarget& target, const HeadLimits& limits) {
  if (auto error = check_host(head, target)) return error;
  if (auto error = read_framing(head, limits)) return error;
  const auto connection = head.header("connection");
  head.keep_alive = !list_has(connection, "close") && (!head.http_1_0 || list_has(connection, "keep-alive"));
  return {};
}

}  // namespace

RejectedRequest rejected(ErrorCode code, std::string message, std::string remedy) {
  return {row_of(code).http, Error{code, std::move(message), std::move(remedy)}};
}

std::string_view name_of(Method method) {
  for (const auto& row : method_table) {
    if (row.method == method) return row.name;
  }
  return "GET";
}

std::string_view RequestHead::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

bool RequestHead::has(std::string_view lower_case_name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& field) { return field.first == lower_case_name; });
}

std::variant<NeedMore, HeadComplete, RejectedRequest> HeadScanner::scan(std::string_view bytes,
                                                                        const HeadLimits& limits) {
  for (; scanned_ < bytes.size(); ++scanned_) {
    const auto c = static_cast<unsigned char>(bytes[scanned_]);
    if (after_cr_ != (c == '\n')) return malformed("A line of the head must end with CR LF, and only with CR LF.");
    if (scanned_ >= limits.head_bytes_max) {
      return rejected(ErrorCode::headers_too_large,
                      "The head is longer than " + std::to_string(limits.head_bytes_max) + " bytes.");
    }
    if (c == '\n') {
      const bool blank = scanned_ == line_start_ + 1;
      // One empty line before a request is ignored (RFC 9112, 2.2): old clients send it after a body.
      if (blank && !in_headers_ && line_start_ > 0) return malformed("The request begins with empty lines.");
      line_start_ = scanned_ + 1;
      after_cr_ = false;
      if (blank && in_headers_) return HeadComplete{++scanned_};
      in_headers_ = !blank;
      continue;
    }
    after_cr_ = c == '\r';
    const bool tab_in_header = c == '\t' && in_headers_;
    if (c == 0x7f || (c < 0x20 && !after_cr_ && !tab_in_header)) return malformed("The head has a control byte.");
    if (!in_headers_ && !after_cr_ && scanned_ - line_start_ >= limits.request_line_bytes_max) {
      return rejected(ErrorCode::uri_too_long,
                      "The request line is longer than " + std::to_string(limits.request_line_bytes_max) + " bytes.");
    }
  }
  return NeedMore{};
}

std::variant<RequestHead, RejectedRequest> parse_head(std::string_view bytes, const HeadLimits& limits) {
  RequestHead head;
  head.head_bytes = bytes.size();
  if (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  RequestTarget target;
  auto end = bytes.find("\r\n");
  if (auto error = read_request_line(bytes.substr(0, end), head, target, limits)) return std::move(*error);
  for (auto start = end + 2; start + 2 < bytes.size(); start = end + 2) {
    end = bytes.find("\r\n", start);
    if (auto error = read_header(bytes.substr(start, end - start), head, limits)) return std::move(*error);
  }
  if (auto error = check_whole(head, target, limits)) {
    error->plain_text = api::is_process(head.path);
    return std::move(*error);
  }
  return head;
}

std::variant<NeedMore, RequestHead, RejectedRequest> scan_and_parse(std::string_view bytes, const HeadLimits& limits) {
  HeadScanner scanner;
  auto found = scanner.scan(bytes, limits);
  if (auto* error = std::get_if<RejectedRequest>(&found)) return std::move(*error);
  const auto* complete = std::get_if<HeadComplete>(&found);
  if (complete == nullptr) return NeedMore{};
  auto parsed = parse_head(bytes.substr(0, complete->bytes), limits);
  if (auto* error = std::get_if<RejectedRequest>(&parsed)) return std::move(*error);
  return std::get<RequestHead>(std::move(parsed));
}

}  // namespace plenum::http
