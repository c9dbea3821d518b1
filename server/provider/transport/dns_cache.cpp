#include "server/provider/transport/dns_cache.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace plenum::provider {

struct Resolver::Host {
  std::optional<Result<Addresses>> answer;
  SteadyTime fresh_until{};
  bool asking = false;
  std::vector<std::weak_ptr<OnDone>> waiting;
};

// Shared with look-ups under way, which hold it weakly: the resolver may go before they return.
struct Resolver::State : std::enable_shared_from_this<State> {
  State(runtime::EventLoop& home, DnsLookupPool& shared, ResolverOptions chosen)
      : loop(home), dns_lookups(shared), options(std::move(chosen)) {
    if (!options.look_up) options.look_up = resolve_with_getaddrinfo;
  }

  void ask(const std::string& host);
  void take(const std::string& host, Result<Addresses> answer);

  runtime::EventLoop& loop;                     // set once
  DnsLookupPool& dns_lookups;                   // set once
  ResolverOptions options;                      // set once
  std::unordered_map<std::string, Host> hosts;  // only the owner loop; as many as the configuration names
};

Resolver::Resolver(runtime::EventLoop& loop, DnsLookupPool& dns_lookups, ResolverOptions options)
    : state_(std::make_shared<State>(loop, dns_lookups, std::move(options))) {}
Resolver::~Resolver() = default;

std::optional<Result<Addresses>> Resolver::find(const std::string& host) {
  const auto found = state_->hosts.find(host);
  if (found == state_->hosts.end() || !found->second.answer) return std::nullopt;
  if (state_->loop.now() >= found->second.fresh_until) return std::nullopt;
  return found->second.answer;
}

std::shared_ptr<void> Resolver::fetch(const std::string& host, OnDone on_done) {
  auto ticket = std::make_shared<OnDone>(std::move(on_done));
  auto& entry = state_->hosts[host];
  entry.waiting.push_back(ticket);
  if (!entry.asking) {
    entry.asking = true;
    state_->ask(host);
  }
  return ticket;
}

void Resolver::State::ask(const std::string& host) {
  const bool taken = dns_lookups.fetch(host, options.look_up,
                                       [weak = weak_from_this(), home = &loop, host](const Result<Addresses>& found) {
                                         home->post([weak, host, answer = found]() mutable {
                                           if (const auto self = weak.lock()) self->take(host, std::move(answer));
                                         });
                                       });
  if (taken) return;
  loop.post([weak = weak_from_this(), host] {
    const Failure busy(Error{ErrorCode::transport, fmt::format("too many names wait to be looked up before {}", host)});
    if (const auto self = weak.lock()) self->take(host, busy);
  });
}

void Resolver::State::take(const std::string& host, Result<Addresses> answer) {
  const auto keep_alive = shared_from_this();  // one who waits may destroy the resolver
  auto& entry = hosts[host];
  entry.asking = false;
  entry.fresh_until = loop.now() + (answer ? options.keep_found : options.keep_failed);
  entry.answer = answer;
  for (const auto& weak : std::exchange(entry.waiting, {})) {
    const auto on_done = weak.lock();  // those who left are skipped
    if (on_done) (*on_done)(answer);
  }
}

bool needs_no_lookup(const std::string& host) {
  in_addr four;
  in6_addr six;
  return host == "localhost" || inet_pton(AF_INET, host.c_str(), &four) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

Result<Addresses> resolve_with_getaddrinfo(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int fault = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (fault != 0) {
    return Failure(Error{ErrorCode::transport, fmt::format("the name {} was not found: {}", host, gai_strerror(fault)),
                         "Check base_url, and that this machine can look up names."});
  }
  Addresses addresses;
  for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text.data());
    }
  }
  freeaddrinfo(list);
  if (addresses.empty()) return Failure(Error{ErrorCode::transport, fmt::format("the name {} has no address", host)});
  return addresses;
}

}  // namespace plenum::provider
