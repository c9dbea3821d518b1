// HTTP requests to providers on one loop. One CURLM per loop, driven by its epoll: no thread per call, and nothing
// here blocks.
// Source: libcurl 7.88, curl_multi_socket_action(3).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "server/provider/transport/connection.h"
#include "server/provider/transport/request_headers.h"
#include "server/provider/transport/response_headers.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

class CurlEngine;
class TransferState;

struct TransferOptions {
  std::size_t receive_buffer_bytes = 4 * 1024;  // per open transfer
};

// Limits of one transfer. Errors quote the names of the settings.
struct TransferLimits {
  std::chrono::milliseconds connect_timeout{10'000};       // TCP and TLS together
  std::chrono::milliseconds first_token_timeout{120'000};  // until mark_streaming()
  std::chrono::milliseconds idle_timeout{120'000};         // after it: between two reads of the body
  std::size_t head_bytes_max = 64 * 1024;                  // all header lines together
  std::size_t response_bytes_max = 32 * 1024 * 1024;       // of the body
};

struct TransferRequest {
  std::string url;
  const RequestHeaders* headers = nullptr;  // must outlive the transfer
  std::string body;                         // empty: a GET
  // `host:port:address,address` of the proxy, else of the provider: no DNS lookup by libcurl; empty: an address or
  // localhost.
  std::string pinned;
  TransferLimits limits;
  SteadyTime first_token_due{};                   // first_token_timeout after the start of the attempt
  const ConnectionOptions* connection = nullptr;  // must outlive the transfer; null: the defaults
};

// Called on the loop, never from inside post(), never from inside libcurl: a listener may destroy its transfer, or
// others, and start new ones. No call follows on_done or the destruction.
class TransferListener {
 public:
  virtual ~TransferListener() = default;
  virtual void on_headers(const ResponseHeaders& headers) = 0;  // once, if a response arrived
  virtual void on_bytes(std::string_view bytes) = 0;            // never empty
  virtual void on_done(std::optional<Error> broken) = 0;        // once; nothing: the body is complete
};

// An open transfer. Destroying it closes its connection before the destructor returns.
class Transfer {
 public:
  explicit Transfer(std::unique_ptr<TransferState> state);
  ~Transfer();

  // The answer has started: from now on idle_timeout applies. Bytes alone do not start it, because providers send
  // comments while a call is queued.
  void mark_streaming();
  // Whether any of the request was sent to the provider. True until the transfer is done.
  bool sent() const;

 private:
  std::unique_ptr<TransferState> state_;
};

// Owner loop only. Must outlive its transfers, and must not be destroyed from inside a callback.
class Transfers {
 public:
  Transfers(runtime::EventLoop& loop, TransferOptions options);
  ~Transfers();

  std::unique_ptr<Transfer> post(TransferRequest request, TransferListener& listener);

 private:
  std::unique_ptr<CurlEngine> engine_;
};

}  // namespace plenum::provider
