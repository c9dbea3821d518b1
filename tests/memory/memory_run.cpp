#include "tests/memory/memory_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"
#include "tests/memory/crowd.h"
#include "tests/memory/server_watch.h"
#include "tests/support/failure.h"
#include "tests/support/net/http_client.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t senders = 16;

Settings settings_for(const MemoryOptions& options, const TempDir& dir) {
  Settings settings{{"memory_max", fmt::format("\"{}MiB\"", options.memory_mib)},
                    {"memory_ttl_ms", "\"5s\""},
                    {"offline_token_delay_ms", "0"},
                    {"store", fmt::format("\"sqlite:{}\"", (dir.path() / "plenum.db").string())}};
  for (const auto& [name, value] : options.settings) settings[name] = value;
  return settings;
}

// Clients that do not read need time to be a load, and the server to get rid of it.
void pass(milliseconds time) {
  const auto end = TestClock::now() + time;
  while (TestClock::now() < end) breathe();
}

std::string quick_task(const std::string& task, const std::string& more = {}) {
  return fmt::format(R"({{"task":"{}","workflow":"single","members":["bench/quick"]{}}})", task, more);
}

class MemoryRun {
 public:
  MemoryRun(const MemoryOptions& options, std::ostream* progress)
      : options_(options), progress_(progress), world_(settings_for(options, dir_)) {}

  MemoryReport run();

 private:
  std::size_t scaled_count(std::size_t count) const {
    return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(count) * options_.scale));
  }
  std::string get_bytes(const std::string& target, const std::string& headers = {}) const {
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  }
  void begin_watched_stream();
  std::string answered_task(const std::string& model, std::size_t bytes);
  void load_with_readers(const std::string& name, std::size_t count, const std::string& request);
  void load_with_bodies();
  void load_with_posts(const std::string& name, std::size_t count, const std::function<std::string(std::size_t)>& post);
  void load_with_lists();
  void add_step(const std::string& name, const Crowd& crowd);
  void finish_step(MemoryStep step);

  const MemoryOptions options_;
  std::ostream* const progress_;
  TempDir dir_;
  World world_;
  std::string watched_;
  std::unique_ptr<ServerWatch> watch_;
  MemoryReport report_;
};

