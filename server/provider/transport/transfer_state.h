// One transfer inside the CurlEngine. Inside server/provider/transport only; owner loop only.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "server/provider/transport/curl_engine.h"
#include "server/provider/transport/transfer.h"

namespace plenum::provider {

class TransferState {
 public:
  TransferState(CurlEngine& owner, TransferRequest what, TransferListener& to)
      : engine(owner), request(std::move(what)), listener(to) {}
  ~TransferState() { release(); }
  TransferState(const TransferState&) = delete;
  TransferState& operator=(const TransferState&) = delete;

  // Removes the handle from libcurl, which closes the connection of an unfinished response.
  void release();
  void mark_streaming();
  bool take_header(std::string_view line);
  const ConnectionOptions& connection() const;
  // Whether a proxy that forwards unencrypted requests rejected this one; sets the fault.
  bool is_proxy_rejection();
  Error error_of(CURLcode code) const;
  void check_idle_time();

  // Whether the request goes through a tunnel, because it is encrypted.
  bool has_tunnel() const;
  // The fault of a proxy; nothing if the provider behind it failed.
  std::optional<Error> proxy_fault(CURLcode code, const std::string& why) const;
  Error certificate_fault(CURLcode code, const std::string& why, const Proxy* proxy) const;

  CurlEngine& engine;
  TransferRequest request;
  TransferListener& listener;
  CURL* easy = nullptr;
  curl_slist* pinned = nullptr;
  ResponseHeaderParser headers;
  bool headers_delivered = false;
  bool streaming = false;  // mark_streaming() was called
  bool sent = true;        // until known otherwise
  bool rejected_by_proxy = false;
  std::size_t head_bytes = 0, body_bytes = 0;
  std::optional<Error> fault;  // why our own callbacks stopped the transfer
  CURLcode code = CURLE_OK;
  SteadyTime last_byte{};  // of the body
  runtime::TimerId idle_timer = 0;
  std::array<char, CURL_ERROR_SIZE> message{};
};

}  // namespace plenum::provider
