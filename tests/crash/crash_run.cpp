#include "tests/crash/crash_run.h"

#include <algorithm>
#include <cstdio>
#include <list>
#include <ostream>
#include <random>

#include "common/json_writer.h"
#include "tests/crash/caller.h"
#include "tests/crash/paced_upstream.h"
#include "tests/crash/server_life.h"
#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

constexpr std::string_view key_mark = "key:";
constexpr int fill_words = 5000;  // two events each
constexpr std::size_t fill_at_once = 4;
constexpr std::size_t finished_kept = 20'000;  // streams that may be read again

// The key stands in the task, and so in every prompt.
std::string key_in(const std::string& prompt) {
  const std::size_t at = prompt.find(key_mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key_mark.size();
  return prompt.substr(begin, prompt.find_first_of(" \n", begin) - begin);
}

double ms_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

class CrashRun {
 public:
  CrashRun(const CrashOptions& options, std::ostream* progress)
      : options_(options),
        progress_(progress),
        random_(options.seed),
        loop_(clock_),
        around_{.loop = loop_, .checker = checker_},
        upstream_(
            loop_, [this](const std::string&, const std::string& prompt) { return plan_for(prompt); },
            [this](const std::string& model, const std::string& prompt, const std::string& text) {
              const bool merge = prompt.find("You are the chairman") != std::string::npos;
              checker_.upstream_call(key_in(prompt), (merge ? "synthesis:bench/" : "answer:bench/") + model, text,
                                     server_.number());
            }),
        server_({.store = options.store,
                 .settings = {{"log_level", "\"warning\""}},
                 .tables = bench_table(upstream_.base_url())}) {
    around_.on_resumed_byte = [this] { note_once(first_byte_noted_, report_.port_to_byte); };
    around_.on_resumed_event = [this] { note_once(first_event_noted_, report_.port_to_event); };
  }

  CrashReport run() {
    const SteadyTime began = clock_.steady();
    begin_life();
    if (options_.fill > 0) fill();
    for (cycle_ = 0; cycle_ < options_.cycles; ++cycle_) {
      live_for(milliseconds(between(options_.life_ms_min, options_.life_ms_max)));
      if (options_.kill) be_killed();
    }
    finish();
    report_.findings = checker_.findings();
    report_.finding_count = checker_.finding_count();
    report_.counts = checker_.counts();
    report_.resumes = around_.resumes;
    report_.busy_answers = around_.busy_answers;
    report_.seconds = ms_between(began, clock_.steady()) / 1000;
    return std::move(report_);
  }

 private:
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool one_in(int n) { return between(1, n) == 1; }

  CallPlan plan_for(const std::string& prompt) {
    if (prompt.find("key:fill") != std::string::npos) {
      return {.words = fill_words, .pace = milliseconds(0), .reasoning_between = true};
    }
    return {.words = between(10, 80), .pace = milliseconds(between(5, 30)), .reasoning_between = one_in(5)};
  }

  Caller::Plan new_plan(const std::string& name, bool ordinary) {
    Caller::Plan plan{.key = name + "-" + std::to_string(++tasks_), .body = {}};
    const bool synthesis = ordinary && one_in(3);
    plan.body = R"({"task":)";
    append_json_string(plan.body, std::string(key_mark) + plan.key + " Say something.");
    plan.body +=
        R"(,"ttl_s":86400,"workflow":")" + std::string(synthesis ? "synthesize" : "single") + R"(","members":[)";
    plan.body += synthesis ? R"("bench/m1","bench/m2"]})" : R"("bench/m1"]})";
    if (ordinary && one_in(3)) plan.readers.push_back(static_cast<std::uint64_t>(between(1, 40)));
    plan.asks_again = ordinary && one_in(4);
    return plan;
  }

  void begin_life() {
    first_byte_noted_ = first_event_noted_ = false;
    const SteadyTime exec = clock_.steady();
    server_.start();
    around_.life = server_.number();
    // What a server does before its port is open, such as asking the upstream again, must not wait for us.
    for (Deadline deadline = seconds(60); !server_.ready();) {
      if (deadline.over()) throw Failure("plenumd was not ready within a minute; its log:\n" + server_.log());
      loop_.run_once(milliseconds(1));
    }
    port_open_ = clock_.steady();
    if (server_.number() > 1) report_.exec_to_port.ms.push_back(ms_between(exec, port_open_));
    around_.port = server_.port();
    around_.alive = true;
    go_on();
  }

  void live_for(milliseconds length) {
    const SteadyTime until = clock_.steady() + length;
    if (!finished_.empty()) read_again();
    while (clock_.steady() < until) {
      while (callers_.size() < static_cast<std::size_t>(options_.streams))
        callers_.emplace_back(around_, new_plan("task", true));
      turn();
    }
    if (progress_ != nullptr && (cycle_ + 1) % std::max(1, options_.cycles / 20) == 0) {
      *progress_ << "cycle " << cycle_ + 1 << ": " << checker_.counts().streams << " streams, "
                 << checker_.counts().events << " events, " << checker_.finding_count() << " findings" << std::endl;
    }
  }

  void be_killed() {
    end_life();
    begin_life();
  }

  void end_life() {
    around_.alive = false;
    server_.kill_at_once();
    // What the server had sent before it died is still in the sockets and counts as seen.
    const SteadyTime died = clock_.steady();
    Deadline deadline = seconds(10);
    while (any_connected() && !deadline.over()) loop_.run_once(milliseconds(1));
    if (any_connected()) checker_.found("a connection is open 10 s after the server was killed");
    report_.kill_to_all_ended.ms.push_back(ms_between(died, clock_.steady()));
  }

  bool any_connected() const {
    auto connected = [](const auto& one) { return one.connected(); };
    return std::any_of(callers_.begin(), callers_.end(), connected) ||
           std::any_of(historians_.begin(), historians_.end(), connected);
  }

  void go_on() {
    for (Caller& caller : callers_) caller.go_on();
    for (ResumingReader& historian : historians_) historian.go_on();
  }

  void turn() {
    go_on();
    loop_.run_once(milliseconds(2));
    if (around_.alive && !server_.running()) {
      throw Failure("plenumd ended by itself with " + std::to_string(server_.exit_code().value_or(-1)) +
                    "; its log:\n" + server_.log());
    }
    callers_.remove_if([this](const Caller& caller) {
      if (!caller.done()) return false;
      if (!caller.stream().empty() && finished_.size() < finished_kept) finished_.push_back(caller.stream());
      return true;
    });
    historians_.remove_if([](const ResumingReader& historian) { return historian.done(); });
  }

  // Somebody comes back to an answer of long ago, and reads it from the beginning.
  void read_again() {
    for (int i = 0; i < 3; ++i) {
      historians_.emplace_back(around_,
                               finished_[static_cast<std::size_t>(between(0, static_cast<int>(finished_.size()) - 1))]);
      ++report_.reread;
    }
  }

  void note_once(bool& noted, Timings& timings) {
    if (!noted && server_.number() > 1) timings.ms.push_back(ms_between(port_open_, clock_.steady()));
    noted = true;
  }

  void fill() {
    while (checker_.counts().events < options_.fill) {
      while (callers_.size() < fill_at_once) callers_.emplace_back(around_, new_plan("fill", false));
      turn();
    }
    quiesce();
    report_.stored_before = checker_.counts().events;
    if (progress_ != nullptr) *progress_ << "filled with " << report_.stored_before << " events" << std::endl;
  }

  // Until everybody has everything, or nothing has come for too long.
  void quiesce() {
    SteadyTime last_news = clock_.steady();
    std::uint64_t seen = 0;
    while (!callers_.empty() || !historians_.empty()) {
      turn();
      if (checker_.counts().frames != seen) last_news = clock_.steady();
      seen = checker_.counts().frames;
      if (ms_between(last_news, clock_.steady()) > options_.quiet_ms_max) break;
    }
  }

  void finish() {
    quiesce();
    checker_.finish();
    // Everything that was promised is still there after one more crash, when nothing runs.
    if (options_.kill) be_killed();
    for (std::size_t i = 0; i < std::min<std::size_t>(finished_.size(), 50); ++i) read_again();
    quiesce();
    around_.alive = false;
    const std::optional<int> code = server_.stop(seconds(30));
    if (code != 0)
      checker_.found("asked to stop at the end, plenumd ended with " + (code ? std::to_string(*code) : "nothing"));
  }

  const CrashOptions options_;
  std::ostream* progress_;
  std::mt19937_64 random_;
  SystemClock clock_;
  runtime::EventLoop loop_;
  HistoryChecker checker_;
  Surroundings around_;
  CrashReport report_;
  std::list<Caller> callers_;
  std::list<ResumingReader> historians_;
  std::vector<std::string> finished_;
  std::uint64_t tasks_ = 0;
  int cycle_ = 0;
  SteadyTime port_open_{};
  bool first_byte_noted_ = false, first_event_noted_ = false;
  PacedUpstream upstream_;
  ServerLife server_;  // last: it goes before the upstream that it talks to
};

std::string fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

}  // namespace