void MemoryRun::begin_watched_stream() {
  Script script = Script::stream();
  for (int i = 0; i < 36'000; ++i) script.send(text_chunk("word ")).pause(milliseconds(100));
  world_.upstream.on({.model = "watched"}, std::move(script));
  watched_ = world_.submit("single", "Count.", R"("members":["bench/watched"],"deadline_ms":3600000)");
}

// A finished task whose answer has so many bytes.
std::string MemoryRun::answered_task(const std::string& model, std::size_t bytes) {
  Script script = Script::stream();
  const std::string piece(16'000, 'x');
  for (std::size_t sent = 0; sent < bytes; sent += piece.size()) script.send(text_chunk(piece));
  world_.upstream.on({.model = model}, std::move(script.finish()));
  const std::string id = world_.submit("single", "Write.", R"("members":["bench/)" + model + "\"]");
  (void)world_.whole_stream(id);
  return id;
}

void MemoryRun::finish_step(MemoryStep step) {
  const Watched watched = watch_->take();
  step.peak_bytes = watched.peak_bytes;
  step.livez_p99_ms = percentile(watched.livez_ms, 0.99);
  step.livez_max_ms = percentile(watched.livez_ms, 1);
  step.livez_failures = watched.livez_failures;
  step.longest_silence_ms = watched.longest_silence_ms;
  step.left_bytes = resident_bytes(world_.server.pid());
  report_.stream_ended |= watched.stream_ended;
  report_.steps.push_back(step);
  if (progress_ == nullptr) return;
  *progress_ << fmt::format("{:<22}{:>8}{:>10}{:>10}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.0f}\n", step.name,
                            step.requests, step.accepted, step.rejected,
                            static_cast<double>(step.peak_bytes) / mebibyte,
                            static_cast<double>(step.left_bytes) / mebibyte, step.livez_p99_ms, step.livez_max_ms,
                            step.longest_silence_ms)
             << std::flush;
}

void MemoryRun::load_with_readers(const std::string& name, std::size_t count, const std::string& request) {
  MemoryStep step{.name = name};
  {
    Crowd crowd(world_.server.port(), scaled_count(count), request);
    crowd.send(seconds(60));
    const auto answered = [&] {
      return crowd.count_of(200) + crowd.count_of(503) + crowd.count_of(429) >= crowd.size();
    };
    (void)eventually(answered, seconds(60));
    pass(options_.hold);
    step.requests = crowd.size();
    step.accepted = crowd.count_of(200);
    step.rejected = crowd.count_of(503);
  }
  finish_step(step);
}

// Bodies of which the last byte is missing.
void MemoryRun::load_with_bodies() {
  MemoryStep step{.name = "bodies in progress"};
  {
    const std::string head = fmt::format(
        "POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
        "\r\n",
        mebibyte);
    Crowd crowd(world_.server.port(), scaled_count(5000), head + std::string(mebibyte - 1, ' '));
    crowd.send(seconds(20));
    pass(options_.hold);
    step.requests = crowd.size();
    step.rejected = crowd.count_of(503);
    step.accepted = step.requests - step.rejected;
  }
  finish_step(step);
}

void MemoryRun::load_with_posts(const std::string& name, std::size_t count,
                                const std::function<std::string(std::size_t)>& post) {
  MemoryStep step{.name = name, .requests = scaled_count(count)};
  std::atomic<std::size_t> next{0}, accepted{0}, rejected{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < senders; ++i) {
    threads.emplace_back([&] {
      for (std::size_t at; (at = next++) < step.requests;) {
        try {
          const int status = fetch(world_.server.port(), post(at), seconds(60)).status;
          ++(status == 202 ? accepted : rejected);
        } catch (const Failure&) {
          ++rejected;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  step.accepted = accepted;
  step.rejected = rejected;
  finish_step(step);
}

// Pages of the largest tasks: 200,000 characters of four bytes.
void MemoryRun::load_with_lists() {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "\U0001F600";
  const std::size_t tasks = std::min<std::size_t>(100, scaled_count(1000));
  for (std::size_t i = 0; i < tasks; ++i) {
    const auto request = request_text("POST", api::task, quick_task(text));
    while (fetch(world_.server.port(), request, seconds(60)).status == 503) breathe();
  }
  (void)watch_->take();
  load_with_readers("lists", 160, get_bytes("/api/stream/tasks?limit=100"));
  load_with_readers("lists of whole texts", 160, get_bytes("/api/stream/tasks?limit=100&fields=full"));
}

MemoryReport MemoryRun::run() {
  world_.upstream.on({.model = "quick"}, whole_answer("Fine."));
  begin_watched_stream();
  watch_ = std::make_unique<ServerWatch>(world_.server.port(), world_.server.pid(), watched_);
  const std::string large = answered_task("large", options_.answer_bytes);
  const std::string middle = answered_task("middle", options_.answer_bytes / 2);
  pass(options_.settle);
  report_.start_bytes = resident_bytes(world_.server.pid());
  (void)watch_->take();
  const std::string events = api::with_id(api::events, large);
  load_with_readers("snapshots", 2000, get_bytes(events + "?from=snapshot"));
  load_with_readers("results", 1500, get_bytes(api::with_id(api::result, middle)));
  load_with_readers("pages of events", 1500,
                    get_bytes(api::with_id(api::events, middle), "Accept: application/x-ndjson\r\n"));
  load_with_readers("exports", 1500, get_bytes(api::with_id(api::exported, middle)));
  load_with_lists();
  load_with_bodies();
  load_with_posts("idempotency keys", 15'000, [](std::size_t i) {
    return request_text("POST", api::task, quick_task(std::string(190'000, 'x')),
                        {{"Idempotency-Key", "key-" + std::to_string(i)}});
  });
  load_with_posts("prior answers", 4000, [](std::size_t) {
    const std::string prior = R"(,"prior":{"question":"What?","answer":")" + std::string(900'000, 'y') + "\"}";
    return request_text("POST", api::task, quick_task("And now?", prior));
  });
  pass(options_.settle);
  report_.end_bytes = resident_bytes(world_.server.pid());
  report_.stream_ended |= watch_->take().stream_ended;
  watch_.reset();
  (void)world_.cancel(watched_);
  return std::move(report_);
}

}  // namespace

double MemoryReport::peak_part(const MemoryOptions& options) const {
  std::size_t peak = 0;
  for (const MemoryStep& step : steps) peak = std::max(peak, step.peak_bytes);
  return static_cast<double>(peak) / static_cast<double>(options.memory_mib * mebibyte);
}

std::string MemoryReport::text(const MemoryOptions& options) const {
  double p99 = 0, silence = 0;
  for (const MemoryStep& step : steps) {
    p99 = std::max(p99, step.livez_p99_ms);
    silence = std::max(silence, step.longest_silence_ms);
  }
  return fmt::format(
      "peak {:.2f} x memory_max ({} MiB); /livez p99 {:.1f} ms at most; another stream silent for {:.0f} ms at most{}\n"
      "resident at the start {:.1f} MiB, at the end {:.1f} MiB ({:+.0f} %)\n",
      peak_part(options), options.memory_mib, p99, silence, stream_ended ? ", and it was cut" : "",
      static_cast<double>(start_bytes) / mebibyte, static_cast<double>(end_bytes) / mebibyte,
      100.0 * (static_cast<double>(end_bytes) / static_cast<double>(start_bytes) - 1));
}

MemoryReport run_memory(const MemoryOptions& options, std::ostream* progress) {
  if (progress != nullptr) {
    *progress << fmt::format("{:<22}{:>8}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "load", "requests", "accepted",
                             "rejected", "peak MiB", "left MiB", "p99 ms", "max ms", "silent ms");
  }
  return MemoryRun(options, progress).run();
}

}  // namespace plenum::tests
