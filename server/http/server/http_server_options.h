// Limits of the HTTP server. Set once.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "server/compat/translator.h"
#include "server/http/message/request_head.h"
#include "server/http/routing/origin_policy.h"
#include "server/http/server/address_set.h"
#include "server/redaction/scrubber.h"
#include "server/runtime/memory_budget.h"

namespace plenum::http {

struct HttpServerOptions {
  HeadLimits limits;  // sizes of a request, body_bytes_max included
  OriginPolicyOptions origin_policy;

  std::chrono::milliseconds head_timeout{10'000};  // complete head, from accept or from its first byte
  std::chrono::milliseconds body_timeout{30'000};  // complete body
  std::chrono::milliseconds body_grace{5'000};     // after this time the minimum rate applies
  std::size_t body_bytes_per_second_min = 1024;
  std::chrono::milliseconds response_timeout{30'000};  // from the complete request to its response, queue included
  std::chrono::milliseconds reply_timeout{30'000};     // writing a complete response
  std::chrono::milliseconds keep_alive_idle{75'000};   // between two requests
  // Reading after the last response, so that the client receives it although it still sends a rejected body.
  std::chrono::milliseconds linger{2'000};         // without a byte from the client
  std::chrono::milliseconds linger_total{30'000};  // in total
  std::size_t linger_bytes_max = 32 * 1024 * 1024;
  std::chrono::milliseconds sweep_every{500};  // precision of these timeouts

  std::size_t connections_max = 15'000;            // open at once, subscribers included
  std::size_t connections_per_address_max = 1000;  // subscribers included; 0: no limit
  AddressSet connections_per_address_exempt;       // addresses without that limit
  int backlog = 4096;                              // connections that the kernel queues until they are accepted

  std::chrono::milliseconds heartbeat{15'000};  // of the broadcasters; announced to clients

  // Of streams without ?dialect= and without a path prefix.
  compat::CompatFormat default_format = compat::CompatFormat::native;

  redaction::Scrubber scrubber;  // for every response

  // What does not fit is rejected with 503 before any work.
  std::shared_ptr<runtime::MemoryBudget> memory = std::make_shared<runtime::MemoryBudget>();

  unsigned request_threads = 16;         // for requests that read, and for rendering
  unsigned write_threads = 32;           // for requests that change something; each waits for a commit
  std::size_t request_queue_max = 1024;  // complete requests that wait for a thread of either kind; beyond it: 503
};

}  // namespace plenum::http
