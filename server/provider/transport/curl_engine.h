// Drives the transfers of one loop with libcurl: the only file that includes its headers. Inside
// server/provider/transport only; owner loop only.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/provider/transport/transfer.h"
#include "server/runtime/event_loop.h"

namespace plenum::provider {

// Libcurl's callbacks only buffer what arrived; listeners are called when libcurl has returned. So a listener may
// remove handles, which libcurl forbids inside its callbacks.
class CurlEngine {
 public:
  CurlEngine(runtime::EventLoop& loop, TransferOptions options);
  ~CurlEngine();

  void begin(TransferState& state);
  void remove(TransferState& state);  // no further callback for it

  runtime::EventLoop& loop_;       // set once
  const TransferOptions options_;  // set once
  CURLM* multi_;                   // set once

 private:
  class Watch;
  struct Arrival {
    TransferState* state;  // null: removed
    std::size_t size;      // of its part of arrived_, which follows the part before
  };

  static int on_socket(CURL*, curl_socket_t fd, int what, void* engine, void*);
  static int on_timer(CURLM*, long timeout_ms, void* engine);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* state);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* state);

  void set_options(TransferState& state);
  static void set_trust(CURL* easy, const ConnectionOptions& connection);
  static void set_proxy(CURL* easy, const Proxy* proxy);
  void act(curl_socket_t fd, int events);
  void collect_done();
  void deliver();
  void deliver_arrivals();
  void deliver_done();
  void add_arrival(TransferState& state, std::string_view bytes);

  runtime::TimerId timer_ = 0;                               // owner loop only
  std::unordered_map<int, std::unique_ptr<Watch>> watches_;  // owner loop only
  std::string arrived_;                                      // owner loop only: body bytes of this iteration
  std::vector<Arrival> arrivals_;                            // owner loop only
  std::vector<TransferState*> done_;                         // owner loop only; null: removed
};

}  // namespace plenum::provider
