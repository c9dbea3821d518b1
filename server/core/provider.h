// A provider of model completions, as the planner and the runs use it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/chat.h"
#include "server/core/embedder.h"
#include "server/core/model_list.h"
#include "server/core/model_price.h"
#include "server/core/provider_kind.h"

namespace plenum::core {

// An open call. Destroying it aborts the call: the upstream connection is closed before the destructor
// returns. Owner loop only: the loop on which it was started.
class ChatCall {
 public:
  virtual ~ChatCall() = default;
};

// Static description of a provider. Set once, then shared by all threads.
struct ProviderInfo {
  std::string name;
  ProviderKind kind = ProviderKind::openai;
  std::string base_url;             // without credentials; empty for offline
  std::string key_env;              // variable that holds the key; empty when none is needed
  bool key_present = false;         // true as well when none is needed
  std::vector<std::string> models;  // known by name; others are passed through as they are
  // Used when a member names only the provider: the first one that it serves. Empty: the first model of its list, if
  // it needs no configuration (Ollama), else none.
  std::vector<std::string> default_models;
  std::vector<std::string> fallback;          // fallback chain for all of its models
  int concurrent_requests_max = 0;            // concurrency limit; 0: unlimited
  int requests_per_minute = 0;                // rate limit; 0: unlimited
  std::shared_ptr<const ModelPrices> prices;  // null: none is known
  bool searches = false;                      // a search engine: no models, not usable as a member
  // How the provider enforces a JSON schema; a model that rejects it is called without (ChatRequest::answer_schema).
  enum class StructuredOutput : std::uint8_t { none, json_schema, tool };
  StructuredOutput structured_output = StructuredOutput::none;
  AttachmentKinds attachments;  // that its protocol and most of its models accept; others are omitted
  ModelParameters parameters;   // of all its calls, unless the task or the workflow sets others
};

// Current state of a provider.
struct ProviderStatus {
  std::string_view breaker = "closed";     // of the provider as a whole, or of its only model: closed, open, half_open
  int in_flight = 0;                       // calls that hold a slot
  int waiting = 0;                         // calls in the queue
  milliseconds retry_in{0};                // when the breaker is open
  std::vector<std::string> open_models{};  // those whose own breaker rejects calls
};

// Any thread.
class ProviderMonitor {
 public:
  virtual ~ProviderMonitor() = default;
  virtual ProviderStatus status(std::string_view provider, SteadyTime now) const = 0;
};

// The providers of one loop. Owner loop only.
class Providers {
 public:
  virtual ~Providers() = default;
  // Starts a call. An unknown provider, a missing key or a failed connection is reported through
  // listener.on_end, never from inside start(). The listener must outlive the call.
  virtual std::unique_ptr<ChatCall> start(std::string_view provider, ChatRequest request, ChatListener& listener) = 0;
  // Null: no provider of embeddings is configured.
  virtual Embedder* embedder() { return nullptr; }
};

// The configured providers. Const after construction: any thread.
class ProviderDirectory {
 public:
  virtual ~ProviderDirectory() = default;
  virtual const std::vector<ProviderInfo>& all() const = 0;
  virtual const ProviderInfo* find(std::string_view name) const = 0;
  // What the providers serve now; null: unknown.
  virtual ModelLists* lists() const { return nullptr; }
  // The price file in use.
  virtual PriceFileInfo price_file() const { return {}; }
};

}  // namespace plenum::core
