// The inside of a run; only the files run*.cpp include this.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "common/base/strings.h"
#include "server/workflow/run/budget.h"
#include "server/workflow/run/plan.h"
#include "server/workflow/run/run.h"
#include "server/workflow/run/run_record.h"

namespace plenum::workflow {

// Only the owner loop.
struct Run::State : std::enable_shared_from_this<Run::State> {
  // One open chunk: the attempt that is under way and what came of it.
  struct Chunk final : core::ChatListener {
    Chunk(State& of, int index, AssignedMember first, std::vector<AssignedMember> others)
        : run(of), step(index), member(std::move(first)), fallbacks(std::move(others)) {}

    void on_text(std::string_view delta) override {
      run.take_text(*this, delta);  // may destroy *this
    }
    void on_reasoning(std::string_view delta) override { run.say_tokens(*this, delta, TokenKind::reasoning); }
    void on_notice(const core::ChatNotice& notice) override { run.take_notice(*this, notice); }
    void on_end(core::ChatEnd end) override { run.call_ended(*this, std::move(end)); }  // destroys *this

    State& run;
    const int step;
    AssignedMember member;                      // who is asked now
    std::vector<AssignedMember> fallbacks;      // who may still be, in order
    int attempt = 0;                            // its number, from 1; in the chunk, not with the member
    std::shared_ptr<const EventSource> source;  // of the attempt
    SteadyTime started{};                       // the attempt
    bool asked = false;                         // it has gone to the provider
    SteadyTime due{};                           // of the attempts at this member; while the timer runs
    milliseconds time_left{0};                  // of them; while it does not
    std::optional<SteadyTime> first_token;
    std::string output;
    bool waits_for_budget = false;
    std::string given_up;  // why others answer in place of the member that was asked for; empty: they do not
    runtime::TimerId timer = 0;
    std::unique_ptr<core::ChatCall> call;  // last, so that it is closed before the rest goes
  };

  // Why a run ends before its plan does.
  struct Ending {
    Error error;
    ChunkStatus open_chunks;
    std::shared_ptr<const EventSource> source;
  };

  State(Assignment with, TaskSpec of, std::string trace, core::EventSink& to, core::Providers& from,
        runtime::EventLoop& home, std::function<void()> then, std::optional<Resume> before);

  void start();
  void say_opening();
  bool may_replay() const;
  void arm_deadline();
  void abandon();

  // --- chunks (run_chunks.cpp) ---
  void advance();
  void begin(int index);
  Chunk& open_chunk(int index);
  void say_begun(const Chunk& chunk);
  void close_stragglers();
  // Nothing when the prompt would be too large.
  std::optional<core::ChatRequest> request_of(const Chunk& chunk);
  void take_text(Chunk& chunk, std::string_view delta);
  bool say_tokens(Chunk& chunk, std::string_view delta, TokenKind kind);
  // --- attempts (run_attempts.cpp) ---
  void begin_attempt(Chunk& chunk);
  void next_source(Chunk& chunk);
  void arm_timeout(Chunk& chunk, milliseconds left);
  void pause_timeout(Chunk& chunk);
  void take_notice(Chunk& chunk, const core::ChatNotice& notice);
  void call_ended(Chunk& chunk, core::ChatEnd end);
  void chunk_timed_out(int index, milliseconds limit);
  // --- what it costs (run_budget.cpp) ---
  // Whether the call may be made now. If not, the chunk waits for what others leave, or has failed.
  bool afford(Chunk& chunk, core::ChatRequest& request);
  // The attempt that was reserved has ended, and what it leaves may let another begin.
  void settle(int step, const Cost& cost);
  void try_waiting();
  void refuse_for_cost(Chunk& chunk, double worst);
  void warn_of_estimate();
  // An attempt failed: the next member of the chain takes over, or the chunk has ended.
  void attempt_failed(Chunk& chunk, ChunkStatus status, core::ChatEnd end);
  // The chain goes on.
  void pass_on(Chunk& chunk, const std::string& why);
  // Closes the call; what it comes to, as far as that can be known.
  core::ChatEnd closed_by_us(Chunk& chunk);
  Receipt note_receipt(const Chunk& chunk, ChunkStatus status, const core::ChatEnd& end);
  bool skip(std::string_view member);

