#include "server/provider/offline/offline_provider.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/provider/offline/offline_text.h"

namespace plenum::provider {

namespace {

using std::chrono::milliseconds;

// One word with the blanks after it, so that the joined words are the text.
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

// Between half and one and a half of the mean, the same in every run.
milliseconds delay_before(std::size_t position, milliseconds mean) {
  constexpr std::int64_t steps[] = {80, 130, 60, 100, 150, 50, 110, 90, 140, 70};
  return mean * steps[position % std::size(steps)] / 98;  // the mean of the steps
}

}  // namespace

class OfflineProvider::Call final : public core::ChatCall {
 public:
  Call(OfflineProvider& provider, const core::ChatRequest& request, core::DeltaListener& deltas,
       core::AttemptListener& attempt)
      : provider_(provider), delta_listener_(deltas), attempt_listener_(attempt), text_(offline_text(request)) {
    for (const auto& message : request.messages) words_read_ += count_words(message.content);
    arm();
  }
  ~Call() override {
    provider_.loop_.cancel(timer_);
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

 private:
  void arm() {
    timer_ = provider_.loop_.after(delay_before(sent_bytes_, provider_.options_.token_delay), [this] {
      timer_ = 0;
      emit_words();
    });
  }

  void emit_words() {
    bool destroyed = false;
    destroyed_ = &destroyed;
    do {
      const auto word = next_word(std::string_view(text_).substr(sent_bytes_));
      sent_bytes_ += word.size();
      ++words_sent_;
      delta_listener_.on_text(word);
      if (destroyed) return;
    } while (provider_.options_.token_delay == milliseconds(0) && sent_bytes_ < text_.size());
    destroyed_ = nullptr;
    if (sent_bytes_ < text_.size()) return arm();
    finish();
  }

  void finish() {
    core::ChatEnd end;
    end.ok = true;
    end.any_delta = true;
    end.finish_reason = "stop";
    // Words are this provider's tokens: the counts are exact.
    end.usage.prompt_tokens = words_read_;
    end.usage.completion_tokens = words_sent_;
    end.usage.total_tokens = words_read_ + words_sent_;
    end.cost = Cost{0.0, CostOrigin::reported};
    attempt_listener_.on_attempt_end({std::move(end)});
  }

  OfflineProvider& provider_;
  core::DeltaListener& delta_listener_;
  core::AttemptListener& attempt_listener_;
  const std::string text_;
  std::size_t sent_bytes_ = 0;  // bytes of text_
  std::int64_t words_read_ = 0;
  std::int64_t words_sent_ = 0;
  runtime::TimerId timer_ = 0;
  bool* destroyed_ = nullptr;  // set during listener calls, which may destroy this call
};

std::unique_ptr<core::ChatCall> OfflineProvider::start(core::ChatRequest request, core::DeltaListener& deltas,
                                                       core::AttemptListener& attempt) {
  loop_.assert_on_thread();
  return std::make_unique<Call>(*this, request, deltas, attempt);
}

}  // namespace plenum::provider
