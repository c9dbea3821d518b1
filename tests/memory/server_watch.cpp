#include "tests/memory/server_watch.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>

#include "common/protocol/api_paths.h"
#include "tests/support/failure.h"
#include "tests/support/net/http_client.h"
#include "tests/support/net/sse_reader.h"

namespace plenum::tests {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double poll_every_ms = 20;

double ms_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
}

}  // namespace

std::size_t resident_bytes(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

double percentile(std::vector<double> samples, double part) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  return samples[static_cast<std::size_t>(part * static_cast<double>(samples.size() - 1))];
}

ServerWatch::ServerWatch(std::uint16_t port, pid_t process, const std::string& stream)
    : poller_([this, port, process] { poll_server(port, process); }),
      reader_([this, port, stream] { read_stream(port, stream); }) {}

ServerWatch::~ServerWatch() {
  stopping_ = true;
  poller_.join();
  reader_.join();
}

Watched ServerWatch::take() {
  return seen_.with([](Watched& seen) {
    Watched taken = std::exchange(seen, Watched{});
    seen.stream_ended = taken.stream_ended;
    return taken;
  });
}

void ServerWatch::poll_server(std::uint16_t port, pid_t process) {
  std::optional<HttpConnection> connection;
  while (!stopping_) {
    const auto begin = SteadyClock::now();
    bool alive = false;
    try {
      if (!connection) connection.emplace(port);
      alive = connection->send(request_text("GET", api::livez), seconds(10));
      const auto reply = alive ? connection->read_reply(seconds(10)) : std::nullopt;
      alive = reply && reply->status == 200;
    } catch (const Failure&) {
      alive = false;
    }
    if (!alive) connection.reset();
    const double took = ms_since(begin);
    const std::size_t bytes = resident_bytes(process);
    seen_.with([&](Watched& seen) {
      seen.peak_bytes = std::max(seen.peak_bytes, bytes);
      if (alive) {
        seen.livez_ms.push_back(took);
      } else {
        ++seen.livez_failures;
      }
    });
    while (!stopping_ && ms_since(begin) < poll_every_ms) breathe();
  }
}

void ServerWatch::read_stream(std::uint16_t port, const std::string& stream) {
  SseReader reader(port, api::with_id(api::events, stream));
  auto last = SteadyClock::now();
  while (!stopping_ && reader.end() == StreamEnd::open) {
    const bool event = reader.read_event("token_stream", milliseconds(100));
    const double silence = ms_since(last);
    if (event) last = SteadyClock::now();
    seen_.with([&](Watched& seen) { seen.longest_silence_ms = std::max(seen.longest_silence_ms, silence); });
  }
  if (!stopping_) seen_.with([](Watched& seen) { seen.stream_ended = true; });
}

}  // namespace plenum::tests
