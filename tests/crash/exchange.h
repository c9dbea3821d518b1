// One HTTP request of a client that never blocks: its response is delivered piece by piece on the loop.
// One thread: the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/runtime/event_loop.h"
#include "tests/support/net/http_text.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

class Exchange final : public runtime::FdHandler {
 public:
  struct Listener {
    std::function<void(int status)> head{};
    std::function<void(std::string_view bytes)> body{};
    // The last call; `whole`: the body ended as its framing requires, which an end of the connection also is for
    // a body without a length. After it the exchange does nothing more.
    std::function<void(bool whole)> end{};
  };

  // Connects and sends; a failure is reported by end(false) in a later iteration, as everything else is.
  // The loop must outlive it. It may be destroyed at any time but in one of its own calls.
  Exchange(runtime::EventLoop& loop, std::uint16_t port, std::string_view request, Listener listener);
  ~Exchange() override;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  bool ended() const { return ended_; }
  int status() const { return status_; }

 private:
  void on_ready(std::uint32_t events) override;
  bool take_some();
  void tell_body(std::string_view bytes);
  void end(bool whole);

  runtime::EventLoop& loop_;
  Listener listener_;
  Fd socket_;
  std::string raw_;  // of the head, until it is whole
  std::map<std::string, std::string> headers_;
  int status_ = 0;
  bool has_length_ = false;
  std::size_t body_left_ = 0;  // with has_length_
  bool ended_ = false;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);  // false once destroyed
};

}  // namespace plenum::tests
