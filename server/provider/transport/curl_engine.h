// How one loop's transfers are made with libcurl. Only transfer.cpp and transfer_engine.cpp include this; only the
// loop's thread.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/provider/transport/transfer.h"

namespace plenum::provider {

struct Transfer::State {
  State(Transfers::Engine& owner, TransferRequest asked, TransferListener& hearer)
      : engine(owner), request(std::move(asked)), listener(hearer) {}
  ~State() { release(); }

  // Takes the handle out of libcurl, which closes the connection if an answer was under way on it.
  void release();
  bool take_header(std::string_view line);
  Error error_of(CURLcode code) const;
  void watch_silence();

  Transfers::Engine& engine;
  TransferRequest request;
  TransferListener& listener;
  CURL* easy = nullptr;
  curl_slist* pinned = nullptr;
  HeadReader head;
  bool head_told = false;
  bool answering = false;  // note_answer() was called
  bool sent = true;        // until it is known better
  std::size_t head_bytes = 0, body_bytes = 0;
  std::optional<Error> fault;  // why our own callbacks stopped the transfer
  CURLcode code = CURLE_OK;
  SteadyTime last_byte{};  // of the body
  runtime::TimerId silence_timer = 0;
  std::array<char, CURL_ERROR_SIZE> message{};
};

// Libcurl's callbacks only note what arrived; listeners hear of it when libcurl has returned. So a
// listener may remove handles, which libcurl forbids inside its callbacks.
class Transfers::Engine {
 public:
  Engine(runtime::EventLoop& loop, TransferOptions options);
  ~Engine();

  void begin(Transfer::State& state);
  void forget(Transfer::State& state);  // it goes away: nothing more for it

  runtime::EventLoop& loop_;       // set once
  const TransferOptions options_;  // set once
  CURLM* multi_;                   // set once

 private:
  class Watch;
  struct Arrival {
    Transfer::State* state;  // null: forgotten
    std::size_t size;        // of its share of arrived_, which follows the one before
  };

  static int on_socket(CURL*, curl_socket_t fd, int what, void* engine, void*);
  static int on_timer(CURLM*, long timeout_ms, void* engine);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* state);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* state);

  void set_options(Transfer::State& state);
  void act(curl_socket_t fd, int events);
  void collect_done();
  void deliver();
  void note_arrival(Transfer::State& state, std::string_view bytes);

  runtime::TimerId timer_ = 0;                               // only the owner loop
  std::unordered_map<int, std::unique_ptr<Watch>> watches_;  // only the owner loop
  std::string arrived_;                                      // only the owner loop: body bytes of this turn
  std::vector<Arrival> arrivals_;                            // only the owner loop
  std::vector<Transfer::State*> done_;                       // only the owner loop; null: forgotten
};

}  // namespace plenum::provider
