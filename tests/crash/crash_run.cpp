#include "tests/crash/crash_run.h"

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <random>

#include "tests/crash/stage.h"

namespace plenum::tests {

namespace {

constexpr int fill_words = 5000;  // two events each
constexpr std::size_t fill_at_once = 4;
constexpr std::size_t finished_max = 20'000;  // streams that may be read again

class CrashRun {
 public:
  CrashRun(const CrashOptions& options, std::ostream* progress)
      : options_(options),
        progress_(progress),
        random_(options.seed),
        stage_({.store = options.store, .settings = options.settings},
               [this](const std::string&, const std::string& prompt) { return plan_for(prompt); }) {
    stage_.around.on_resumed_byte = [this] {
      const double since = since_port_open();
      if (!resumed_) report_.port_to_byte.ms.push_back(since);
      resumed_ = true;
      report_.port_to_each_byte.ms.push_back(since);
    };
    stage_.around.on_resumed_event = [this] { report_.port_to_each_event.ms.push_back(since_port_open()); };
  }

  CrashReport run() {
    const SteadyTime began = stage_.clock.steady();
    begin_life();
    if (options_.fill > 0) fill();
    for (cycle_ = 0; cycle_ < options_.cycles; ++cycle_) {
      live_for(milliseconds(between(options_.life_ms_min, options_.life_ms_max)));
      if (options_.kill) be_killed();
    }
    finish();
    report_.findings = stage_.checker.findings();
    report_.finding_count = stage_.checker.finding_count();
    report_.counts = stage_.checker.counts();
    report_.resumes = stage_.around.resumes;
    report_.busy_answers = stage_.around.busy_answers;
    report_.seconds = std::chrono::duration<double>(stage_.clock.steady() - began).count();
    return std::move(report_);
  }

 private:
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool one_in(int n) { return between(1, n) == 1; }

  CallPlan plan_for(const std::string& prompt) {
    if (prompt.find("fill-") != std::string::npos) {
      return {.words = fill_words, .pace = milliseconds(0), .reasoning_between = true};
    }
    return {
        .words = between(10, options_.words_max), .pace = milliseconds(between(5, 30)), .reasoning_between = one_in(5)};
  }

  Caller::Plan new_plan(const std::string& name, bool ordinary) {
    Caller::Plan plan{.key = name + "-" + std::to_string(++tasks_), .body = {}};
    const bool synthesis = ordinary && one_in(3);
    plan.body = keyed_body(plan.key, synthesis ? "synthesize" : "single", synthesis ? 2 : 1);
    if (ordinary && one_in(3)) plan.readers.push_back(static_cast<std::uint64_t>(between(1, 40)));
    plan.repeats_post = ordinary && one_in(4);
    if (ordinary && one_in(10)) plan.cancels_after = milliseconds(between(1, 2000));
    return plan;
  }

  void begin_life() {
    resumed_ = false;
    const double took = stage_.begin_life().count();
    if (stage_.server.number() > 1) report_.exec_to_port.ms.push_back(took);
    port_open_ = stage_.clock.steady();
  }

  void be_killed() {
    report_.kill_to_all_ended.ms.push_back(stage_.be_killed().count());
    begin_life();
  }

  void live_for(milliseconds length) {
    const SteadyTime until = stage_.clock.steady() + length;
    if (!finished_.empty()) read_again(3);
    while (stage_.clock.steady() < until) {
      while (stage_.callers.size() < static_cast<std::size_t>(options_.streams)) {
        stage_.callers.emplace_back(stage_.around, new_plan("task", true));
      }
      turn();
    }
    const HistoryCounts& counts = stage_.checker.counts();
    if (progress_ != nullptr && (cycle_ + 1) % std::max(1, options_.cycles / 20) == 0) {
      *progress_ << "cycle " << cycle_ + 1 << ": " << counts.streams << " streams, " << counts.events << " events, "
                 << stage_.checker.finding_count() << " findings" << std::endl;
    }
  }

  void turn() {
    stage_.turn();
    stage_.callers.remove_if([this](const Caller& caller) {
      if (!caller.done()) return false;
      if (!caller.stream().empty() && finished_.size() < finished_max) finished_.push_back(caller.stream());
      return true;
    });
    stage_.historians.remove_if([](const ResumingReader& historian) { return historian.done(); });
  }

