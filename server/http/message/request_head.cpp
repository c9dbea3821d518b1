#include "server/http/message/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "server/http/message/header_syntax.h"

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

RejectedRequest rejected(ErrorCode code, std::string message, std::string remedy = {}) {
  return {row_of(code).http, Error{code, std::move(message), std::move(remedy)}};
}
RejectedRequest bad(std::string message) { return rejected(ErrorCode::bad_request, std::move(message)); }

// Headers that the server reads. `once`: a repetition is rejected, because a proxy could use the other value; the
// others are lists and are joined.
struct KnownHeader {
  std::string_view name;
  bool once;
};
constexpr KnownHeader known_headers[] = {
    {"accept", false},           {"access-control-request-method", true},
    {"authorization", true},     {"connection", false},
    {"content-encoding", false}, {"content-length", true},
    {"content-type", true},      {"host", true},
    {"idempotency-key", true},   {"if-none-match", false},
    {"last-event-id", true},     {"origin", true},
    {"x-request-id", true},
};

const KnownHeader* known_header(std::string_view name) {
  for (const auto& known : known_headers) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

// RFC 3986: the characters of a path and a query. Everything else must be percent-encoded.
bool is_target_byte(char c) {
  return is_alphanumeric(c) || std::string_view("-._~!$&'()*+,;=:@%/?").find(c) != std::string_view::npos;
}

// cpp-httplib percent-decodes header values after it has split the head into lines, which turns these sequences
// into a real line end (CVE-2026-45372). No header of this API needs them.
bool hides_line_end(std::string_view value) {
  for (std::size_t i = value.find('%'); i != std::string_view::npos && i + 2 < value.size();
       i = value.find('%', i + 1)) {
    const char low = lower(value[i + 2]);
    if (value[i + 1] == '0' && (low == 'd' || low == 'a' || low == '0')) return true;
  }
  return false;
}

std::optional<RejectedRequest> read_target(std::string_view target, RequestHead& head, const HeadLimits& limits) {
  if (target.empty() || target.front() != '/') {
    return bad("The request target must begin with `/`; absolute and authority forms are not supported.");
  }
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (!is_target_byte(target[i])) return bad("The request target has a byte that must be percent-encoded.");
    if (target[i] == '%' && !(i + 2 < target.size() && is_hex(target[i + 1]) && is_hex(target[i + 2]))) {
      return bad("The request target has a `%` without two hexadecimal digits.");
    }
  }
  const auto mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
  if (head.path.size() > limits.path_bytes_max) {
    return rejected(ErrorCode::uri_too_long,
                    "The path is longer than " + std::to_string(limits.path_bytes_max) + " bytes.");
  }
  return {};
}

std::optional<RejectedRequest> read_version(std::string_view version, RequestHead& head) {
  if (version == "HTTP/1.1") return {};
  if (version == "HTTP/1.0") {
    head.http_1_0 = true;
    return {};
  }
  const bool well_formed = version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) &&
                           version[6] == '.' && is_digit(version[7]);
  if (!well_formed) return bad("The request line does not end with an HTTP version.");
  return rejected(ErrorCode::version_not_supported, "This server supports HTTP/1.1 and HTTP/1.0.");
}

std::optional<RejectedRequest> read_request_line(std::string_view line, RequestHead& head, const HeadLimits& limits) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last) {
    return bad("The request line must be a method, a target and a version, separated by single spaces.");
  }
  const auto method = line.substr(0, first);
  if (method.empty() || !std::all_of(method.begin(), method.end(), is_token_byte)) {
    return bad("The method is not a token.");
  }
  // Before the target, so that the HTTP/2 preface (`PRI * HTTP/2.0`) is rejected for its version.
  if (auto error = read_version(line.substr(last + 1), head)) return error;
  const auto* row = std::find_if(std::begin(method_table), std::end(method_table),
                                 [&](const MethodRow& candidate) { return candidate.name == method; });
  if (row == std::end(method_table)) {
    return rejected(ErrorCode::not_implemented, "This method is not supported.",
                    "Use GET, HEAD, POST, DELETE or OPTIONS.");
  }
  head.method = row->method;
  return read_target(line.substr(first + 1, last - first - 1), head, limits);
}

std::optional<RejectedRequest> check_value(std::string_view name, std::string_view value, const HeadLimits& limits) {
  const std::size_t bytes_max = name == "authorization" ? limits.authorization_bytes_max : limits.value_bytes_max;
  if (value.size() > bytes_max) {
    return rejected(ErrorCode::headers_too_large,
                    "The value of a header is longer than " + std::to_string(bytes_max) + " bytes.");
  }
  if (hides_line_end(value)) return bad("A header value has an encoded line end or NUL.");
  return {};
}

std::optional<RejectedRequest> add_header(std::string name, std::string_view value, RequestHead& head) {
  if (name == "transfer-encoding") {
    return rejected(ErrorCode::not_implemented, "Transfer-Encoding is not supported.",
                    "Send the body with a Content-Length.");
  }
  if (name == "expect") {
    return RejectedRequest{417, Error{ErrorCode::bad_request, "The Expect header is not supported.",
                                      "Send the body at once, without an Expect header."}};
  }
  const auto* known = known_header(name);
  if (known == nullptr) return {};
  for (auto& [present, old] : head.headers) {
    if (present != name) continue;
    if (known->once) return bad("The header `" + name + "` is repeated.");
    old.append(", ").append(value);
    return {};
  }
  head.headers.emplace_back(std::move(name), value);
  return {};
}