double Timings::at(double quantile) const {
  if (ms.empty()) return 0;
  std::vector<double> sorted = ms;
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(quantile * static_cast<double>(sorted.size())))];
}

std::string Timings::text() const {
  return "p50 " + fixed(at(0.5)) + " ms, p99 " + fixed(at(0.99)) + " ms, max " + fixed(at(1)) + " ms";
}

std::string parameters_text(const CrashOptions& o) {
  return "store " + o.store + ", cycles " + std::to_string(o.cycles) + ", seed " + std::to_string(o.seed) +
         ", streams " + std::to_string(o.streams) + ", fill " + std::to_string(o.fill) + ", life " +
         std::to_string(o.life_ms_min) + " to " + std::to_string(o.life_ms_max) + " ms, " +
         (o.kill ? "killed" : "one life");
}

std::string CrashReport::text() const {
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  std::string out = number(counts.streams) + " streams (" + number(counts.ended_completed) + " completed, " +
                    number(counts.ended_otherwise) + " ended otherwise), " + number(counts.events) + " events (" +
                    number(stored_before) + " stored first), " + number(counts.frames) + " frames read, " +
                    number(counts.wire_repeats) + " of them repeats\n" + number(resumes) + " resumes, " +
                    number(reread) + " old streams read again, " + number(busy_answers) + " answers 503\n" +
                    number(counts.calls) + " upstream calls, " + number(counts.calls_again) +
                    " of them again for an interrupted chunk, " + number(counts.resets) + " chunk_reset\n";
  out += "exec to open port:              " + exec_to_port.text() + "\n";
  out += "open port to first resumed byte:  " + port_to_byte.text() + "\n";
  out += "open port to first resumed event: " + port_to_event.text() + "\n";
  out += "death to last connection's end: " + kill_to_all_ended.text() + "\n";
  out += fixed(seconds) + " s, " + number(finding_count) + " findings\n";
  for (const std::string& finding : findings) out += "  " + finding + "\n";
  return out;
}

CrashReport run_crashes(const CrashOptions& options, std::ostream* progress) {
  return CrashRun(options, progress).run();
}

}  // namespace plenum::tests
