#include "server/provider/offline/offline_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "server/provider/offline/offline_behavior.h"
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
      : provider_(provider), delta_listener_(deltas), attempt_listener_(attempt) {
    for (const auto& message : request.messages) words_read_ += count_words(message.content);
    if (auto read = offline_behavior(request.model)) {
      behavior_ = *std::move(read);
      begin(request);
    } else {
      end_after(milliseconds(0), read.error());
    }
  }
  ~Call() override {
    provider_.loop_.cancel(timer_);
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

 private:
  void begin(core::ChatRequest request) {
    if (behavior_.times > 0 && !provider_.count_repetition(request, behavior_.times)) {
      OfflineBehavior usual;
      usual.model = behavior_.model;
      usual.delay = behavior_.delay;
      usual.token_delay = behavior_.token_delay;
      behavior_ = std::move(usual);
    }
    request.model = behavior_.model;
    if (!behavior_.empty) text_ = offline_text(request);
    arm(behavior_.delay);
  }

  milliseconds token_delay() const { return behavior_.token_delay.value_or(provider_.options_.token_delay); }
  bool reached(const std::optional<std::size_t>& words) const { return words && words_sent_ >= *words; }

  void arm(milliseconds more = milliseconds(0)) {
    timer_ = provider_.loop_.after(more + delay_before(sent_bytes_, token_delay()), [this] {
      timer_ = 0;
      emit_words();
    });
  }

  // True if no further word follows. Calls the listener last.
  bool stopped() {
    const bool at_end = sent_bytes_ == text_.size();
    if (reached(behavior_.hang)) return true;
    if (behavior_.failure && (at_end || words_sent_ >= behavior_.words)) {
      Error error{*behavior_.failure, fmt::format("simulated failure: {}", row_of(*behavior_.failure).name)};
      error.retry_after = behavior_.retry_after;
      end_with(std::move(error));
    } else if (reached(behavior_.length)) {
      finish("length", true);
    } else if (at_end) {
      finish("stop", false);
    } else {
      return false;
    }
    return true;
  }

  void emit_words() {
    bool destroyed = false;
    destroyed_ = &destroyed;
    do {
      if (stopped()) {
        if (!destroyed) destroyed_ = nullptr;
        return;
      }
      const auto word = next_word(std::string_view(text_).substr(sent_bytes_));
      sent_bytes_ += word.size();
      ++words_sent_;
      delta_listener_.on_text(word);
      if (destroyed) return;
    } while (token_delay() == milliseconds(0) || sent_bytes_ == text_.size());
    destroyed_ = nullptr;
    arm();
  }

  void end_after(milliseconds wait, Error error) {
    timer_ = provider_.loop_.after(wait, [this, error = std::move(error)] {
      timer_ = 0;
      end_with(error);
    });
  }

  core::ChatEnd end() const {
    core::ChatEnd end;
    end.any_delta = words_sent_ > 0;
    // Words are this provider's tokens: the counts are exact.
    end.usage.prompt_tokens = words_read_;
    end.usage.completion_tokens = static_cast<std::int64_t>(words_sent_);
    end.usage.total_tokens = *end.usage.prompt_tokens + *end.usage.completion_tokens;
    end.cost = Cost{0.0, CostOrigin::reported};
    end.generation.model = behavior_.model;
    return end;
  }

  void finish(std::string reason, bool cut_short) {
    if (words_sent_ == 0) {
      return end_with(cut_short ? Error{ErrorCode::truncated, "the model reached its token limit before any text"}
                                : Error{ErrorCode::server, "the answer is empty"},
                      true);
    }
    auto well = end();
    well.ok = well.orderly = true;
    well.cut_short = cut_short;
    well.finish_reason = std::move(reason);
    attempt_listener_.on_attempt_end({std::move(well)});
  }

  void end_with(Error error, bool orderly = false) {
    error.message = "offline: " + error.message;
    auto failed = end();
    failed.orderly = orderly;
    failed.error = std::move(error);
    attempt_listener_.on_attempt_end({std::move(failed)});
  }

  OfflineProvider& provider_;
  core::DeltaListener& delta_listener_;
  core::AttemptListener& attempt_listener_;
  OfflineBehavior behavior_;
  std::string text_;
  std::size_t sent_bytes_ = 0;  // bytes of text_
  std::size_t words_sent_ = 0;
  std::int64_t words_read_ = 0;
  runtime::TimerId timer_ = 0;
  bool* destroyed_ = nullptr;  // set during listener calls, which may destroy this call
};

// Counts the calls with the same model and messages, until `times` have behaved as requested. The next one does not,
// and the count starts again.
bool OfflineProvider::count_repetition(const core::ChatRequest& request, int times) {
  std::string key = request.model;
  for (const auto& message : request.messages) {
    key += fmt::format("/{:x}", std::hash<std::string>()(message.content));
  }
  if (repetitions_.size() >= repetitions_max && !repetitions_.contains(key)) repetitions_.clear();
  int& count = repetitions_[key];
  if (count++ < times) return true;
  repetitions_.erase(key);
  return false;
}

std::unique_ptr<core::ChatCall> OfflineProvider::start(core::ChatRequest request, core::DeltaListener& deltas,
                                                       core::AttemptListener& attempt) {
  loop_.assert_on_thread();
  return std::make_unique<Call>(*this, request, deltas, attempt);
}

}  // namespace plenum::provider