std::optional<RejectedRequest> read_header(std::string_view line, RequestHead& head, const HeadLimits& limits) {
  if (line.front() == ' ' || line.front() == '\t') return bad("A header line is folded.");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad("A header line has no colon.");
  const auto name = line.substr(0, colon);
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_byte)) {
    return bad("A header name is empty or has an invalid byte.");
  }
  if (name.size() > limits.name_bytes_max) {
    return rejected(ErrorCode::headers_too_large,
                    "A header name is longer than " + std::to_string(limits.name_bytes_max) + " bytes.");
  }
  auto low = lower_case(name);
  const auto value = trimmed(line.substr(colon + 1));
  if (auto error = check_value(low, value, limits)) return error;
  return add_header(std::move(low), value, head);
}

// The length of the body: the value on which server, proxy and client must agree.
std::optional<RejectedRequest> read_length(RequestHead& head, const HeadLimits& limits) {
  head.has_length = head.has("content-length");
  if (!head.has_length) return {};
  const auto digits = head.header("content-length");
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return bad("Content-Length must be decimal digits.");
  }
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), head.body_bytes);
  const bool takes_body = head.method == Method::post || head.method == Method::put || head.method == Method::patch;
  const bool too_large = parsed.ec != std::errc{} || head.body_bytes > limits.body_bytes_max;
  if (!takes_body && (too_large || head.body_bytes > 0)) {
    return bad("A " + std::string(name_of(head.method)) + " request must not have a body.");
  }
  if (too_large) {
    return rejected(ErrorCode::payload_too_large,
                    "The body is larger than " + std::to_string(limits.body_bytes_max) + " bytes.");
  }
  return {};
}

std::optional<RejectedRequest> check_media(const RequestHead& head) {
  const auto coding = head.header("content-encoding");
  if (!coding.empty() && lower_case(coding) != "identity") {
    return rejected(ErrorCode::unsupported_media_type, "Content-Encoding is not supported.",
                    "Send the body without Content-Encoding.");
  }
  if (head.body_bytes == 0) return {};
  const auto type = head.header("content-type");
  if (lower_case(trimmed(type.substr(0, type.find(';')))) != "application/json") {
    return rejected(ErrorCode::unsupported_media_type, "The body must be JSON.",
                    "Send `Content-Type: application/json`.");
  }
  return {};
}

std::optional<RejectedRequest> check_whole(RequestHead& head, const HeadLimits& limits) {
  if (head.header("host").empty()) return bad("A request must have exactly one Host header.");
  if (auto error = read_length(head, limits)) return error;
  if (auto error = check_media(head)) return error;
  const auto connection = head.header("connection");
  head.keep_alive = !list_has(connection, "close") && (!head.http_1_0 || list_has(connection, "keep-alive"));
  return {};
}

}  // namespace

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
    if (after_cr_ != (c == '\n')) return bad("A line of the head must end with CR LF, and only with CR LF.");
    if (scanned_ >= limits.head_bytes_max) {
      return rejected(ErrorCode::headers_too_large,
                      "The head is longer than " + std::to_string(limits.head_bytes_max) + " bytes.");
    }
    if (c == '\n') {
      const bool blank = scanned_ == line_start_ + 1;
      line_start_ = scanned_ + 1;
      after_cr_ = false;
      if (blank && lines_ == 0) return bad("The request begins with an empty line.");
      if (blank) return HeadComplete{++scanned_};
      if (++lines_ > limits.headers_max + 1) {
        return rejected(ErrorCode::headers_too_large,
                        "There are more than " + std::to_string(limits.headers_max) + " headers.");
      }
      continue;
    }
    after_cr_ = c == '\r';
    const bool tab_in_header = c == '\t' && lines_ > 0;
    if (c == 0x7f || (c < 0x20 && !after_cr_ && !tab_in_header)) return bad("The head has a control byte.");
    if (lines_ == 0 && !after_cr_ && scanned_ >= limits.request_line_bytes_max) {
      return rejected(ErrorCode::uri_too_long,
                      "The request line is longer than " + std::to_string(limits.request_line_bytes_max) + " bytes.");
    }
  }
  return NeedMore{};
}

std::variant<RequestHead, RejectedRequest> parse_head(std::string_view bytes, const HeadLimits& limits) {
  RequestHead head;
  head.head_bytes = bytes.size();
  auto end = bytes.find("\r\n");
  if (auto error = read_request_line(bytes.substr(0, end), head, limits)) return std::move(*error);
  for (auto start = end + 2; start + 2 < bytes.size(); start = end + 2) {
    end = bytes.find("\r\n", start);
    if (auto error = read_header(bytes.substr(start, end - start), head, limits)) return std::move(*error);
  }
  if (auto error = check_whole(head, limits)) return std::move(*error);
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
