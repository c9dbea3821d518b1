#include "tests/simulation/process.h"

#include <stdexcept>

#include "server/storage/memory/log.h"
#include "tests/simulation/broken_promise.h"

namespace plenum::simulation {
namespace {

std::shared_ptr<const workflow::Catalog> built_in_catalog() {
  static const auto catalog = std::make_shared<const workflow::Catalog>(workflow::Catalog::built_in().value());
  return catalog;
}

// Small, so that a short history reaches every limit.
stream::ManagerOptions small_limits(const redaction::Scrubber& scrubber) {
  stream::ManagerOptions options;
  options.streams_max = 10;
  options.running_tasks_max = 6;
  options.event_memory_bytes_max = 256 * 1024;
  options.memory_ttl = seconds(60);
  options.stream.scrubber = scrubber;
  return options;
}

storage::MemoryLogOptions small_log() {
  storage::MemoryLogOptions options;
  options.bytes_max = 512 * 1024;
  options.held_bytes_max = 8 * 1024;
  return options;
}

redaction::Scrubber scrubber() { return redaction::Scrubber({"key-7Q2mZ9xW"}); }

}  // namespace

Process::Process(Disk& disk, tests::ManualClock& clock, Ledger& ledger, std::uint64_t seed)
    : clock_(clock),
      loops_(clock, 1),
      store_(disk, loops_.at(0), clock),
      models_(loops_.at(0), directory_, seed,
              [&ledger](const SimModels::Attempt& attempt) { ledger.call_started(attempt.prompt()); }),
      catalog_(built_in_catalog()),
      planner_(catalog_, directory_),
      streams_(
          loops_, clock, [] { return std::make_unique<storage::MemoryLog>(small_log()); }, small_limits(scrubber()),
          &store_),
      tasks_(loops_, streams_, planner_, {&models_}, {.scrubber = scrubber()}),
      broadcaster_(loops_.at(0), http::BroadcasterOptions{.scrubber = scrubber()}),
      policy_(http::OriginPolicyOptions{}),
      context_{tasks_, directory_, models_.monitor(), clock, clock.steady(), [] { return http::HttpServerStats{}; }},
      router_(context_, policy_) {
  context_.scrubber = scrubber();
  context_.idempotency = std::make_shared<http::Idempotency>(http::IdempotencyOptions{}, &store_);
  if (!tasks_.recover(task::OnRestart::resume)) throw BrokenPromise("the store cannot be recovered");
  broadcaster_.start();
}

Process::~Process() { tasks_.discard_runs(); }

http::HandlerResult Process::request(http::Method method, std::string path, std::string body,
                                     std::vector<std::pair<std::string, std::string>> headers) {
  http::Request request;
  request.head.method = method;
  request.head.path = std::move(path);
  request.head.headers = std::move(headers);
  request.head.headers.emplace_back("host", "localhost");
  if (!body.empty()) {
    request.head.headers.emplace_back("content-type", "application/json");
    request.head.has_length = true;
    request.head.body_bytes = body.size();
  }
  request.body = std::move(body);
  return router_.respond(request);
}

std::optional<http::Response> Process::subscribe(int fd, http::StreamHandoff handoff) {
  const auto resolution = http::resolve_cursor(handoff.cursor, http::extent_of(*handoff.stream));
  if (const auto* start = std::get_if<http::StartPoint>(&resolution)) {
    broadcaster_.subscribe({fd, handoff.stream, *start, {}, handoff.view});
    return std::nullopt;
  }
  const auto* error = std::get_if<Error>(&resolution);
  return error == nullptr ? http::Response(204) : http::problem(*error);
}

void Process::clean_up() {
  streams_.reap();
  tasks_.cancel_abandoned(clock_.steady());
}

}  // namespace plenum::simulation
