// Limits of the front door, each with its unit, and what it counts.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "server/http/message/request_head.h"
#include "server/http/routing/origin_policy.h"
#include "server/redaction/scrubber.h"

namespace plenum::http {

struct HttpServerOptions {
  HeadLimits limits;  // sizes of a request, body_bytes_max among them
  OriginPolicyOptions gate;

  std::chrono::milliseconds head_timeout{10'000};  // whole head, from accept or from its first byte
  std::chrono::milliseconds body_timeout{30'000};  // whole body
  std::chrono::milliseconds body_grace{5'000};     // after this the body must have come at the least rate
  std::size_t body_bytes_per_second_min = 1024;
  std::chrono::milliseconds answer_timeout{30'000};   // from the whole request to its answer, the queue included
  std::chrono::milliseconds reply_timeout{30'000};    // writing a whole answer
  std::size_t unsent_bytes_max = 256 * 1024 * 1024;   // of all answers together; more are told 503
  std::chrono::milliseconds keep_alive_idle{75'000};  // between two requests
  std::chrono::milliseconds linger{1'000};            // reading on after the last answer, so that it is not lost
  std::size_t linger_bytes_max = 2 * 1024 * 1024;     // room for a body that was refused for its size
  std::chrono::milliseconds sweep_every{500};         // how exactly the deadlines are kept

  std::size_t connections_max = 15'000;         // open at once, readers of streams included
  std::size_t connections_per_address_max = 0;  // of requests, not of readers; 0: no bound of its own
  int backlog = 4096;                           // connections the kernel holds until they are accepted

  std::chrono::milliseconds heartbeat{15'000};  // what deliveries keep; told to callers

  redaction::Scrubber scrubber;  // for all that leaves here

  unsigned request_threads = 32;
  std::size_t request_queue_max = 1024;  // whole requests that wait for a thread; more are told 503
};

// A moment's view. `refused` counts answers of the door itself by the name of their error.
struct HttpServerStats {
  std::uint64_t accepted = 0;
  std::uint64_t requests = 0;
  std::uint64_t accept_errors = 0;
  std::size_t open = 0;     // connections, readers of streams not included
  std::size_t readers = 0;  // of streams; at most one sweep old
  std::map<std::string, std::uint64_t> refused;
};

}  // namespace plenum::http
