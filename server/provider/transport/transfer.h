// HTTP requests to providers on one loop: the server's only door to libcurl.
// One CURLM for the loop, driven by its epoll; no thread for a call, nothing here ever blocks.
// Source: libcurl 7.88, curl_multi_socket_action(3).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "server/provider/transport/response_headers.h"
#include "server/redaction/secret.h"
#include "server/runtime/event_loop.h"

struct curl_slist;

namespace plenum::provider {

struct TransferOptions {
  std::size_t receive_buffer_bytes = 4 * 1024;  // held while a transfer is open
  std::string ca_file;                          // PEM, trusted besides the system's; empty: only those
};

// What one transfer may take. Their names are those of the settings, which the errors say.
struct TransferBounds {
  std::chrono::milliseconds connect_timeout{10'000};       // TCP and TLS together
  std::chrono::milliseconds first_token_timeout{120'000};  // until note_answer()
  std::chrono::milliseconds idle_timeout{120'000};         // after it: between two reads of the body
  std::size_t head_bytes_max = 64 * 1024;                  // all header lines together
  std::size_t response_bytes_max = 32 * 1024 * 1024;       // of the body
};

// The header lines of every request to one provider, the key among them; wiped on destruction.
// Const after construction, but only for transfers of one loop.
class RequestHeaders {
 public:
  // The key's line begins with `key_header`; `key` may be empty: there is no such line then. `more` are
  // further lines.
  RequestHeaders(std::string_view key_header, const redaction::Secret& key, const std::vector<std::string_view>& more);
  ~RequestHeaders();
  RequestHeaders(const RequestHeaders&) = delete;
  RequestHeaders& operator=(const RequestHeaders&) = delete;

  curl_slist* list() const { return list_; }

 private:
  void add(std::string_view before, std::string_view secret = {});

  curl_slist* list_ = nullptr;
};

struct TransferRequest {
  std::string url;
  const RequestHeaders* headers = nullptr;  // must outlive the transfer
  std::string body;                         // empty: a GET
  std::string pinned;  // `host:port:address,address`, so that no name is looked up; empty: an address or localhost
  TransferBounds bounds;
  SteadyTime first_token_due{};  // first_token_timeout after the attempt began, which may be before the transfer
};

// Called on the loop, never from inside post(), never from inside libcurl: a listener may destroy its
// transfer, or others, and start new ones. Nothing comes after on_done or after the destruction.
class TransferListener {
 public:
  virtual ~TransferListener() = default;
  virtual void on_head(const ResponseHead& head) = 0;     // once, if an answer came
  virtual void on_bytes(std::string_view bytes) = 0;      // never empty
  virtual void on_done(std::optional<Error> broken) = 0;  // once; nothing: the body ended in order
};

class Transfers;

// An open transfer. Destroying it closes its connection before the destructor returns.
class Transfer {
 public:
  struct State;
  explicit Transfer(std::unique_ptr<State> state);
  ~Transfer();

  // The answer has begun: from here on only silence ends the transfer. Bytes alone do not say so, because
  // providers send comments while they have nothing to say.
  void note_answer();
  // Whether any of the request was sent. True until the transfer is done.
  bool sent() const;

 private:
  std::unique_ptr<State> state_;
};

// Only its loop. Must outlive its transfers, and must not be destroyed from inside a callback.
class Transfers {
 public:
  Transfers(runtime::EventLoop& loop, TransferOptions options);
  ~Transfers();

  std::unique_ptr<Transfer> post(TransferRequest request, TransferListener& listener);

 private:
  friend struct Transfer::State;
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace plenum::provider
