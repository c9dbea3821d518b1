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

struct ResolverFixture {
  ResolverOptions counting() {
    ResolverOptions options;
    options.look_up = [this](const std::string& host) -> Result<Addresses> {
      ++asked;
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
  // Asks and waits for the answer.
  Result<Addresses> fetched(const std::string& host) {
    std::optional<Result<Addresses>> heard;
    const auto ticket = resolver.fetch(host, [&](const Result<Addresses>& answer) { heard = answer; });
    REQUIRE(until([&] { return heard.has_value(); }));
    return *heard;
  }

  std::atomic<int> asked{0};
  SetClock clock;
  runtime::EventLoop loop{clock};
  runtime::ThreadPool helpers{"test-help", 1, 4};
  DnsLookupPool dns_lookups{helpers};
  Resolver resolver{loop, dns_lookups, counting()};
};

}  // namespace

TEST_CASE_FIXTURE(ResolverFixture, "an answer is remembered for a minute, a failure for five seconds") {
  CHECK_FALSE(resolver.find("a.example"));
  CHECK(fetched("a.example").value().size() == 2);
  CHECK_FALSE(fetched("missing.example").has_value());
  clock.now += std::chrono::seconds(4);
  loop.run_once(milliseconds(0));
  CHECK(resolver.find("a.example")->value().front() == "192.0.2.1");
  CHECK(resolver.find("missing.example")->error().message == "not found");
  clock.now += std::chrono::seconds(2);
  loop.run_once(milliseconds(0));
  CHECK(resolver.find("a.example"));
  CHECK_FALSE(resolver.find("missing.example"));
  clock.now += std::chrono::seconds(60);
  loop.run_once(milliseconds(0));
  CHECK_FALSE(resolver.find("a.example"));
}

TEST_CASE_FIXTURE(ResolverFixture, "many who wait for one name share one look-up, and leavers hear nothing") {
  int heard = 0;
  std::vector<std::shared_ptr<void>> tickets;
  for (int i = 0; i < 10; ++i) tickets.push_back(resolver.fetch("a.example", [&](const auto&) { ++heard; }));
  tickets.resize(7);
  REQUIRE(until([&] { return heard > 0; }));
  CHECK(heard == 7);
  CHECK(asked == 1);
}

TEST_CASE_FIXTURE(ResolverFixture, "when too many names wait, the next one fails instead of blocking") {
  std::mutex gate;
  ResolverOptions options;
  options.look_up = [&](const std::string&) -> Result<Addresses> {
    std::lock_guard wait(gate);
    return Addresses{"192.0.2.1"};
  };
  gate.lock();
  Resolver slow(loop, dns_lookups, options);
  int refused = 0, answered = 0;
  std::vector<std::shared_ptr<void>> tickets;
  for (int i = 0; i < 8; ++i) {
    tickets.push_back(slow.fetch(std::to_string(i) + ".example",
                                 [&](const Result<Addresses>& answer) { ++(answer ? answered : refused); }));
  }
  CHECK(until([&] { return refused >= 3; }));
  gate.unlock();
  CHECK(until([&] { return refused + answered == 8; }));
}

TEST_CASE("a host whose look-up never returns holds one thread, whoever asks, and others are found") {
  std::promise<void> stalled;  // kept until the end of the test
  const auto never = stalled.get_future().share();
  std::atomic<int> asked_dead{0};
  ResolverOptions options;
  options.look_up = [&](const std::string& host) -> Result<Addresses> {
    if (host != "dead.example") return Addresses{"192.0.2.1"};
    ++asked_dead;
    never.wait();
    return Addresses{"192.0.2.9"};
  };
  SetClock clock;
  std::vector<std::unique_ptr<runtime::EventLoop>> loops;
  for (int i = 0; i < 6; ++i) loops.push_back(std::make_unique<runtime::EventLoop>(clock));
  int late = 0;
  {
    runtime::ThreadPool helpers("test-help", 2, 16);
    DnsLookupPool dns_lookups(helpers);
    std::vector<std::unique_ptr<Resolver>> resolvers;
    std::vector<std::shared_ptr<void>> tickets;
    for (auto& loop : loops) {
      resolvers.push_back(std::make_unique<Resolver>(*loop, dns_lookups, options));
      tickets.push_back(resolvers.back()->fetch("dead.example", [&](const auto&) { ++late; }));
    }
    for (std::size_t i = 0; i < loops.size(); ++i) {
      int found = 0;
      const auto ticket = resolvers[i]->fetch("alive.example", [&](const auto&) { ++found; });
      for (int turn = 0; turn < 2000 && found == 0; ++turn) loops[i]->run_once(milliseconds(5));
      CHECK(found == 1);
    }
    CHECK(asked_dead == 1);
    CHECK(late == 0);
    stalled.set_value();  // all who waited on their six loops hear of the one answer
    for (std::size_t i = 0; i < loops.size(); ++i) {
      for (int turn = 0; turn < 2000 && late <= static_cast<int>(i); ++turn) loops[i]->run_once(milliseconds(5));
    }
    CHECK(late == 6);
    CHECK(asked_dead == 1);
  }
}

TEST_CASE("there is a look-up thread for each host, but not too few and not too many") {
  CHECK(dns_lookup_threads(0) == 4);
  CHECK(dns_lookup_threads(12) == 12);
  CHECK(dns_lookup_threads(500) == 32);
}

TEST_CASE("addresses and localhost are not looked up") {
  for (const auto* host : {"127.0.0.1", "::1", "2001:db8::1", "localhost"}) CHECK(needs_no_lookup(host));
  for (const auto* host : {"api.openai.com", "127.0.0", "localhost.example", ""}) {
    CHECK_FALSE(needs_no_lookup(host));
  }
}
