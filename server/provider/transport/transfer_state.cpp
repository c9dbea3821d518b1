#include "server/provider/transport/transfer_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace plenum::provider {

namespace {

// A TLS alert of the provider about our certificate. Source: RFC 8446, 6.2; the names are OpenSSL's.
bool is_about_client_certificate(std::string_view why) {
  constexpr std::string_view alerts[] = {
      "alert certificate required", "alert bad certificate",     "alert unsupported certificate",
      "alert certificate revoked",  "alert certificate expired", "alert certificate unknown",
      "alert unknown ca",           "alert no certificate"};
  return std::any_of(std::begin(alerts), std::end(alerts),
                     [why](std::string_view alert) { return why.find(alert) != std::string_view::npos; });
}

bool is_certificate_code(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR;
}

bool is_about_tls(CURLcode code) { return is_certificate_code(code) || code == CURLE_SSL_CONNECT_ERROR; }

}  // namespace

void TransferState::release() {
  engine.remove(*this);
  engine.loop_.cancel(idle_timer);
  idle_timer = 0;
  if (easy == nullptr) return;
  long request_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_off_t tls_done_us = 0;
  curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &tls_done_us);
  // The bytes include those of CONNECT, and those of a request that a proxy rejected.
  sent = request_bytes > 0 && !(has_tunnel() && tls_done_us == 0) && !rejected_by_proxy;
  curl_multi_remove_handle(engine.multi_, easy);
  curl_easy_cleanup(easy);
  curl_slist_free_all(pinned);
  easy = nullptr;
  pinned = nullptr;
}

void TransferState::mark_streaming() {
  if (streaming || easy == nullptr) return;
  streaming = true;
  engine.loop_.cancel(idle_timer);
  idle_timer = engine.loop_.at(last_byte + request.limits.idle_timeout, [this] { check_idle_time(); });
}

bool TransferState::take_header(std::string_view line) {
  head_bytes += line.size();
  if (const auto most = request.limits.head_bytes_max; head_bytes > most) {
    fault = Error{ErrorCode::malformed,
                  fmt::format("the response headers are larger than {} bytes (head_bytes_max)", most)};
    return false;
  }
  headers.feed_line(line, engine.loop_.clock().wall());
  return true;
}

const ConnectionOptions& TransferState::connection() const {
  static const ConnectionOptions defaults;
  return request.connection == nullptr ? defaults : *request.connection;
}

bool TransferState::has_tunnel() const {
  const auto* proxy = connection().proxy.get();
  return proxy != nullptr && proxy->is_http() && request.url.starts_with("https://");
}

bool TransferState::is_proxy_rejection() {
  const auto* proxy = connection().proxy.get();
  if (proxy == nullptr || has_tunnel() || headers.headers().status != 407) return false;
  fault = proxy_authentication_error(*proxy);
  rejected_by_proxy = true;
  return true;
}

std::optional<Error> TransferState::proxy_fault(CURLcode code_seen, const std::string& why) const {
  const auto* proxy = connection().proxy.get();
  if (proxy == nullptr) return std::nullopt;
  long status = 0, socks = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
  curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &socks);
  if (has_tunnel() && status >= 200 && status <= 299) return std::nullopt;
  if (has_tunnel() && status != 0) {
    const auto target = std::string_view(request.url).substr(std::string_view("https://").size());
    const auto host = target.substr(0, target.find('/'));
    return proxy_refusal(*proxy, host.find(':') == host.npos ? fmt::format("{}:443", host) : std::string(host),
                         static_cast<int>(status));
  }
  if (socks == CURLPX_USER_REJECTED || socks == CURLPX_NO_AUTH) return proxy_authentication_error(*proxy);
  if (code_seen == CURLE_OPERATION_TIMEDOUT) {
    return proxy_error(proxy, {ErrorCode::timeout, fmt::format("no connection within {} ms (connect_timeout_ms)",
                                                               request.limits.connect_timeout.count())});
  }
  const bool https_proxy = proxy->scheme == "https";
  if (https_proxy && is_about_tls(code_seen)) return certificate_fault(code_seen, why, proxy);
  const bool unreached = code_seen == CURLE_COULDNT_CONNECT || code_seen == CURLE_COULDNT_RESOLVE_PROXY ||
                         code_seen == CURLE_PROXY || has_tunnel();
  if (!unreached) return std::nullopt;
  return proxy_error(proxy, {ErrorCode::transport, why});
}

