#include "server/http/handlers/idempotency.h"

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

const SteadyTime begin{};

struct Maker {
  Idempotency::Make make = [this](core::KeyedResponse answer) -> tl::expected<core::KeyedResponse, Response> {
    ++made;
    answer.stream = StreamId::random();
    answer.response = "first " + std::to_string(made);
    return answer;
  };
  std::atomic<int> made{0};
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

TEST_CASE("a key is read bare or quoted and nothing else passes") {
  CHECK(Idempotency::read_key("abc-123").value() == "abc-123");
  CHECK(Idempotency::read_key("\"abc-123\"").value() == "abc-123");
  CHECK(Idempotency::read_key(std::string(255, 'k')));
  for (const std::string& bad :
       {std::string(256, 'k'), std::string("\"\""), std::string("a b"), std::string("a\tb"), std::string("\xc3\xa4")}) {
    CAPTURE(bad);
    CHECK(Idempotency::read_key(bad).error().code == ErrorCode::bad_request);
  }
}

TEST_CASE("the same key and body give the first answer again, marked as such") {
  Idempotency answers;
  Maker maker;
  const auto first = answers.once("k", "body", begin, maker.make);
  const auto again = answers.once("k", "body", begin + seconds(3600), maker.make);
  CHECK_FALSE(first->replayed);
  CHECK(again->replayed);
  CHECK(again->answer.response == first->answer.response);
  CHECK(again->answer.stream == first->answer.stream);
  CHECK(maker.made == 1);
}

TEST_CASE("the same key with another body is refused and makes nothing") {
  Idempotency answers;
  Maker maker;
  REQUIRE(answers.once("k", "body", begin, maker.make));
  const auto other = answers.once("k", "another", begin, maker.make);
  REQUIRE_FALSE(other);
  CHECK(other.error().status() == 422);
  CHECK(other.error().body().find("idempotency-key-reuse") != std::string::npos);
  CHECK(maker.made == 1);
}

TEST_CASE("a refusal is not kept: the same key may try again") {
  Idempotency answers;
  Maker maker;
  CHECK_FALSE(answers.once("k", "body", begin, [](core::KeyedResponse) { return tl::unexpected(Response(503)); }));
  CHECK_FALSE(answers.once("k", "body", begin, maker.make)->replayed);
}

TEST_CASE("an answer is kept for a day and not longer, and the oldest leave a full context") {
  Idempotency answers({.kept = seconds(24 * 3600), .keys_max = 2});
  Maker maker;
  REQUIRE(answers.once("a", "body", begin, maker.make));
  CHECK(answers.once("a", "body", begin + seconds(24 * 3600 - 1), maker.make)->replayed);
  CHECK_FALSE(answers.once("a", "body", begin + seconds(24 * 3600), maker.make)->replayed);
  REQUIRE(answers.once("b", "body", begin + seconds(24 * 3600), maker.make));
  REQUIRE(answers.once("c", "body", begin + seconds(24 * 3600), maker.make));
  CHECK_FALSE(answers.once("a", "body", begin + seconds(24 * 3600), maker.make)->replayed);
}

TEST_CASE("of a hundred requests at once with one key, one makes the task and all get its answer") {
  Idempotency answers;
  Maker maker;
  std::vector<std::thread> callers;
  std::atomic<int> same{0};
  const auto first = answers.once("other", "body", begin, maker.make);
  for (int i = 0; i < 100; ++i) {
    callers.emplace_back(
        [&] { same += answers.once("k", "body", begin, maker.make)->answer.response == "first 2" ? 1 : 0; });
  }
  for (auto& caller : callers) caller.join();
  CHECK(same == 100);
  CHECK(maker.made == 2);
}

TEST_CASE("all requests that wait for the response of one key get it") {
  constexpr int callers = 8;
  Idempotency answers;
  std::array<std::atomic<pid_t>, callers> ids{};
  std::atomic<int> made{0}, returned{0};
  const Idempotency::Make make = [&](core::KeyedResponse answer) -> tl::expected<core::KeyedResponse, Response> {
    ++made;
    const auto waiting = [&] {
      int count = 0;
      for (const auto& id : ids) count += id != 0 && id != ::gettid() && is_blocked(id) ? 1 : 0;
      return count;
    };
    CHECK(within(seconds(10), [&] { return waiting() == callers - 1; }));
    return answer;
  };
  std::vector<std::thread> threads;
  for (auto& id : ids) {
    threads.emplace_back([&] {
      id = ::gettid();
      CHECK(answers.once("k", "body", begin, make));
      ++returned;
    });
  }
  CHECK(within(seconds(20), [&] { return returned == callers; }));
  CHECK(made == 1);
  // Whatever still waits after a failure is woken by other keys, so that the threads can be joined.
  Maker other;
  for (int i = 0; returned < callers; ++i) CHECK(answers.once(std::to_string(i), "body", begin, other.make));
  for (auto& thread : threads) thread.join();
}
