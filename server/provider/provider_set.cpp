#include "server/provider/provider_set.h"

#include <fmt/format.h>

#include <utility>

#include "server/provider/remote_provider.h"

namespace plenum::provider {

// A call that could not start. Its end is reported later, as for every call.
class ProviderSet::FailedCall final : public core::ChatCall {
 public:
  FailedCall(runtime::EventLoop& loop, Error error, core::ChatListener& listener) : loop_(loop) {
    timer_ = loop_.after(milliseconds(0), [this, error = std::move(error), &listener] {
      timer_ = 0;
      core::ChatEnd end;
      end.error = error;
      listener.on_end(std::move(end));
    });
  }
  ~FailedCall() override { loop_.cancel(timer_); }

 private:
  runtime::EventLoop& loop_;
  runtime::TimerId timer_ = 0;
};

ProviderSet::ProviderSet(runtime::EventLoop& loop, const Registry& registry, ProviderLimitsSet& limits,
                         DnsLookupPool& dns_lookups, ProviderSetOptions options)
    : loop_(loop),
      registry_(registry),
      transfers_(loop, options.transfer),
      dns_cache_(loop, dns_lookups, options.dns_cache) {
  for (const auto& entry : registry.entries()) {
    std::unique_ptr<core::ModelClient> client;
    if (const auto* protocol = protocol::protocol_of(entry.info.kind)) {
      client = std::make_unique<RemoteProvider>(entry, *protocol, loop, transfers_, dns_cache_, options.scrubber);
    } else {
      client = std::make_unique<OfflineProvider>(loop, options.offline);
    }
    providers_[entry.info.name] =
        std::make_unique<ResilientProvider>(loop, limits.of(entry.info.name), std::move(client), options.seed++);
    if (entry.info.name == options.embeddings.provider) {
      embeddings_ =
          std::make_unique<EmbeddingClient>(entry, loop, transfers_, dns_cache_, options.scrubber, options.embeddings);
    }
  }
}

ProviderSet::~ProviderSet() = default;

std::unique_ptr<core::ChatCall> ProviderSet::start(std::string_view provider, core::ChatRequest request,
                                                   core::ChatListener& listener) {
  loop_.assert_on_thread();
  const auto* info = registry_.find(provider);
  if (info == nullptr) {
    Error unknown{ErrorCode::invalid_request, fmt::format("unknown provider {}", provider)};
    return std::make_unique<FailedCall>(loop_, std::move(unknown), listener);
  }
  if (!info->key_present) {
    Error no_key{ErrorCode::authentication, fmt::format("{}: no key", provider), fmt::format("Set {}.", info->key_env)};
    return std::make_unique<FailedCall>(loop_, std::move(no_key), listener);
  }
  return providers_.at(info->name)->start(std::move(request), listener);
}

}  // namespace plenum::provider
