#include "server/provider/transport/transfer_state.h"

#include <fmt/format.h>

namespace plenum::provider {

void TransferState::release() {
  engine.remove(*this);
  engine.loop_.cancel(idle_timer);
  idle_timer = 0;
  if (easy == nullptr) return;
  long request_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  sent = request_bytes > 0;
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

Error TransferState::error_of(CURLcode code_seen) const {
  const std::string why = message[0] != '\0' ? message.data() : curl_easy_strerror(code_seen);
  switch (code_seen) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::timeout,
              fmt::format("no connection within {} ms (connect_timeout_ms)", request.limits.connect_timeout.count())};
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
      return {
          ErrorCode::invalid_request, "the certificate of the provider is not trusted: " + why,
          "Set ca_file (PLENUM_CA_FILE) to a PEM file with the authority that signed the certificate, and check the "
          "host name in base_url."};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorCode::transport, "no trusted TLS connection: " + why,
              "Check that base_url has the right host name and that this machine trusts its certificate."};
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
