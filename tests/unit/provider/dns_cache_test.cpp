#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "common/base/clock.h"
#include "server/provider/transport/dns_cache.h"

using namespace plenum;
using namespace plenum::provider;

namespace {

class SetClock final : public Clock {
 public:
  SteadyTime steady() const override { return now; }
  WallTime wall() const override { return {}; }
  SteadyTime now{std::chrono::hours(1)};
};

struct DnsFixture {
  DnsCacheOptions counting() {
    DnsCacheOptions options;
    options.resolve = [this](const std::string& host) -> Result<Addresses> {
      ++lookups;
      if (host == "missing.example") return Failure(Error{ErrorCode::transport, "not found"});
      return Addresses{"192.0.2.1", "2001:db8::1"};
    };
    return options;
  }
  template <class F>
  bool until(F&& done) {
    for (int i = 0; i < 2000 && !done(); ++i) loop.run_once(milliseconds(5));
    return done();
  }
  // Looks the host up and waits for the result.
  Result<Addresses> fetched(const std::string& host) {
    std::optional<Result<Addresses>> received;
    const auto handle = cache.fetch(host, [&](const Result<Addresses>& answer) { received = answer; });
    REQUIRE(until([&] { return received.has_value(); }));
    return *received;
  }

  std::atomic<int> lookups{0};
  SetClock clock;
  runtime::EventLoop loop{clock};
  runtime::ThreadPool threads{"test-help", 1, 4};
  DnsLookupPool dns_lookups{threads};
  DnsCache cache{loop, dns_lookups, counting()};
};

}  // namespace

TEST_CASE_FIXTURE(DnsFixture, "a result is cached for a minute, a failure for five seconds") {
  CHECK_FALSE(cache.find("a.example"));
  CHECK(fetched("a.example").value().size() == 2);
  CHECK_FALSE(fetched("missing.example").has_value());
  clock.now += std::chrono::seconds(4);
  loop.run_once(milliseconds(0));
  CHECK(cache.find("a.example")->value().front() == "192.0.2.1");
  CHECK(cache.find("missing.example")->error().message == "not found");
  clock.now += std::chrono::seconds(2);
  loop.run_once(milliseconds(0));
  CHECK(cache.find("a.example"));
  CHECK_FALSE(cache.find("missing.example"));
  clock.now += std::chrono::seconds(60);
  loop.run_once(milliseconds(0));
  CHECK_FALSE(cache.find("a.example"));
}

TEST_CASE_FIXTURE(DnsFixture, "callers that wait for one name share one lookup, and dropped handles get no callback") {
  int received = 0;
  std::vector<std::shared_ptr<void>> handles;
  for (int i = 0; i < 10; ++i) handles.push_back(cache.fetch("a.example", [&](const auto&) { ++received; }));
  handles.resize(7);
  REQUIRE(until([&] { return received > 0; }));
  CHECK(received == 7);
  CHECK(lookups == 1);
}

TEST_CASE_FIXTURE(DnsFixture, "when the lookup queue is full, the next lookup fails instead of blocking") {
  std::mutex blocked;
  DnsCacheOptions options;
  options.resolve = [&](const std::string&) -> Result<Addresses> {
    std::lock_guard wait(blocked);
    return Addresses{"192.0.2.1"};
  };
  blocked.lock();
  DnsCache slow(loop, dns_lookups, options);
  int rejected = 0, answered = 0;
  std::vector<std::shared_ptr<void>> handles;
  for (int i = 0; i < 8; ++i) {
    handles.push_back(slow.fetch(std::to_string(i) + ".example",
                                 [&](const Result<Addresses>& answer) { ++(answer ? answered : rejected); }));
  }
  CHECK(until([&] { return rejected >= 3; }));
  blocked.unlock();
  CHECK(until([&] { return rejected + answered == 8; }));
}

TEST_CASE("a host whose lookup never returns holds one thread for all loops, and others are resolved") {
  std::promise<void> stalled;  // alive until the end of the test
  const auto never = stalled.get_future().share();
  std::atomic<int> dead_lookups{0};
  DnsCacheOptions options;
  options.resolve = [&](const std::string& host) -> Result<Addresses> {
    if (host != "dead.example") return Addresses{"192.0.2.1"};
    ++dead_lookups;
    never.wait();
    return Addresses{"192.0.2.9"};
  };
  SetClock clock;
  std::vector<std::unique_ptr<runtime::EventLoop>> loops;
  for (int i = 0; i < 6; ++i) loops.push_back(std::make_unique<runtime::EventLoop>(clock));
  int late = 0;
  {
    runtime::ThreadPool threads("test-help", 2, 16);
    DnsLookupPool dns_lookups(threads);
    std::vector<std::unique_ptr<DnsCache>> caches;
    std::vector<std::shared_ptr<void>> handles;
    for (auto& loop : loops) {
      caches.push_back(std::make_unique<DnsCache>(*loop, dns_lookups, options));
      handles.push_back(caches.back()->fetch("dead.example", [&](const auto&) { ++late; }));
    }
    for (std::size_t i = 0; i < loops.size(); ++i) {
      int found = 0;
      const auto handle = caches[i]->fetch("alive.example", [&](const auto&) { ++found; });
      for (int i_run = 0; i_run < 2000 && found == 0; ++i_run) loops[i]->run_once(milliseconds(5));
      CHECK(found == 1);
    }
    CHECK(dead_lookups == 1);
    CHECK(late == 0);
    stalled.set_value();  // all six loops receive the one result
    for (std::size_t i = 0; i < loops.size(); ++i) {
      for (int i_run = 0; i_run < 2000 && late <= static_cast<int>(i); ++i_run) loops[i]->run_once(milliseconds(5));
    }
    CHECK(late == 6);
    CHECK(dead_lookups == 1);
  }
}

TEST_CASE("there is one lookup thread per host, within limits") {
  CHECK(dns_lookup_threads(0) == 4);
  CHECK(dns_lookup_threads(12) == 12);
  CHECK(dns_lookup_threads(500) == 32);
}

TEST_CASE("addresses and localhost need no lookup") {
  for (const auto* host : {"127.0.0.1", "::1", "2001:db8::1", "localhost"}) CHECK(needs_no_lookup(host));
  for (const auto* host : {"api.openai.com", "127.0.0", "localhost.example", ""}) {
    CHECK_FALSE(needs_no_lookup(host));
  }
}
