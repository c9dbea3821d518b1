// A provider that answers OpenAI's chat completions slowly, a word at a time, any number of calls at once:
// one thread for all of them, where the scripted upstream has one for each. Every call gets a text of its own.
// One thread: the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>

#include "server/runtime/event_loop.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

// How one call is answered.
struct CallPlan {
  int words = 40;
  std::chrono::milliseconds pace{20};  // between two words; 0: everything at once
  bool reasoning_between = false;      // a piece of reasoning behind every word, so that no two words become one event
};

class PacedUpstream final : public runtime::FdHandler {
 public:
  // A call for `model` with this prompt arrived: returns how it is to be answered.
  using Planner = std::function<CallPlan(const std::string& model, const std::string& prompt)>;
  // It is going to be answered with this text.
  using Observer = std::function<void(const std::string& model, const std::string& prompt, const std::string& text)>;

  PacedUpstream(runtime::EventLoop& loop, Planner planner, Observer observer);  // throws Failure without a port
  ~PacedUpstream() override;

  std::uint16_t port() const { return port_; }
  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  std::size_t open_connections() const { return connections_.size(); }

 private:
  class Connection;

  void on_ready(std::uint32_t events) override;
  void drop(Connection* connection);

  runtime::EventLoop& loop_;
  Planner planner_;
  Observer observer_;
  std::uint16_t port_ = 0;
  Fd listener_;
  std::uint64_t calls_ = 0;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
};

// The words of call `number`: the given count, different from those of every other call, blanks included.
std::string call_text(std::uint64_t number, int words);

}  // namespace plenum::tests
