// A provider set on a loop of the test's thread, and a listener that records its callbacks.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "server/provider/provider_set.h"
#include "server/runtime/event_loop.h"
#include "server/runtime/thread_pool.h"

namespace plenum::tests {

class Listener final : public core::ChatListener {
 public:
  void on_text(std::string_view delta) override {
    text += delta;
    ++deltas;
    if (then) then();
  }
  void on_reasoning(std::string_view delta) override { reasoning += delta; }
  void on_notice(const core::ChatNotice& notice) override {
    if (!notice.parameter.empty()) rejected += notice.parameter + " ";
  }
  void on_end(core::ChatEnd how) override {
    REQUIRE_FALSE(ended);
    end = std::move(how);
    ended = true;
    if (then) then();
  }

  ErrorCode error() const {
    REQUIRE(ended);
    REQUIRE(end.error.has_value());
    return end.error->code;
  }
  const std::string& message() const {
    REQUIRE(end.error.has_value());
    return end.error->message;
  }

  std::string text, reasoning;
  std::string rejected;  // parameters, in the order of their rejection
  int deltas = 0;
  bool ended = false;
  core::ChatEnd end;
  std::function<void()> then;  // runs inside on_text and on_end
};

// The system clock, which a test can advance.
class SkippingClock final : public Clock {
 public:
  SteadyTime steady() const override { return system_.steady() + skipped_; }
  WallTime wall() const override { return system_.wall() + skipped_; }
  void skip(milliseconds time) { skipped_ += time; }

 private:
  SystemClock system_;
  milliseconds skipped_{0};
};

struct RemoteFixture {
  // The providers of the tables on this loop. Call once.
  void providers(const std::vector<config::ProviderConfig>& tables, provider::ProviderSetOptions options = {},
                 const char* key = nullptr) {
    auto read = provider::Registry::from(
        tables, [key](const char* name) { return std::string_view(name) == "KEY" ? key : nullptr; });
    REQUIRE_MESSAGE(read, read.error().message);
    registry = std::make_unique<provider::Registry>(std::move(*read));
    options.scrubber = redaction::Scrubber(registry->keys());
    limits = std::make_unique<provider::ProviderLimitsSet>(registry->limits());
    set = std::make_unique<provider::ProviderSet>(loop, *registry, *limits, dns_lookups, options);
  }
  // One provider named `up`, from the table `up`: one attempt per call, unless a test sets more.
  void provider_at(const std::string& url, provider::ProviderSetOptions options = {}, const char* key = nullptr) {
    up.name = "up";
    up.kind = core::ProviderKind::openai;
    up.base_url = url;
    if (key != nullptr) up.key_env = "KEY";
    providers({up}, options, key);
  }
  std::unique_ptr<core::ChatCall> start(Listener& listener, const std::string& provider = "up") {
    chat_request.model = "m";
    chat_request.messages = {{core::ChatMessage::Role::user, "hello"}};
    return set->start(provider, chat_request, listener);
  }
  // Runs the loop until `done`; false after 20 s.
  bool until(const std::function<bool()>& done) {
    const auto deadline = clock.steady() + std::chrono::seconds(20);
    while (!done() && clock.steady() < deadline) loop.run_once(milliseconds(10));
    return done();
  }
  void run_to_end(Listener& listener) {
    const auto call = start(listener);
    REQUIRE(until([&] { return listener.ended; }));
  }

  config::ProviderConfig up = [] {
    config::ProviderConfig single;
    single.retries_max = 0;
    return single;
  }();
  core::ChatRequest chat_request;  // what a test sets beside model and messages
  SkippingClock clock;
  runtime::EventLoop loop{clock};
  runtime::ThreadPool threads{"test-help", 1, 16};
  provider::DnsLookupPool dns_lookups{threads};
  std::unique_ptr<provider::Registry> registry;
  std::unique_ptr<provider::ProviderLimitsSet> limits;
  std::unique_ptr<provider::ProviderSet> set;
};

inline constexpr std::string_view stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

inline std::string content_line(const std::string& text) {
  return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
}
inline constexpr std::string_view stop_line =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

}  // namespace plenum::tests
