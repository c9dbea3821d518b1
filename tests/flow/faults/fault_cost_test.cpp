// What faulty upstreams cost other streams: memory and latency.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/flow/faults/fault_play.h"
#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

constexpr double mebibyte = 1024 * 1024;
constexpr double memory_per_transfer = 1.2 * mebibyte;

// A figure of the process in bytes, such as VmRSS.
double memory(pid_t pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) * 1024;
  }
  throw Failure("/proc has no " + name);
}

// From now on VmHWM counts from what there is now (proc(5), clear_refs).
void forget_peak(pid_t pid) { std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5"; }

const Fault& fault_named(const std::vector<Fault>& all, std::string_view id) {
  return *std::find_if(all.begin(), all.end(), [&](const Fault& fault) { return fault.id == id; });
}

// So many tasks at once, read to their ends.
void run_tasks(World& world, int count) {
  std::vector<std::thread> readers;
  for (int i = 0; i < count; ++i) {
    readers.emplace_back([&world] { world.whole_stream(world.submit_single()); });
  }
  for (std::thread& reader : readers) reader.join();
}

// Times between two tokens of a stream as its reader saw them, the 99th of a hundred.
double gap_p99_ms(World& world) {
  std::vector<double> gaps;
  SseReader reader = world.events(world.submit("single", "Say something.", R"("members":["steady/m"])"));
  TestClock::time_point before{};
  while (reader.read_event("token_stream", seconds(10))) {
    const auto now = TestClock::now();
    if (before != TestClock::time_point{})
      gaps.push_back(std::chrono::duration<double, std::milli>(now - before).count());
    before = now;
  }
  std::sort(gaps.begin(), gaps.end());
  if (gaps.size() < 100) throw Failure("the steady stream did not flow");
  return gaps[gaps.size() * 99 / 100];
}

}  // namespace

TEST_CASE("a transfer of a flooding upstream takes at most 1.2 MiB over the baseline" *
          doctest::skip(!release_build())) {
  constexpr int at_once = 8;
  const std::vector<Fault> faults = all_faults();
  for (const char* id : {"U15", "U16", "U19", "U23"}) {
    World world(Settings{{"breaker_cooldown_ms", "100"}});
    world.upstream.on({.times = at_once}, whole_answer("warm"));
    run_tasks(world, at_once);  // threads, pools and the allocator's first pages are not part of a transfer
    world.upstream.always(fault_named(faults, id).script(Vendor::openai));
    forget_peak(world.server.pid());
    const double baseline = memory(world.server.pid(), "VmRSS");
    run_tasks(world, at_once);
    const double each = (memory(world.server.pid(), "VmHWM") - baseline) / at_once;
    CHECK_MESSAGE(each <= memory_per_transfer, std::string(id) << ": " << each / mebibyte << " MiB for each transfer");
  }
}

TEST_CASE("while upstreams misbehave, other streams' tokens come as they did before" *
          doctest::skip(!release_build())) {
  constexpr double noise_ms = 4;  // two processors, and the test itself plays all the upstreams
  ScriptedUpstream steady_upstream;
  Script steady = Script::stream();
  for (int i = 0; i < 300; ++i) steady.words({"word "}).pause(milliseconds(5));
  steady_upstream.always(steady.finish());
  World world(Settings{{"connect_timeout_ms", "300"}, {"idle_timeout_ms", "300"}, {"breaker_cooldown_ms", "100"}},
              provider_table("steady", steady_upstream.base_url()));
  std::vector<Fault> faults = all_faults();
  std::erase_if(faults,
                [](const Fault& fault) { return fault.host != "127.0.0.1" || fault.id == "U1" || fault.id == "U2"; });
  std::size_t played = 0;
  auto pair_holds = [&] {
    const double before = gap_p99_ms(world);
    std::atomic<bool> over{false};
    std::thread trouble([&] {
      for (; !over; ++played) {
        world.upstream.next(faults[played % faults.size()].script(Vendor::openai));
        world.whole_stream(world.submit("single", "Say something.", R"("member_deadline_ms":300)"));
      }
    });
    const double during = gap_p99_ms(world);
    over = true;
    trouble.join();
    MESSAGE("p99 of the gaps: " << before << " ms before, " << during << " ms during");
    return during <= std::max(before * 1.5, before + noise_ms);
  };
  // These times include other load of the machine, so up to three measurements are made.
  bool held = false;
  for (int i = 0; i < 3 && !held; ++i) held = pair_holds();
  CHECK(held);
  CHECK(played > 3);
}

}  // namespace plenum::tests
