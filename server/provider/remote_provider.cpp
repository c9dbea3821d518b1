#include "server/provider/remote_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "server/provider/protocol/errors/error_classifier.h"
#include "server/provider/protocol/errors/rejected_parameters.h"
#include "server/provider/sent_parameters.h"

namespace plenum::provider {

namespace {

using std::chrono::milliseconds;

// Time for the rest of the body once the answer is complete: first for usage and `[DONE]`, then only for the end of
// the body.
constexpr milliseconds tail_timeout{5'000};
constexpr milliseconds end_timeout{250};
constexpr milliseconds error_body_timeout{5'000};
constexpr std::size_t error_body_bytes_max = 16 * 1024;

bool is_redirect(int status) { return status >= 300 && status < 400; }

using core::ParameterForm;
using StructuredOutput = core::ProviderInfo::StructuredOutput;

// The schema of a step is sent only in the form that the provider is configured or known to enforce, and attachments
// only if it accepts them.
core::ChatRequest adapted(core::ChatRequest request, const core::ProviderInfo& provider) {
  auto& rejected = request.restrictions.rejected;
  if (provider.structured_output == StructuredOutput::none) request.answer_schema.reset();
  if (provider.structured_output == StructuredOutput::json_schema) rejected.add(ParameterForm::forced_tool);
  if (!provider.attachments.contains(AttachmentKind::image)) rejected.add(ParameterForm::images);
  if (!provider.attachments.contains(AttachmentKind::pdf)) rejected.add(ParameterForm::documents);
  return request;
}

constexpr core::ParameterForms attachment_forms{ParameterForm::images, ParameterForm::documents};

// Whether the message is about what the model supports, and not about the value.
bool is_about_support(std::string_view message) {
  constexpr std::string_view phrases[] = {"support", "enabled", "available", "nknown", "nrecognized", "not permitted"};
  return std::any_of(std::begin(phrases), std::end(phrases),
                     [message](std::string_view phrase) { return message.find(phrase) != message.npos; });
}

constexpr std::string_view limit_remedy =
    "The request must have a token limit, and the model rejects it: use another model, or set max_tokens to an "
    "accepted "
    "value. If the task has max_cost_usd, a call without a limit is not made.";

}  // namespace

class RemoteProvider::Call final : public core::ChatCall, private TransferListener {
 public:
  Call(RemoteProvider& provider, const core::ChatRequest& request, core::DeltaListener& deltas,
       core::AttemptListener& attempt)
      : provider_(provider),
        delta_listener_(deltas),
        attempt_listener_(attempt),
        limits_(provider.limits_for(request.deadlines)),
        first_token_due_(provider.loop_.clock().steady() + limits_.first_token_timeout),
        has_own_format_(request.parameters.response_format.has_value()),
        model_(request.model),
        url_(provider.entry_.base.str() + provider.protocol_.path(request)),
        decoder_(provider.protocol_.decoder(provider.entry_.event_bytes_max)),
        text_(provider.scrubber_),
        reasoning_(provider.scrubber_) {
    auto body = provider.protocol_.body(request);
    body_ = std::move(body.json);
    sent_ = body.sent;
    parameters_ = receipt_parameters(sent_parameters(request, sent_));
    omitted_attachments_ = std::move(body.omitted_attachments);
    resolve_host();
  }
  ~Call() override {
    provider_.loop_.cancel(timer_);
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

 private:
  enum class Body : std::uint8_t { none, answer, error };

  void resolve_host();
  void post(const Addresses& addresses);
  void fail_after(milliseconds wait, Error error);
  enum class Rest : std::uint8_t { follows, complete };
  bool publish(Rest rest = Rest::follows);
  void emit(TokenKind kind, const std::string& text);
  void finish(std::optional<Error> broken);
  void limit_tail(bool text_follows);
  core::ChatEnd end_of_error_response() const;
  std::optional<core::Rejection> rejection_of(Error& error) const;

  void on_headers(const ResponseHeaders& headers) override;
  void on_bytes(std::string_view bytes) override;
  void on_done(std::optional<Error> broken) override;

  RemoteProvider& provider_;
  core::DeltaListener& delta_listener_;
  core::AttemptListener& attempt_listener_;
  const TransferLimits limits_;       // set once
  const SteadyTime first_token_due_;  // set once
  const bool has_own_format_;         // set once: a response format of the caller, not the schema of a step
  const std::string model_;           // set once
  core::SentParameters sent_;         // set once
  std::string parameters_;            // set once: for the receipt
  std::vector<std::string> omitted_attachments_;
  std::string url_;
  std::string body_;  // of the request; later of an error response
  std::shared_ptr<void> lookup_;
  std::unique_ptr<Transfer> transfer_;
  std::unique_ptr<protocol::ResponseDecoder> decoder_;
  // A key may be split over deltas, but not over text and reasoning: they are displayed separately.
  redaction::DeltaScrubber text_, reasoning_;
  ResponseHeaders headers_;
  Body body_kind_ = Body::none;
  bool any_delta_ = false;
  runtime::TimerId timer_ = 0;
  milliseconds tail_wait_{0};  // the running timeout; 0: the answer is not complete yet
  bool* destroyed_ = nullptr;  // set during listener calls, which may destroy this call
};

void RemoteProvider::Call::resolve_host() {
  const auto& host = dialed_host(provider_.entry_);
  const auto* proxy = provider_.entry_.connection.proxy.get();
  if (needs_no_lookup(host)) return post({});
  if (const auto known = provider_.dns_cache_.find(host)) {
    if (*known) return post(**known);
    return fail_after(milliseconds(0), proxy_error(proxy, known->error()));
  }
  lookup_ = provider_.dns_cache_.fetch(host, [this, proxy](const Result<Addresses>& found) {
    provider_.loop_.cancel(std::exchange(timer_, 0));
    if (found) return post(*found);
    finish(proxy_error(proxy, found.error()));
  });
  fail_after(limits_.connect_timeout,
             proxy_error(proxy, {ErrorCode::timeout,
                                 fmt::format("DNS lookup of {} timed out after {} ms (connect_timeout_ms)", host,
                                             limits_.connect_timeout.count()),
                                 fmt::format("Check the name servers of this machine. {}", proxy_hint)}));
}

void RemoteProvider::Call::post(const Addresses& addresses) {
  TransferRequest request{std::exchange(url_, {}),
                          &provider_.headers_,
                          std::exchange(body_, {}),
                          pinned(dialed_host(provider_.entry_), dialed_port(provider_.entry_), addresses),
                          limits_,
                          first_token_due_,
                          &provider_.entry_.connection};
  transfer_ = provider_.transfers_.post(std::move(request), *this);
}

// Unless the call ends before.
void RemoteProvider::Call::fail_after(milliseconds wait, Error error) {
  provider_.loop_.cancel(timer_);
  timer_ = provider_.loop_.after(wait, [this, error = std::move(error)] {
    timer_ = 0;
    finish(error);
  });
}

void RemoteProvider::Call::on_headers(const ResponseHeaders& headers) {
  headers_ = headers;
  if (is_redirect(headers.status)) return finish(std::nullopt);
  if (headers.status < 200 || headers.status > 299) {
    body_kind_ = Body::error;
    fail_after(error_body_timeout, Error{ErrorCode::transport, "timed out reading the body of an error response"});
  } else if (!headers.content_encoding.empty() && headers.content_encoding != "identity") {
    finish(Error{ErrorCode::malformed, "the response is compressed although the request did not allow it",
                 "Disable compression at the provider, or at the proxy in front of it."});
  } else {
    body_kind_ = Body::answer;
  }
}

void RemoteProvider::Call::on_bytes(std::string_view bytes) {
  if (body_kind_ == Body::error) {
    body_.append(bytes);
    if (body_.size() > error_body_bytes_max) finish(std::nullopt);
    return;
  }
  decoder_->feed(bytes, provider_.deltas_);
  const bool any_new = !provider_.deltas_.empty();
  if (!publish()) return;
  if (decoder_->ended() && !decoder_->complete()) return finish(std::nullopt);  // an error event
  limit_tail(any_new);
}

// Once the answer is complete, the body must end soon. A finish reason is not the end as long as text follows: some
// servers send one with every chunk, and Gemini sends one before it calls a tool of its own.
void RemoteProvider::Call::limit_tail(bool text_follows) {
  if (text_follows || !decoder_->complete()) {
    tail_wait_ = milliseconds(0);
    provider_.loop_.cancel(std::exchange(timer_, 0));
  }
  const auto wait = decoder_->ended() ? end_timeout : tail_timeout;
  if (!decoder_->complete() || !any_delta_ || wait == tail_wait_) return;
  tail_wait_ = wait;
  fail_after(wait, Error{ErrorCode::timeout, "the answer is complete but the response did not end"});
}

void RemoteProvider::Call::on_done(std::optional<Error> broken) {
  if (body_kind_ == Body::none && !broken) broken = Error{ErrorCode::transport, "the response has no headers"};
  finish(std::move(broken));
}

void RemoteProvider::Call::emit(TokenKind kind, const std::string& text) {
  if (text.empty()) return;
  any_delta_ = true;
  if (kind == TokenKind::text) {
    delta_listener_.on_text(text);
  } else {
    delta_listener_.on_reasoning(text);
  }
}

// Emits the decoded deltas, without keys; at the end also what redaction had held back. False if the listener destroyed
// the call.
bool RemoteProvider::Call::publish(Rest rest) {
  bool destroyed = false;
  destroyed_ = &destroyed;
  if (transfer_ && !provider_.deltas_.empty()) transfer_->mark_streaming();
  // Moved out of the provider: a listener may start another call that decodes.
  auto deltas = std::exchange(provider_.deltas_, {});
  auto& reused = provider_.deltas_;
  std::string shown;
  for (const auto& delta : deltas) {
    shown.clear();
    (delta.kind == TokenKind::text ? text_ : reasoning_).feed(delta.text, shown);
    emit(delta.kind, shown);
    if (destroyed) break;
  }
  for (const auto kind : {TokenKind::reasoning, TokenKind::text}) {
    if (destroyed || rest == Rest::follows) break;
    shown.clear();
    (kind == TokenKind::text ? text_ : reasoning_).finish(shown);
    emit(kind, shown);
  }
  deltas.clear();
  reused = std::move(deltas);
  if (destroyed) return false;
  destroyed_ = nullptr;
  return true;
}

core::ChatEnd RemoteProvider::Call::end_of_error_response() const {
  core::ChatEnd end;
  if (is_redirect(headers_.status)) {
    end.error = Error{ErrorCode::invalid_request,
                      fmt::format("HTTP {}: the provider redirects, and redirects are not followed", headers_.status),
                      "Correct base_url: a key is sent to the configured host only."};
  } else {
    end.error = protocol::error_of_status(headers_.status, body_);
    if (headers_.retry_after) end.error->retry_after = headers_.retry_after;  // else the value from the body
  }
  return end;
}

// Some servers send the error as the first event of a response with status 200.
std::optional<core::Rejection> RemoteProvider::Call::rejection_of(Error& error) const {
  const int status = headers_.status;
  const bool is_rejection =
      error.code == ErrorCode::invalid_request && (status == 400 || status == 422 || (status >= 200 && status <= 299));
  // OpenRouter: 404 "No endpoints found that support image input"; llama.cpp: 500 "image input is not supported".
  const bool may_be_about_attachments =
      !sent_.forms.common_with(attachment_forms).empty() && is_about_support(error.message);
  if ((!is_rejection && !may_be_about_attachments) || any_delta_) return std::nullopt;
  auto rejection = protocol::find_rejection(error.message, sent_);
  if (!rejection) {
    auto optional = sent_;
    optional.mandatory = {};
    if (protocol::find_rejection(error.message, optional)) error.remedy = limit_remedy;
    return std::nullopt;
  }
  const bool about_attachments = !rejection->restrictions.rejected.common_with(attachment_forms).empty();
  if (!is_rejection && !about_attachments) return std::nullopt;
  // One file may be damaged or too large.
  if (about_attachments && !is_about_support(error.message)) rejection->lasting = false;
  // What one caller requested, such as an invalid schema, does not affect other requests to the model.
  const bool about_format = rejection->restrictions.rejected.contains(ParameterForm::response_format) ||
                            rejection->restrictions.rejected.contains(ParameterForm::forced_tool);
  if (about_format && has_own_format_ && !is_about_support(error.message)) rejection->lasting = false;
  return rejection;
}

// Releases everything, then reports the end; nothing of the call is used after that.
void RemoteProvider::Call::finish(std::optional<Error> broken) {
  provider_.loop_.cancel(std::exchange(timer_, 0));
  lookup_.reset();
  const bool reached = transfer_ != nullptr && (body_kind_ != Body::none || transfer_->sent());
  transfer_.reset();
  core::AttemptEnd attempt;
  auto& end = attempt.end;
  if (body_kind_ == Body::error || is_redirect(headers_.status)) {
    end = end_of_error_response();
  } else {
    end = decoder_->finish(std::move(broken), provider_.deltas_);
    if (!publish(Rest::complete)) return;
  }
  if (end.error) attempt.rejection = rejection_of(*end.error);
  attempt.model_missing =
      end.error && !any_delta_ && !attempt.rejection && protocol::is_missing_model(headers_.status, *end.error, model_);
  // A provider that was not reached, or that rejected the call, has generated nothing that could be billed.
  const bool generated = reached && headers_.status < 300 && !attempt.rejection && !attempt.model_missing;
  if (!generated) end.cost = Cost{0.0, CostOrigin::estimated};
  for (auto* error : {&end.error, &end.warning}) {
    if (*error) *error = provider_.user_facing_error(std::move(**error));
  }
  end.generation.request_id = headers_.request_id;
  end.generation.parameters_json = parameters_;
  for (auto* text : {&end.finish_reason, &end.generation.model, &end.generation.id, &end.generation.provider,
                     &end.generation.request_id}) {
    provider_.scrubber_.scrub_message(*text);
  }
  for (auto& source : end.sources) {
    provider_.scrubber_.scrub(source.title);
    provider_.scrubber_.scrub(source.url);
  }
  end.any_delta = any_delta_;
  end.omitted_attachments = std::move(omitted_attachments_);
  attempt_listener_.on_attempt_end(std::move(attempt));
}

RemoteProvider::RemoteProvider(const RegistryEntry& entry, const protocol::ProviderProtocol& protocol,
                               runtime::EventLoop& loop, Transfers& transfers, DnsCache& dns_cache,
                               redaction::Scrubber scrubber)
    : entry_(entry),
      protocol_(protocol),
      loop_(loop),
      transfers_(transfers),
      dns_cache_(dns_cache),
      scrubber_(std::move(scrubber)),
      headers_(protocol.key_header(), entry.key, protocol.headers()) {}

std::unique_ptr<core::ChatCall> RemoteProvider::start(core::ChatRequest request, core::DeltaListener& deltas,
                                                      core::AttemptListener& attempt) {
  loop_.assert_on_thread();
  return std::make_unique<Call>(*this, adapted(std::move(request), entry_.info), deltas, attempt);
}

TransferLimits RemoteProvider::limits_for(const core::ChatDeadlines& requested) const {
  auto limits = entry_.limits;
  if (requested.connect.count() > 0) limits.connect_timeout = requested.connect;
  if (requested.first_token.count() > 0) limits.first_token_timeout = requested.first_token;
  if (requested.idle.count() > 0) limits.idle_timeout = requested.idle;
  return limits;
}

Error RemoteProvider::user_facing_error(Error error) const {
  error.message = protocol::user_facing_message(fmt::format("{}: {}", entry_.info.name, error.message), scrubber_);
  if (error.code == ErrorCode::authentication && !entry_.info.key_env.empty()) {
    error.remedy = fmt::format("Check the key in {}, and its access to this model.", entry_.info.key_env);
  }
  return error;
}

}  // namespace plenum::provider
