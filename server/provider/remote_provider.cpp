#include "server/provider/remote_provider.h"

#include <fmt/format.h>

#include <utility>

#include "server/provider/protocol/error_classifier.h"

namespace plenum::provider {

namespace {

using std::chrono::milliseconds;

// How long the rest may take once the answer itself is whole: first usage and `[DONE]`, then only the end
// of the body, which is worth a short wait because the connection can then be used again.
constexpr milliseconds tail_timeout{5'000};
constexpr milliseconds end_timeout{250};
// Likewise for the body of an error, of which no more than this is read.
constexpr milliseconds error_body_timeout{5'000};
constexpr std::size_t error_body_bytes_max = 16 * 1024;

bool is_redirect(int status) { return status >= 300 && status < 400; }

}  // namespace

class RemoteProvider::Call final : public core::ChatCall, private TransferListener {
 public:
  Call(RemoteProvider& provider, const core::ChatRequest& request, core::ChatListener& listener)
      : provider_(provider),
        listener_(listener),
        bounds_(provider.bounds_of(request.deadlines)),
        first_token_due_(provider.loop_.clock().steady() + bounds_.first_token_timeout),
        url_(provider.entry_.base.str() + provider.protocol_.path(request)),
        body_(provider.protocol_.body(request)),
        decoder_(provider.protocol_.decoder(provider.entry_.event_bytes_max)),
        text_(provider.scrubber_),
        reasoning_(provider.scrubber_) {
    find_address();
  }
  ~Call() override {
    provider_.loop_.cancel(timer_);
    if (gone_ != nullptr) *gone_ = true;
  }

 private:
  enum class Answer : std::uint8_t { none, stream, whole, refusal };

  void find_address();
  void post(const Addresses& addresses);
  void end_later(milliseconds wait, Error error);
  enum class Rest : std::uint8_t { follows, is_all };
  bool publish(Rest rest = Rest::follows);
  void tell(TokenKind kind, const std::string& shown);
  void conclude(std::optional<Error> broken);

  void on_head(const ResponseHead& head) override;
  void on_bytes(std::string_view bytes) override;
  void on_done(std::optional<Error> broken) override;

  RemoteProvider& provider_;
  core::ChatListener& listener_;
  const TransferBounds bounds_;       // set once
  const SteadyTime first_token_due_;  // set once
  std::string url_;
  std::string body_;  // of the request; later of an answer that is not a stream
  std::shared_ptr<void> look_up_;
  std::unique_ptr<Transfer> transfer_;
  std::unique_ptr<protocol::ResponseDecoder> decoder_;
  // A key may stand across deltas, but not across text and reasoning: they are shown apart.
  redaction::DeltaScrubber text_, reasoning_;
  ResponseHead head_;
  Answer answer_ = Answer::none;
  runtime::TimerId timer_ = 0;
  milliseconds tail_wait_{0};  // the wait that is running; 0: the answer is not whole yet
  bool* gone_ = nullptr;       // set while the listener is being called: it may destroy this call
};

void RemoteProvider::Call::find_address() {
  const auto& host = provider_.entry_.base.host;
  if (needs_no_lookup(host)) return post({});
  if (const auto known = provider_.resolver_.find(host)) {
    if (*known) return post(**known);
    return end_later(milliseconds(0), known->error());
  }
  look_up_ = provider_.resolver_.fetch(host, [this](const Result<Addresses>& found) {
    provider_.loop_.cancel(std::exchange(timer_, 0));
    if (found) return post(*found);
    conclude(found.error());
  });
  end_later(bounds_.connect_timeout,
            Error{ErrorCode::timeout, fmt::format("the name {} was not found within {} ms (connect_timeout_ms)", host,
                                                  bounds_.connect_timeout.count())});
}

void RemoteProvider::Call::post(const Addresses& addresses) {
  TransferRequest request{
      std::exchange(url_, {}), &provider_.headers_, std::exchange(body_, {}), provider_.pinned(addresses), bounds_,
      first_token_due_};
  transfer_ = provider_.transfers_.post(std::move(request), *this);
}

// Unless something else ends the call before.
void RemoteProvider::Call::end_later(milliseconds wait, Error error) {
  provider_.loop_.cancel(timer_);
  timer_ = provider_.loop_.after(wait, [this, error = std::move(error)] {
    timer_ = 0;
    conclude(error);
  });
}

void RemoteProvider::Call::on_head(const ResponseHead& head) {
  head_ = head;
  if (is_redirect(head.status)) return conclude(std::nullopt);
  if (head.status < 200 || head.status > 299) {
    answer_ = Answer::refusal;
    end_later(error_body_timeout, Error{ErrorCode::transport, "the error's text did not arrive"});
  } else if (!head.content_encoding.empty() && head.content_encoding != "identity") {
    conclude(Error{ErrorCode::malformed, "a compressed answer came though none was asked for",
                   "Turn compression off at the provider, or at the proxy before it."});
  } else if (head.content_type == "text/html") {
    conclude(Error{ErrorCode::malformed, "a web page came instead of an answer",
                   "Check that base_url is that of an API and not of a web site."});
  } else {
    answer_ = head.content_type == "application/json" ? Answer::whole : Answer::stream;
  }
}

void RemoteProvider::Call::on_bytes(std::string_view bytes) {
  if (answer_ != Answer::stream) {
    body_.append(bytes);
    if (answer_ == Answer::refusal && body_.size() > error_body_bytes_max) return conclude(std::nullopt);
    if (const auto most = provider_.entry_.event_bytes_max; body_.size() > most) {
      conclude(Error{ErrorCode::malformed,
                     fmt::format("an answer that is not streamed is larger than {} bytes (event_bytes_max)", most)});
    }
    return;
  }
  decoder_->feed(bytes, provider_.deltas_);
  // Some servers name a finish reason in every piece: as long as text follows it was not the end.
  if (!provider_.deltas_.empty()) tail_wait_ = milliseconds(0);
  if (!publish()) return;
  if (decoder_->ended() && !decoder_->complete()) return conclude(std::nullopt);  // an error: nothing follows
  const auto wait = decoder_->ended() ? end_timeout : tail_timeout;
  if (!decoder_->complete() || wait == tail_wait_) return;
  tail_wait_ = wait;
  end_later(wait, Error{ErrorCode::timeout, "the answer was whole but its end did not come"});
}

void RemoteProvider::Call::on_done(std::optional<Error> broken) {
  if (answer_ == Answer::whole && !broken) {
    decoder_->feed_whole(body_, provider_.deltas_);
    if (!publish()) return;
  }
  if (answer_ == Answer::none && !broken) broken = Error{ErrorCode::transport, "the answer has no head"};
  conclude(std::move(broken));
}

void RemoteProvider::Call::tell(TokenKind kind, const std::string& shown) {
  if (shown.empty()) return;
  if (kind == TokenKind::text) {
    listener_.on_text(shown);
  } else {
    listener_.on_reasoning(shown);
  }
}

// Hands over what was decoded, without keys; with the last of it what had to wait until the text was over.
// False when the listener destroyed the call.
bool RemoteProvider::Call::publish(Rest rest) {
  bool gone = false;
  gone_ = &gone;
  if (transfer_ && !provider_.deltas_.empty()) transfer_->note_answer();
  // Taken out of the provider for the time being, should a listener do what leads back here.
  auto deltas = std::exchange(provider_.deltas_, {});
  auto& home = provider_.deltas_;
  std::string shown;
  for (const auto& delta : deltas) {
    shown.clear();
    (delta.kind == TokenKind::text ? text_ : reasoning_).feed(delta.text, shown);
    tell(delta.kind, shown);
    if (gone) break;
  }
  for (const auto kind : {TokenKind::reasoning, TokenKind::text}) {
    if (gone || rest == Rest::follows) break;
    shown.clear();
    (kind == TokenKind::text ? text_ : reasoning_).finish(shown);
    tell(kind, shown);
  }
  deltas.clear();
  home = std::move(deltas);
  if (gone) return false;
  gone_ = nullptr;
  return true;
}

// Closes what is open, then tells the listener how it ended; nothing of the call is touched after that.
void RemoteProvider::Call::conclude(std::optional<Error> broken) {
  provider_.loop_.cancel(std::exchange(timer_, 0));
  look_up_.reset();
  const bool asked = transfer_ != nullptr && (answer_ != Answer::none || transfer_->sent());
  transfer_.reset();
  core::ChatEnd end;
  if (answer_ == Answer::refusal || is_redirect(head_.status)) {
    end.error = protocol::failure_of_status(head_.status, body_);
    if (head_.retry_after) end.error->retry_after = head_.retry_after;  // else what the body said
  } else {
    end = decoder_->finish(std::move(broken), provider_.deltas_);
    if (!publish(Rest::is_all)) return;
  }
  if (is_redirect(head_.status)) {
    end.error =
        Error{ErrorCode::invalid_request,
              fmt::format("HTTP {}: the provider points elsewhere, and redirects are not followed", head_.status),
              "Correct base_url: a key is sent to the host that the configuration names and to no other."};
  }
  // A provider that was not reached, or that refused, has generated nothing that could cost anything.
  if (!asked || head_.status >= 300) end.cost = Cost{0.0, CostOrigin::estimated};
  if (end.error) end.error = provider_.user_facing_error(std::move(*end.error));
  provider_.scrubber_.scrub_message(end.finish_reason);
  listener_.on_end(std::move(end));
}

RemoteProvider::RemoteProvider(const RegistryEntry& entry, const protocol::ProviderProtocol& protocol,
                               runtime::EventLoop& loop, Transfers& transfers, Resolver& resolver,
                               redaction::Scrubber scrubber)
    : entry_(entry),
      protocol_(protocol),
      loop_(loop),
      transfers_(transfers),
      resolver_(resolver),
      scrubber_(std::move(scrubber)),
      headers_(protocol.key_header(), entry.key, protocol.headers()) {}

std::unique_ptr<core::ChatCall> RemoteProvider::start(core::ChatRequest request, core::ChatListener& listener) {
  return std::make_unique<Call>(*this, request, listener);
}

TransferBounds RemoteProvider::bounds_of(const core::ChatDeadlines& asked) const {
  auto bounds = entry_.bounds;
  if (asked.connect.count() > 0) bounds.connect_timeout = asked.connect;
  if (asked.first_token.count() > 0) bounds.first_token_timeout = asked.first_token;
  if (asked.idle.count() > 0) bounds.idle_timeout = asked.idle;
  return bounds;
}

Error RemoteProvider::user_facing_error(Error error) const {
  error.message = protocol::scrubbed(fmt::format("{}: {}", entry_.info.name, error.message), scrubber_);
  if (error.code == ErrorCode::authentication && !entry_.info.key_env.empty()) {
    error.remedy = fmt::format("Check the key in {}, and that it may use this model.", entry_.info.key_env);
  }
  return error;
}

// For libcurl: host:port:address,address with IPv6 addresses in brackets.
std::string RemoteProvider::pinned(const Addresses& addresses) const {
  if (addresses.empty()) return {};
  std::string text = fmt::format("{}:{}:", entry_.base.host, entry_.base.port);
  for (const auto& address : addresses) {
    if (text.back() != ':') text += ',';
    text += address.find(':') == std::string::npos ? address : fmt::format("[{}]", address);
  }
  return text;
}

}  // namespace plenum::provider
