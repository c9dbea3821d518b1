#include "server/provider/offline/offline_provider.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/provider/offline/offline_text.h"

namespace plenum::provider {

namespace {

using std::chrono::milliseconds;

// One word with the blanks behind it, so that the words joined are the text.
std::string_view next_word(std::string_view text) {
  constexpr std::string_view blanks = " \n";
  const auto blank = std::min(text.find_first_of(blanks, text.find_first_not_of(blanks)), text.size());
  return text.substr(0, std::min(text.find_first_not_of(blanks, blank), text.size()));
}

std::int64_t count_words(std::string_view text) {
  std::int64_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(next_word(text).size());
  return count;
}

// Between half and one and a half of the pace, the same in every run.
milliseconds wait_before(std::size_t position, milliseconds pace) {
  constexpr std::int64_t steps[] = {80, 130, 60, 100, 150, 50, 110, 90, 140, 70};
  return pace * steps[position % std::size(steps)] / 98;  // their mean
}

}  // namespace

class OfflineProvider::Call final : public core::ChatCall {
 public:
  Call(OfflineProvider& provider, const core::ChatRequest& request, core::ChatListener& listener)
      : provider_(provider), listener_(listener), text_(offline_text(request)) {
    for (const auto& message : request.messages) words_read_ += count_words(message.content);
    arm();
  }
  ~Call() override {
    provider_.loop_.cancel(timer_);
    if (gone_ != nullptr) *gone_ = true;
  }

 private:
  void arm() {
    timer_ = provider_.loop_.after(wait_before(said_, provider_.options_.pace), [this] {
      timer_ = 0;
      speak();
    });
  }

  void speak() {
    bool gone = false;
    gone_ = &gone;
    do {
      const auto word = next_word(std::string_view(text_).substr(said_));
      said_ += word.size();
      ++words_said_;
      listener_.on_text(word);
      if (gone) return;
    } while (provider_.options_.pace == milliseconds(0) && said_ < text_.size());
    gone_ = nullptr;
    if (said_ < text_.size()) return arm();
    finish();
  }

  void finish() {
    core::ChatEnd end;
    end.ok = true;
    end.finish_reason = "stop";
    // Words are this provider's tokens: these are counts of what it read and made, not estimates.
    end.usage.prompt_tokens = words_read_;
    end.usage.completion_tokens = words_said_;
    end.usage.total_tokens = words_read_ + words_said_;
    end.cost = Cost{0.0, CostOrigin::reported};
    listener_.on_end(std::move(end));
  }

  OfflineProvider& provider_;
  core::ChatListener& listener_;
  const std::string text_;
  std::size_t said_ = 0;  // bytes of text_
  std::int64_t words_read_ = 0;
  std::int64_t words_said_ = 0;
  runtime::TimerId timer_ = 0;
  bool* gone_ = nullptr;  // set while the listener is being called: it may destroy this call
};

std::unique_ptr<core::ChatCall> OfflineProvider::start(core::ChatRequest request, core::ChatListener& listener) {
  return std::make_unique<Call>(*this, request, listener);
}

}  // namespace plenum::provider
