#include "server/http/shared/idempotency.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

using namespace plenum;
using namespace plenum::http;

namespace {

const SteadyTime at_start{};

struct Counted {
  Idempotency::Execute execute = [this](core::KeyedResponse response) -> tl::expected<core::KeyedResponse, Response> {
    ++executed;
    response.stream = StreamId::random();
    response.response = "first " + std::to_string(executed);
    return response;
  };
  std::atomic<int> executed{0};
};

// Whether a thread of this process is blocked. Source: proc(5), /proc/pid/stat, state.
bool is_blocked(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto end_of_name = text.rfind(')');
  return end_of_name != std::string::npos && end_of_name + 2 < text.size() && text[end_of_name + 2] == 'S';
}

bool within(seconds limit, const std::function<bool()>& holds) {
  const auto give_up = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("a key is parsed bare or quoted, and anything else is rejected") {
  CHECK(Idempotency::read_key("abc-123").value() == "abc-123");
  CHECK(Idempotency::read_key("\"abc-123\"").value() == "abc-123");
  CHECK(Idempotency::read_key(std::string(255, 'k')));
  for (const std::string& bad :
       {std::string(256, 'k'), std::string("\"\""), std::string("a b"), std::string("a\tb"), std::string("\xc3\xa4")}) {
    CAPTURE(bad);
    CHECK(Idempotency::read_key(bad).error().code == ErrorCode::bad_request);
  }
}

TEST_CASE("the same key and body replay the first response, marked as a replay") {
  Idempotency responses;
  Counted counted;
  const auto first = responses.once("k", "body", at_start, counted.execute);
  const auto again = responses.once("k", "body", at_start + seconds(3600), counted.execute);
  CHECK_FALSE(first->replayed);
  CHECK(again->replayed);
  CHECK(again->response.response == first->response.response);
  CHECK(again->response.stream == first->response.stream);
  CHECK(counted.executed == 1);
}

TEST_CASE("the same key with another body is rejected and not executed") {
  Idempotency responses;
  Counted counted;
  REQUIRE(responses.once("k", "body", at_start, counted.execute));
  const auto other = responses.once("k", "another", at_start, counted.execute);
  REQUIRE_FALSE(other);
  CHECK(other.error().status() == 422);
  CHECK(other.error().body().find("idempotency-key-reuse") != std::string::npos);
  CHECK(counted.executed == 1);
}

TEST_CASE("an error is not stored: the same key can be retried") {
  Idempotency responses;
  Counted counted;
  CHECK_FALSE(responses.once("k", "body", at_start, [](core::KeyedResponse) { return tl::unexpected(Response(503)); }));
  CHECK_FALSE(responses.once("k", "body", at_start, counted.execute)->replayed);
}

TEST_CASE("a response is held for a day, and the oldest are evicted at the limit") {
  Idempotency responses({.ttl = seconds(24 * 3600), .keys_max = 2});
  Counted counted;
  REQUIRE(responses.once("a", "body", at_start, counted.execute));
  CHECK(responses.once("a", "body", at_start + seconds(24 * 3600 - 1), counted.execute)->replayed);
  CHECK_FALSE(responses.once("a", "body", at_start + seconds(24 * 3600), counted.execute)->replayed);
  REQUIRE(responses.once("b", "body", at_start + seconds(24 * 3600), counted.execute));
  REQUIRE(responses.once("c", "body", at_start + seconds(24 * 3600), counted.execute));
  CHECK_FALSE(responses.once("a", "body", at_start + seconds(24 * 3600), counted.execute)->replayed);
}

TEST_CASE("responses in memory are charged and bounded in bytes, the oldest are evicted first") {
  const auto memory = std::make_shared<runtime::MemoryBudget>();
  Idempotency responses({.bytes_max = 10'000}, nullptr, memory);
  const Idempotency::Execute large = [](core::KeyedResponse response) {
    response.stream = StreamId::random();
    response.response = std::string(4000, 'x');
    return tl::expected<core::KeyedResponse, Response>(std::move(response));
  };
  for (const char* key : {"a", "b", "c", "d"}) REQUIRE(responses.once(key, "body", at_start, large));
  CHECK(memory->used(runtime::MemoryKind::idempotency) <= 15'000);  // the newest one may exceed the limit
  CHECK(responses.once("d", "body", at_start, large)->replayed);
  CHECK_FALSE(responses.once("a", "body", at_start, large)->replayed);
}

TEST_CASE("the response of a deleted task is forgotten, and its key creates another task") {
  const auto memory = std::make_shared<runtime::MemoryBudget>();
  Idempotency responses({}, nullptr, memory);
  Counted counted;
  const auto first = responses.once("k", "body", at_start, counted.execute);
  responses.forget(StreamId::random());
  CHECK(responses.once("k", "body", at_start, counted.execute)->replayed);
  responses.forget(first->response.stream);
  CHECK(memory->used() == 0);
  CHECK_FALSE(responses.once("k", "another body", at_start, counted.execute)->replayed);
}

TEST_CASE("of a hundred concurrent requests with one key, one is executed and all get its response") {
  Idempotency responses;
  Counted counted;
  std::vector<std::thread> callers;
  std::atomic<int> same{0};
  const auto first = responses.once("other", "body", at_start, counted.execute);
  for (int i = 0; i < 100; ++i) {
    callers.emplace_back([&] {
      same += responses.once("k", "body", at_start, counted.execute)->response.response == "first 2" ? 1 : 0;
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(same == 100);
  CHECK(counted.executed == 2);
}

TEST_CASE("all requests that wait for the response to one key get it") {
  constexpr int callers = 8;
  Idempotency responses;
  std::array<std::atomic<pid_t>, callers> ids{};
  std::atomic<int> executed{0}, returned{0};
  const Idempotency::Execute execute =
      [&](core::KeyedResponse response) -> tl::expected<core::KeyedResponse, Response> {
    ++executed;
    const auto waiting = [&] {
      int count = 0;
      for (const auto& id : ids) count += id != 0 && id != ::gettid() && is_blocked(id) ? 1 : 0;
      return count;
    };
    CHECK(within(seconds(10), [&] { return waiting() == callers - 1; }));
    return response;
  };
  std::vector<std::thread> threads;
  for (auto& id : ids) {
    threads.emplace_back([&] {
      id = ::gettid();
      CHECK(responses.once("k", "body", at_start, execute));
      ++returned;
    });
  }
  CHECK(within(seconds(20), [&] { return returned == callers; }));
  CHECK(executed == 1);
  // After a failure, requests with other keys wake the waiting threads, so that they can be joined.
  Counted other;
  for (int i = 0; returned < callers; ++i) CHECK(responses.once(std::to_string(i), "body", at_start, other.execute));
  for (auto& thread : threads) thread.join();
}
