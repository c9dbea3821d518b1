#include "server/provider/provider_set.h"

#include <fmt/format.h>

#include <utility>

#include "server/provider/limits/resilient_provider.h"
#include "server/provider/remote_provider.h"

namespace plenum::provider {

// A call that could not even begin. It still ends later, as every call does.
class ProviderSet::Refused final : public core::ChatCall {
 public:
  Refused(runtime::EventLoop& loop, Error error, core::ChatListener& listener) : loop_(loop) {
    timer_ = loop_.after(std::chrono::milliseconds(0), [this, error = std::move(error), &listener] {
      timer_ = 0;
      core::ChatEnd end;
      end.error = error;
      listener.on_end(std::move(end));
    });
  }
  ~Refused() override { loop_.cancel(timer_); }

 private:
  runtime::EventLoop& loop_;
  runtime::TimerId timer_ = 0;
};

ProviderSet::ProviderSet(runtime::EventLoop& loop, const Registry& registry, ProviderLimitsSet& gates,
                         DnsLookupPool& dns_lookups, ProviderSetOptions options)
    : loop_(loop),
      registry_(registry),
      transfers_(loop, options.transfer),
      resolver_(loop, dns_lookups, options.resolver) {
  for (const auto& entry : registry.entries()) {
    std::unique_ptr<ModelClient> inner;
    if (entry.protocol) {
      inner = std::make_unique<RemoteProvider>(entry, protocol::protocol_of(*entry.protocol), loop, transfers_,
                                               resolver_, options.scrubber);
    } else {
      inner = std::make_unique<OfflineProvider>(loop, options.offline);
    }
    providers_[entry.info.name] =
        std::make_unique<ResilientProvider>(loop, gates.of(entry.info.name), std::move(inner), options.seed++);
  }
}

ProviderSet::~ProviderSet() = default;

std::unique_ptr<core::ChatCall> ProviderSet::start(std::string_view provider, core::ChatRequest request,
                                                   core::ChatListener& listener) {
  const auto* info = registry_.find(provider);
  if (info == nullptr) {
    Error unknown{ErrorCode::invalid_request, fmt::format("there is no provider named {}", provider)};
    return std::make_unique<Refused>(loop_, std::move(unknown), listener);
  }
  if (!info->key_present) {
    Error no_key{ErrorCode::authentication, fmt::format("{}: no key", provider), fmt::format("Set {}.", info->key_env)};
    return std::make_unique<Refused>(loop_, std::move(no_key), listener);
  }
  return providers_.at(info->name)->start(std::move(request), listener);
}

}  // namespace plenum::provider