  // A chunk has ended by itself, well or badly, and the run draws the consequence.
  void end_chunk(int index, ChunkStatus status, const core::ChatEnd& end);
  void draw_consequence(int index, ChunkStatus status, const core::ChatEnd& end,
                        const std::shared_ptr<const EventSource>& source, const std::string& given_up);
  // Takes the chunk out, says chunk_completed and tells the plan.
  void close_chunk(int index, ChunkStatus status, const core::ChatEnd& end);
  // The second half of it.
  void conclude(const Chunk& chunk, ChunkCompleted completed);
  // All that are open, and says the progress that this makes.
  void close_open_chunks(ChunkStatus status, const Error& why);
  void leave_out_substitute(const Chunk& chunk);
  void warn_about(int index, const std::shared_ptr<const EventSource>& source, const core::ChatEnd& end);

  // --- the cache (run_replay.cpp) ---
  void keep_for_cache(const Chunk& chunk, const ChunkCompleted& completed);
  void store(const TaskResult& result);
  void replay(std::vector<Event> events);

  // --- what an earlier run had come to (run_resume.cpp) ---
  void go_on();
  // The chunks of the past begin and end again, each in its place.
  // Nothing, or what does not fit.
  std::optional<std::string> replay_past();
  std::optional<std::string> replay_begin(int index, const PastChunk& past);
  std::optional<std::string> replay_end(int index, const PastChunk& past);
  bool replay_attempts(Chunk& chunk, const PastChunk& past);
  void replay_cost(const Chunk& chunk, const Cost& cost, PastAttempt::Then then);
  void say_resumed();
  void say_owed();
  bool ended_by_past();
  void ask_again(Chunk& chunk);
  void end_unfit(const std::string& why);
  bool was_said(const char* code) const { return resume && resume->past.codes.count(code) > 0; }

  // --- the end ---
  void complete();
  void deadline_passed(milliseconds limit);
  void cancel(std::string_view by, std::string_view reason);
  // Closes what is open with this status; the source is the chunk that was the cause, if one was.
  void finish_with(const Error& error, ChunkStatus open_chunks, std::shared_ptr<const EventSource> source);
  void finish(Event terminal);
  void tell_finished();

  // --- saying ---
  void say(Event event);
  void say_progress();
  void overflow();
  void push_unsent();

  // Work for another moment that does nothing when the run is gone by then.
  template <class F>
  runtime::MoveOnlyFunction later(F what) {
    return [weak = weak_from_this(), what] {
      if (const auto run = weak.lock(); run && !run->abandoned) what(*run);
    };
  }

  const Assignment assignment;  // set once, as all down to begun
  const TaskSpec spec;
  const std::string trace_id;
  core::EventSink& sink;
  core::Providers& providers;
  runtime::EventLoop& loop;
  const SteadyTime begun;
  const SteadyTime due;  // the end of the task's time

  std::function<void()> on_finished;  // null once called
  Plan plan;
  RunRecord record;
  Budget budget;
  std::map<int, std::unique_ptr<Chunk>> open;  // by step
  std::vector<Event> kept;                     // for the cache, if there is one
  std::deque<Event> unsent;                    // what a full queue refused, in order
  int chunks_started = 0;
  std::optional<Resume> resume;  // null again once the run goes on by itself
  std::set<int> to_begin;        // steps that the plan gave out and that have not begun
  std::vector<Event> owed;       // what the ends of the past call for; most of it was said
  std::optional<Ending> ending;  // the past ends with it, but for its terminal event
  bool replaying = false;        // ends are gone through, and nothing follows from them yet
  bool muted = false;            // and nothing is said
  runtime::TimerId deadline_timer = 0, push_timer = 0;
  bool finished = false, overflowed = false, abandoned = false;
};

// The caller's limit where there is one, be it shorter or longer than the workflow's: who runs a model
// that loads for minutes knows better than the workflow how long that takes.
inline milliseconds limit_of(milliseconds workflows, milliseconds callers) {
  return callers.count() > 0 ? callers : workflows;
}

inline constexpr const char* cache_hit_code = "cache_hit";

inline std::string blame(const EventSource& source, const std::optional<Error>& error) {
  return fmt::format("{} ({}): {}", source.agent, source.chunk, error ? error->message : "failed");
}

}  // namespace plenum::workflow