  // Old streams are read again from the beginning.
  void read_again(int count) {
    for (int i = 0; i < count && !finished_.empty(); ++i) {
      const auto which = static_cast<std::size_t>(between(0, static_cast<int>(finished_.size()) - 1));
      stage_.historians.emplace_back(stage_.around, finished_[which]);
      ++report_.reread;
    }
  }

  double since_port_open() const {
    return std::chrono::duration<double, std::milli>(stage_.clock.steady() - port_open_).count();
  }

  void fill() {
    while (stage_.checker.counts().events < options_.fill) {
      while (stage_.callers.size() < fill_at_once) stage_.callers.emplace_back(stage_.around, new_plan("fill", false));
      turn();
    }
    quiesce();
    report_.stored_before = stage_.checker.counts().events;
    if (progress_ != nullptr) *progress_ << "filled with " << report_.stored_before << " events" << std::endl;
  }

  // Until every reader has everything, or nothing has arrived for too long.
  void quiesce() {
    SteadyTime last_news = stage_.clock.steady();
    std::uint64_t seen = 0;
    while (!stage_.callers.empty() || !stage_.historians.empty()) {
      turn();
      if (stage_.checker.counts().frames != seen) last_news = stage_.clock.steady();
      seen = stage_.checker.counts().frames;
      if (stage_.clock.steady() - last_news > milliseconds(options_.quiet_ms_max)) break;
    }
  }

  void finish() {
    quiesce();
    stage_.checker.finish();
    // Everything that was promised is still there after one more crash, when nothing runs.
    if (options_.kill) be_killed();
    read_again(150);
    quiesce();
    stage_.stop();
  }

  const CrashOptions options_;
  std::ostream* progress_;
  std::mt19937_64 random_;
  CrashReport report_;
  std::vector<std::string> finished_;
  std::uint64_t tasks_ = 0;
  int cycle_ = 0;
  SteadyTime port_open_{};
  bool resumed_ = false;  // a reader got a byte in this life
  Stage stage_;           // last: it calls back
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
  std::string settings;
  for (const auto& [name, value] : o.settings) settings.append(", ").append(name).append(" = ").append(value);
  return "store " + o.store + ", cycles " + std::to_string(o.cycles) + ", seed " + std::to_string(o.seed) +
         ", streams " + std::to_string(o.streams) + ", fill " + std::to_string(o.fill) + ", words " +
         std::to_string(o.words_max) + ", life " + std::to_string(o.life_ms_min) + " to " +
         std::to_string(o.life_ms_max) + " ms, " + (o.kill ? "killed" : "one life") + settings;
}

std::string CrashReport::text() const {
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  std::string out = number(counts.streams) + " streams (" + number(counts.ended_completed) + " completed, " +
                    number(counts.ended_otherwise) + " ended otherwise, " + number(counts.cancels) + " cancelled), " +
                    number(counts.events) + " events (" + number(stored_before) + " stored first), " +
                    number(counts.frames) + " frames read, " + number(counts.wire_repeats) + " of them repeats\n" +
                    number(resumes) + " resumes, " + number(reread) + " old streams read again, " +
                    number(busy_answers) + " answers 503\n" + number(counts.calls) + " upstream calls, " +
                    number(counts.calls_again) + " of them again for an interrupted chunk, " + number(counts.resets) +
                    " chunk_reset\n";
  out += "exec to open port:              " + exec_to_port.text() + "\n";
  out += "open port to first resumed byte:  " + port_to_byte.text() + "\n";
  out += "  … of each returning reader:     " + port_to_each_byte.text() + "\n";
  out += "  … to its first new event:       " + port_to_each_event.text() + "\n";
  out += "death to last connection's end: " + kill_to_all_ended.text() + "\n";
  out += fixed(seconds) + " s, " + number(finding_count) + " findings\n";
  for (std::string finding : findings) {
    std::replace(finding.begin(), finding.end(), '\n', ' ');
    out += "  " + finding + "\n";
  }
  return out;
}

CrashReport run_crashes(const CrashOptions& options, std::ostream* progress) {
  return CrashRun(options, progress).run();
}

}  // namespace plenum::tests
