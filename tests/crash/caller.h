// One caller of the crash test: posts a task with an Idempotency-Key until it is answered, reads its stream
// with one or more readers that resume after every cut, and reports everything to the checker.
// One thread: the loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/crash/exchange.h"
#include "tests/crash/frame_cutter.h"
#include "tests/crash/history_checker.h"

namespace plenum::tests {

// What all callers share. The driver keeps it up to date.
struct Surroundings {
  runtime::EventLoop& loop;
  HistoryChecker& checker;
  std::uint16_t port = 0;
  bool alive = false;             // the server is running and was not killed
  int life = 0;                   // of the server, from 1
  bool trouble_expected = false;  // the server's disk fails: every answer 5xx is taken as 503 is
  std::uint64_t busy_answers = 0;
  std::uint64_t resumes = 0;
  // Whether the response only requires a retry.
  bool must_retry(int status) const { return status == 503 || (trouble_expected && status >= 500); }
  // A reader that came back with a cursor got its first bytes in this life, or its first event beyond the cursor.
  std::function<void()> on_resumed_byte{};
  std::function<void()> on_resumed_event{};
  // A frame with an id was seen, or a task was accepted: for who keeps a record of it.
  std::function<void(const std::string& stream, std::string_view id, std::string_view bytes)> on_frame{};
  std::function<void(const std::string& key, const std::string& stream)> on_accepted{};
};

// Reads one stream to its end, over as many connections as it takes.
class ResumingReader {
 public:
  // disconnect_after: after this many frames of a connection it disconnects and resumes; 0: never.
  ResumingReader(Surroundings& around, std::string stream, std::uint64_t disconnect_after = 0);

  // Connects unless it is connected or done; for every turn in which the server is there.
  void resume();
  bool connected() const { return exchange_ != nullptr; }
  bool done() const { return done_; }

 private:
  void on_head(int status);
  void on_body(std::string_view bytes);
  void on_frame(const CutFrame& frame);
  void on_end(bool whole);
  void disconnect();

  Surroundings& around_;
  const std::string stream_;
  const HistoryChecker::Reader reader_;
  const std::uint64_t disconnect_after_;
  std::unique_ptr<Exchange> exchange_;
  FrameCutter cutter_;
  std::string refusal_;  // the body of another answer than the stream
  int status_ = 0;
  std::uint64_t frames_here_ = 0;  // on this connection
  int last_life_ = 0;              // in which it connected
  bool came_back_ = false;         // with a cursor and to a new life, and no byte has come yet
  bool awaits_event_ = false;      // likewise, and no event has come yet
  bool done_ = false;
  SteadyTime not_before_{};
};

class Caller {
 public:
  struct Plan {
    std::string key, body;
    std::vector<std::uint64_t> readers{0};  // disconnect_after of each
    bool repeats_post = false;              // posts once more, in a later life of the server or after the end
    milliseconds cancels_after{0};          // cancels the task so long after the answer; 0: never
  };

  Caller(Surroundings& around, Plan plan) : around_(around), plan_(std::move(plan)) {}

  void resume();
  bool connected() const;
  bool done() const;
  const std::string& stream() const { return stream_; }  // empty until the POST is answered
  const std::string& answer() const { return answer_; }

 private:
  void post();
  void on_answer(bool whole);
  void cancel();
  void on_cancelled(bool whole);
  bool cancel_answered() const { return plan_.cancels_after.count() == 0 || cancelled_; }
  bool all_read() const;

  Surroundings& around_;
  const Plan plan_;
  std::unique_ptr<Exchange> exchange_;
  std::string body_;
  std::string stream_, answer_;
  std::vector<std::unique_ptr<ResumingReader>> readers_;
  int answered_in_ = 0;  // the life
  bool repeated_ = false, refused_ = false, cancelled_ = false;
  SteadyTime not_before_{}, cancel_at_{};
};

}  // namespace plenum::tests
