#include "server/provider/embedding_client.h"

#include <fmt/format.h>

#include <utility>

#include "server/provider/protocol/embeddings.h"
#include "server/provider/protocol/errors/error_classifier.h"
#include "server/provider/protocol/protocol.h"
#include "server/telemetry/log.h"

namespace plenum::provider {

namespace {

constexpr std::size_t response_bytes_max = 1024 * 1024;

bool is_success(int status) { return status >= 200 && status <= 299; }
// The provider works, and rejects this text.
bool is_about_text(int status) { return status == 400 || status == 413 || status == 422; }

Failure unusable(std::string message, std::string remedy) {
  return Failure(Error{ErrorCode::config_invalid, "semantic_cache_provider: " + std::move(message), std::move(remedy)});
}

}  // namespace

Result<void> check_embeddings(const Registry& registry, const EmbeddingOptions& options) {
  if (options.provider.empty()) return {};
  const auto* info = registry.find(options.provider);
  if (info == nullptr) {
    return unusable(fmt::format("there is no provider \"{}\"", options.provider),
                    "Name a provider that `plenum models` lists, or configure [providers.NAME].");
  }
  if (!protocol::has_embeddings(info->kind)) {
    return unusable(fmt::format("{} is of kind {}, which has no embeddings here", info->name, name_of(info->kind)),
                    "Name a provider of kind openai, openrouter or ollama.");
  }
  if (!info->key_present) return unusable(fmt::format("{} has no key", info->name), "Set " + info->key_env + ".");
  if (options.model.empty()) {
    return unusable("semantic_cache_model is not set",
                    "Set an embedding model, for example text-embedding-3-small or nomic-embed-text.");
  }
  return {};
}

class EmbeddingClient::Call final : public core::EmbeddingCall, private TransferListener {
 public:
  Call(EmbeddingClient& client, std::string text, core::EmbeddingListener& listener)
      : client_(client), listener_(listener), body_(protocol::embeddings_request(client.options_.model, text)) {
    ++client_.open_;
    timer_ = client_.loop_.after(client_.options_.timeout, [this] {
      timer_ = 0;
      finish(Failure(Error{ErrorCode::timeout, fmt::format("no embedding within {} ms (semantic_cache_timeout_ms)",
                                                           client_.options_.timeout.count())}));
    });
    resolve_host();
  }
  ~Call() override {
    client_.loop_.cancel(timer_);
    client_.loop_.cancel(failure_timer_);
    --client_.open_;
  }

 private:
  void resolve_host() {
    const std::string& host = dialed_host(client_.entry_);
    const auto* proxy = client_.entry_.connection.proxy.get();
    if (needs_no_lookup(host)) return post({});
    if (const auto known = client_.dns_cache_.find(host)) {
      if (*known) return post(**known);
      failure_timer_ = client_.loop_.after(milliseconds(0), [this, error = proxy_error(proxy, known->error())] {
        failure_timer_ = 0;
        finish(Failure(error));
      });
      return;
    }
    lookup_ = client_.dns_cache_.fetch(host, [this, proxy](const Result<Addresses>& found) {
      if (found) return post(*found);
      finish(Failure(proxy_error(proxy, found.error())));
    });
  }

  void post(const Addresses& addresses) {
    const BaseUrl& base = client_.entry_.base;
    TransferRequest request;
    request.url = base.str() + std::string(protocol::embeddings_path);
    request.headers = &client_.headers_;
    request.body = std::exchange(body_, {});
    request.pinned = pinned(dialed_host(client_.entry_), dialed_port(client_.entry_), addresses);
    request.limits = client_.entry_.limits;
    request.limits.first_token_timeout = client_.options_.timeout;
    request.limits.response_bytes_max = response_bytes_max;
    request.connection = &client_.entry_.connection;
    request.first_token_due = client_.loop_.clock().steady() + client_.options_.timeout;
    transfer_ = client_.transfers_.post(std::move(request), *this);
  }

  void on_headers(const ResponseHeaders& headers) override { status_ = headers.status; }
  void on_bytes(std::string_view bytes) override { body_.append(bytes); }
  void on_done(std::optional<Error> broken) override {
    if (broken) return finish(Failure(*std::move(broken)));
    if (!is_success(status_)) return finish(Failure(protocol::error_of_status(status_, body_)));
    finish(protocol::read_embedding(body_));
  }

  // Nothing of the call is used after the listener was called.
  void finish(Result<std::vector<float>> vector) {
    client_.loop_.cancel(std::exchange(timer_, 0));
    client_.loop_.cancel(std::exchange(failure_timer_, 0));
    lookup_.reset();
    transfer_.reset();
    if (!vector) client_.on_failure(vector.error(), is_about_text(status_));
    listener_.on_embedding(std::move(vector));
  }

  EmbeddingClient& client_;
  core::EmbeddingListener& listener_;
  std::string body_;  // of the request; later of the response
  int status_ = 0;    // 0: no response
  std::shared_ptr<void> lookup_;
  std::unique_ptr<Transfer> transfer_;
  runtime::TimerId timer_ = 0, failure_timer_ = 0;
};

EmbeddingClient::EmbeddingClient(const RegistryEntry& entry, runtime::EventLoop& loop, Transfers& transfers,
                                 DnsCache& dns_cache, redaction::Scrubber scrubber, EmbeddingOptions options)
    : entry_(entry),
      loop_(loop),
      transfers_(transfers),
      dns_cache_(dns_cache),
      scrubber_(std::move(scrubber)),
      options_(std::move(options)),
      headers_(protocol::protocol_of(entry.info.kind)->key_header(), entry.key,
               protocol::protocol_of(entry.info.kind)->headers()) {}

std::unique_ptr<core::EmbeddingCall> EmbeddingClient::embed(std::string text, core::EmbeddingListener& listener) {
  loop_.assert_on_thread();
  if (open_ >= options_.calls_max || loop_.clock().steady() < unavailable_until_) return nullptr;
  return std::make_unique<Call>(*this, std::move(text), listener);
}

// One line per cooldown, whatever the number of calls that fail together.
void EmbeddingClient::on_failure(const Error& error, bool of_text) {
  const SteadyTime now = loop_.clock().steady();
  if (!of_text) unavailable_until_ = now + options_.cooldown;
  if (now < next_log_) return;
  next_log_ = now + options_.cooldown;
  log::warning("semantic cache: {}; {}",
               protocol::user_facing_message(fmt::format("{}: {}", entry_.info.name, error.message), scrubber_),
               of_text ? "the task is not compared with others"
                       : fmt::format("tasks are not compared for {} s", options_.cooldown.count() / 1000));
}

}  // namespace plenum::provider
