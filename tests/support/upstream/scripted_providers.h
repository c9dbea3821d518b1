// Model providers whose answers the test plays itself, call by call.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/core/provider.h"

namespace plenum::tests {

class ScriptedProviders final : public core::Providers {
 public:
  struct Call {
    std::string provider;
    core::ChatRequest request;
    core::ChatListener* listener = nullptr;  // null once the call was closed

    bool open() const { return listener != nullptr; }
    void text(std::string_view delta) { open_listener().on_text(delta); }
    void reasoning(std::string_view delta) { open_listener().on_reasoning(delta); }
    void end_well(Usage usage = {}, Cost cost = {}, std::string finish_reason = "stop", Generation generation = {}) {
      const bool cut_short = finish_reason == "length";
      core::ChatEnd well{true, std::move(finish_reason), cut_short, usage, cost, std::nullopt};
      well.generation = std::move(generation);
      end(std::move(well));
    }
    void notice(const core::ChatNotice& notice) { open_listener().on_notice(notice); }
    void end_with_sources(std::vector<SourceRef> sources, std::string finish_reason = "stop") {
      const bool cut_short = finish_reason == "length";
      end({true, std::move(finish_reason), cut_short, {}, {}, std::nullopt, std::move(sources)});
    }
    void end_without(std::vector<std::string> attachments) {
      core::ChatEnd how;
      how.ok = true;
      how.finish_reason = "stop";
      how.omitted_attachments = std::move(attachments);
      end(std::move(how));
    }
    void answer(std::string_view whole_text) {
      text(whole_text);
      end_well();
    }
    void break_off(ErrorCode code, std::string message) { break_off(Error{code, std::move(message)}); }
    void break_off(Error error) { end({false, "", false, {}, {}, std::move(error)}); }
    // An answer that ended in order and cannot be used.
    void end_unusable(ErrorCode code, std::string message) {
      core::ChatEnd how;
      how.error = Error{code, std::move(message)};
      how.orderly = true;
      end(std::move(how));
    }
    // An answer that may be incomplete.
    void end_with_warning(std::string message) {
      core::ChatEnd how;
      how.ok = how.orderly = true;
      how.finish_reason = "budget_gone";
      how.warning = Error{ErrorCode::truncated, std::move(message)};
      end(std::move(how));
    }
    const std::string& user_prompt() const { return request.messages.back().content; }

   private:
    core::ChatListener& open_listener() {
      REQUIRE(open());
      return *listener;
    }
    void end(core::ChatEnd how) {
      core::ChatListener& receiver = open_listener();
      listener = nullptr;
      receiver.on_end(std::move(how));
    }
  };

  std::unique_ptr<core::ChatCall> start(std::string_view provider, core::ChatRequest request,
                                        core::ChatListener& listener) override {
    calls_.push_back(std::make_shared<Call>(Call{std::string(provider), std::move(request), &listener}));
    return std::make_unique<Handle>(calls_.back());
  }

  core::Embedder* embedder() override { return embeddings; }

  core::Embedder* embeddings = nullptr;  // null: none is configured

  Call& call(std::size_t index) {
    REQUIRE(index < calls_.size());
    return *calls_[index];
  }
  Call& newest() { return call(calls_.size() - 1); }
  std::size_t count() const { return calls_.size(); }
  void forget_calls() { calls_.clear(); }
  std::size_t open_count() const {
    std::size_t open = 0;
    for (const auto& call : calls_) open += call->open() ? 1 : 0;
    return open;
  }

 private:
  struct Handle final : core::ChatCall {
    explicit Handle(std::shared_ptr<Call> of) : call(std::move(of)) {}
    ~Handle() override { call->listener = nullptr; }
    std::shared_ptr<Call> call;
  };
  std::vector<std::shared_ptr<Call>> calls_;
};

}  // namespace plenum::tests