// `proxy`: whose certificate it is; null: the provider's. A rejected certificate is not better a second later, a failed
// handshake may be.
Error TransferState::certificate_fault(CURLcode code_seen, const std::string& why, const Proxy* proxy) const {
  const bool rejected = is_certificate_code(code_seen);
  const auto whose = proxy == nullptr ? std::string("the provider") : fmt::format("the proxy {}", proxy->url());
  return {
      rejected ? ErrorCode::invalid_request : ErrorCode::transport,
      rejected ? fmt::format("the certificate of {} is not trusted: {}", whose, why)
               : fmt::format("no trusted TLS connection to {}: {}", whose, why),
      fmt::format("Set ca_file (PLENUM_CA_FILE), or SSL_CERT_FILE, to a PEM file with the authority that signed the "
                  "certificate, for example that of a proxy that inspects TLS, and check the host name in {}.",
                  proxy == nullptr ? "base_url" : proxy->source)};
}

Error TransferState::error_of(CURLcode code_seen) const {
  const std::string why = message[0] != '\0' ? message.data() : curl_easy_strerror(code_seen);
  if (auto of_proxy = proxy_fault(code_seen, why)) return *std::move(of_proxy);
  if (is_about_client_certificate(why) || code_seen == CURLE_SSL_CERTPROBLEM) {
    const bool presented = !connection().client_cert.empty();
    return {ErrorCode::invalid_request,
            fmt::format("{}: {}",
                        code_seen == CURLE_SSL_CERTPROBLEM ? "the client certificate cannot be used"
                        : presented                        ? "the provider rejected the client certificate"
                                                           : "the provider requires a client certificate",
                        why),
            presented ? "Check the files client_cert and client_key of this provider."
                      : "Set client_cert and client_key of this provider to a certificate that it accepts."};
  }
  switch (code_seen) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::timeout,
              fmt::format("no connection within {} ms (connect_timeout_ms)", request.limits.connect_timeout.count()),
              fmt::format("Check the network and base_url. {}", proxy_hint)};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::truncated, "the connection closed in the middle of the response"};
    case CURLE_GOT_NOTHING:
      return {ErrorCode::transport, "the connection closed before any response"};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return {ErrorCode::malformed, "the response is not HTTP/1.1: " + why};
    case CURLE_OUT_OF_MEMORY:  // libcurl's code for a header line above its own limit of 100 KB
      return {ErrorCode::malformed, "a response header line is too long"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
      return certificate_fault(code_seen, why, nullptr);
    default:
      return {ErrorCode::transport, why};
  }
}

// One timer per transfer: it is not moved with every read, but compares the idle time when it fires.
void TransferState::check_idle_time() {
  idle_timer = 0;
  const auto& limits = request.limits;
  const auto due = streaming ? last_byte + limits.idle_timeout : request.first_token_due;
  if (engine.loop_.clock().steady() < due) {
    idle_timer = engine.loop_.at(due, [this] { check_idle_time(); });
    return;
  }
  release();
  auto what = streaming
                  ? fmt::format("the response stalled for {} ms (idle_timeout_ms)", limits.idle_timeout.count())
                  : fmt::format("no token within {} ms (first_token_timeout_ms)", limits.first_token_timeout.count());
  listener.on_done(Error{ErrorCode::timeout, std::move(what)});
}

}  // namespace plenum::provider
