#include "server/provider/transport/transfer.h"

#include <fmt/format.h>
#include <string.h>

#include "server/provider/transport/curl_engine.h"

namespace plenum::provider {

RequestHeaders::RequestHeaders(std::string_view key_header, const redaction::Secret& key,
                               const std::vector<std::string_view>& more) {
  add("Content-Type: application/json");
  add("Accept: text/event-stream");
  add("Expect:");  // else libcurl waits a second for 100-continue before a large body
  for (const auto line : more) add(line);
  if (!key.empty()) add(key_header, key.reveal());
}

RequestHeaders::~RequestHeaders() {
  for (auto* line = list_; line != nullptr; line = line->next) explicit_bzero(line->data, strlen(line->data));
  curl_slist_free_all(list_);
}

void RequestHeaders::add(std::string_view before, std::string_view secret) {
  std::string line;
  line.reserve(before.size() + secret.size());  // no second copy of the key by growing
  line.append(before).append(secret);
  list_ = curl_slist_append(list_, line.c_str());
  explicit_bzero(line.data(), line.size());
}

void Transfer::State::release() {
  engine.forget(*this);
  engine.loop_.cancel(silence_timer);
  silence_timer = 0;
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

bool Transfer::State::take_header(std::string_view line) {
  head_bytes += line.size();
  if (const auto most = request.bounds.head_bytes_max; head_bytes > most) {
    fault = Error{ErrorCode::malformed,
                  fmt::format("the head of the answer is larger than {} bytes (head_bytes_max)", most)};
    return false;
  }
  head.take_line(line, engine.loop_.clock().wall());
  return true;
}

Error Transfer::State::error_of(CURLcode code_seen) const {
  const std::string why = message[0] != '\0' ? message.data() : curl_easy_strerror(code_seen);
  switch (code_seen) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::timeout,
              fmt::format("no connection within {} ms (connect_timeout_ms)", request.bounds.connect_timeout.count())};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::truncated, "the connection ended in the middle of the answer"};
    case CURLE_GOT_NOTHING:
      return {ErrorCode::transport, "the connection was closed before any answer came"};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return {ErrorCode::malformed, "the answer is not HTTP/1.1: " + why};
    case CURLE_OUT_OF_MEMORY:  // libcurl's word for a header line beyond its own bound of 100 KB
      return {ErrorCode::malformed, "a header line of the answer is too long"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::transport, "no trusted encrypted connection: " + why,
              "Check that base_url names the right host and that this machine trusts its certificate."};
    default:
      return {ErrorCode::transport, why};
  }
}

// One timer for the whole transfer: it is not moved with every read, but looks when it fires how long
// the silence has really been.
void Transfer::State::watch_silence() {
  silence_timer = 0;
  const auto& bounds = request.bounds;
  const auto due = answering ? last_byte + bounds.idle_timeout : request.first_token_due;
  if (engine.loop_.clock().steady() < due) {
    silence_timer = engine.loop_.at(due, [this] { watch_silence(); });
    return;
  }
  release();
  auto what = answering ? fmt::format("the answer fell silent for {} ms (idle_timeout_ms)", bounds.idle_timeout.count())
                        : fmt::format("no token of an answer within {} ms (first_token_timeout_ms)",
                                      bounds.first_token_timeout.count());
  listener.on_done(Error{ErrorCode::timeout, std::move(what)});
}

Transfer::Transfer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transfer::~Transfer() = default;

void Transfer::note_answer() {
  auto& state = *state_;
  if (state.answering || state.easy == nullptr) return;
  state.answering = true;
  state.engine.loop_.cancel(state.silence_timer);
  const auto due = state.last_byte + state.request.bounds.idle_timeout;
  state.silence_timer = state.engine.loop_.at(due, [&state] { state.watch_silence(); });
}

bool Transfer::sent() const { return state_->sent; }

Transfers::Transfers(runtime::EventLoop& loop, TransferOptions options)
    : engine_(std::make_unique<Engine>(loop, options)) {}
Transfers::~Transfers() = default;

std::unique_ptr<Transfer> Transfers::post(TransferRequest request, TransferListener& listener) {
  auto state = std::make_unique<Transfer::State>(*engine_, std::move(request), listener);
  engine_->begin(*state);
  return std::make_unique<Transfer>(std::move(state));
}

}  // namespace plenum::provider
