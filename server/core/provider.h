// A vendor of model answers, as the engine needs it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/chat.h"

namespace plenum::core {

// An open call. Destroying it aborts it: the upstream connection is closed before the destructor
// returns. Only the loop on which it was started.
class ChatCall {
 public:
  virtual ~ChatCall() = default;
};

// Set once, then shared by all threads: what is known about a provider without asking it.
struct ProviderInfo {
  std::string name;
  std::string kind;                   // openai, openrouter, anthropic, gemini, ollama, offline
  std::string base_url;               // without credentials; empty for offline
  std::string key_env;                // variable that holds the key; empty when none is needed
  bool key_present = false;           // true as well when none is needed
  std::vector<std::string> models;    // known by name; others are passed through as they are
  std::string default_model;          // used when a member names only the provider; may be empty
  std::vector<std::string> fallback;  // members that answer in place of any of its models, in order
  int concurrent_requests_max = 0;    // calls at once; 0: as many as there are
  int requests_per_minute = 0;        // 0: as many as there are
  // US dollars for a million tokens, as the operator says.
  struct ModelPrice {
    std::string model;  // `*`: all that are not named
    double input = 0, output = 0;
    std::optional<double> cached_input, cache_write;
  };
  std::vector<ModelPrice> prices;
  bool searches = false;  // an engine that searches the web: it has no models and is no member
};

// What the operator says that a model costs, if anything: the row of its name, else that of `*`. What is
// answered offline costs nothing. Any thread.
inline std::optional<ProviderInfo::ModelPrice> price_of(const ProviderInfo& provider, std::string_view model) {
  if (provider.kind == "offline") return ProviderInfo::ModelPrice{};
  const ProviderInfo::ModelPrice* common = nullptr;
  for (const auto& price : provider.prices) {
    if (price.model == model) return price;
    if (price.model == "*") common = &price;
  }
  return common == nullptr ? std::nullopt : std::optional(*common);
}

// How things stand with a provider at the moment.
struct ProviderStatus {
  std::string_view breaker = "closed";  // closed, open, half_open
  int in_flight = 0;                    // calls that hold a slot
  int waiting = 0;                      // calls in the queue
  milliseconds retry_in{0};             // when the breaker is open
};

// Any thread.
class ProviderMonitor {
 public:
  virtual ~ProviderMonitor() = default;
  virtual ProviderStatus status(std::string_view provider, SteadyTime now) const = 0;
};

// The providers as one loop uses them. Only that loop, except directory().
class Providers {
 public:
  virtual ~Providers() = default;
  // Starts a call. The provider must exist in the directory and have its key. Failure to reach the
  // provider comes through listener.on_end, later. The listener must outlive the call.
  virtual std::unique_ptr<ChatCall> start(std::string_view provider, ChatRequest request, ChatListener& listener) = 0;
};

// What providers there are. Const after construction: any thread.
class ProviderDirectory {
 public:
  virtual ~ProviderDirectory() = default;
  virtual const std::vector<ProviderInfo>& all() const = 0;
  virtual const ProviderInfo* find(std::string_view name) const = 0;
};

}  // namespace plenum::core
