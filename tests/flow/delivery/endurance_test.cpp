// Crowds, faults of the system, and the end: what a server meets on a bad day.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"
#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

void allow_many_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Crowds are smaller where a sanitizer makes each of them dear.
constexpr int crowd(int full) { return sanitized() ? full / 10 : full; }

struct Crowd : World {
  Crowd() : World(Settings{{"head_timeout_ms", "600000"}}) {
    allow_many_descriptors();
    upstream.always(Script::silence());
  }
  // The time of a POST: the median of several, each on a connection of its own.
  milliseconds post_time() const {
    std::vector<TestClock::duration> times;
    for (int i = 0; i < 21; ++i) {
      auto start = TestClock::now();
      REQUIRE(post(api::task, task_body("single", "task")).status == 202);
      times.push_back(TestClock::now() - start);
    }
    std::nth_element(times.begin(), times.begin() + 10, times.end());
    return std::chrono::duration_cast<milliseconds>(times[10]);
  }
  void check_post_time() const {
    milliseconds time = post_time();
    MESSAGE("POST takes " << time.count() << " ms");
    if (release_build()) CHECK(time < scaled(milliseconds(50)));
  }
  // Readers that ask for the stream and never read; throws when they do not all get in.
  std::vector<Fd> silent_readers(const std::string& id, int count) const {
    std::vector<Fd> readers;
    const std::string request = request_text("GET", api::with_id(api::events, id));
    for (int i = 0; i < count; ++i) {
      readers.push_back(connect_loopback(server.port()));
      if (!readers.back() || !send_all(readers.back().get(), request, seconds(10)))
        throw Failure("reader " + std::to_string(i) + " got no connection");
    }
    bool all = eventually([&] { return status(id)["readers"] == count; }, seconds(30));
    if (!all) throw Failure("only " + status(id)["readers"].dump() + " readers are attached");
    return readers;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Crowd, "ten thousand idle connections do not slow a task down") {
  std::vector<Fd> idle;
  for (int i = 0; i < crowd(10'000); ++i) {
    idle.push_back(connect_loopback(server.port()));
    REQUIRE(idle.back());
  }
  check_post_time();
}

TEST_CASE_FIXTURE(Crowd, "eight silent readers, and then five thousand, do not slow a task down") {
  std::string id = submit_single();
  std::vector<Fd> few = silent_readers(id, 8);
  check_post_time();
  few.clear();
  REQUIRE(eventually([&] { return status(id)["readers"] == 0; }, seconds(10)));
  std::vector<Fd> many = silent_readers(id, crowd(5'000));
  check_post_time();
}

TEST_CASE_FIXTURE(Crowd, "readers that come and go leave nothing behind") {
  // With so few descriptors, one in ten left open would show long before the end.
  rlimit few{200, 200};
  REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  std::string id = submit_single();
  for (int round = 0; round < 20; ++round) {
    std::vector<Fd> readers = silent_readers(id, 50);
    for (std::size_t i = 0; i < readers.size(); i += 2) readers[i].reset();
    readers.clear();
    REQUIRE(eventually([&] { return status(id)["readers"] == 0; }, seconds(10)));
  }
}

TEST_CASE("an accept that fails, for whatever reason, does not end the listener" * doctest::skip(sanitized())) {
  ServerProcess server({.env = {{"LD_PRELOAD", ACCEPT_FAULTS_PATH}, {"PLENUM_ACCEPT_FAULTS", "3"}}});
  int answered = 0;
  for (int i = 0; i < 300; ++i) {
    Fd socket = connect_loopback(server.port());
    std::string reply;
    send_all(socket.get(), request_text("GET", api::livez), seconds(5));
    if (receive(socket.get(), reply, seconds(5)) == Received::bytes && reply.find("HTTP/1.1 200") == 0) ++answered;
  }
  // A server that is out of descriptors may shed a connection, but most come through and it stays.
  CHECK(answered >= 200);
  // The injected errors continue, so any one connection may get one; the listener must accept again soon.
  auto answers = [&] {
    try {
      return get(server.port(), api::livez).status == 200;
    } catch (const std::exception&) {
      return false;
    }
  };
  CHECK(eventually(answers, seconds(5)));
}

// Not under the sanitizers: theirs opens a pipe to see whether memory may be read, and takes the failure of that
// for a bad object.
TEST_CASE("a server that runs out of descriptors rejects for a while and then recovers" * doctest::skip(sanitized())) {
  ServerProcess server;
  rlimit few{96, 96};
  REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  std::vector<Fd> crowd_of_idle;
  for (int i = 0; i < 300; ++i) crowd_of_idle.push_back(connect_loopback(server.port()));
  crowd_of_idle.clear();
  auto answers = [&] {
    Fd socket = connect_loopback(server.port());
    std::string reply;
    return socket && send_all(socket.get(), request_text("GET", api::livez), seconds(2)) &&
           receive(socket.get(), reply, seconds(2)) == Received::bytes && reply.find("HTTP/1.1 200") == 0;
  };
  CHECK(eventually(answers, seconds(5)));
}

TEST_CASE("a graceful shutdown notifies subscribers, ends their connections and exits with 0") {
  World world(Settings{{"shutdown_grace_ms", "1000"}});
  Latch never("never");
  world.upstream.always(Script::stream().words({"so far"}).wait_for(never));
  std::string id = world.submit_single();
  SseReader reader = world.events(id);
  REQUIRE(reader.read_event("token_stream", seconds(10)));
  HttpConnection connection(world.server.port());
  connection.send(request_text("GET", api::readyz));
  REQUIRE(connection.read_reply()->status == 200);

  world.server.signal(SIGTERM);
  CHECK(reader.read_until([](const Frame& f) { return f.data.find("\"code\":\"draining\"") != std::string::npos; },
                          seconds(5)));
  connection.send(request_text("GET", api::readyz));
  auto ready = connection.read_reply(seconds(5));
  CHECK((!ready || ready->status == 503));
  auto code = world.server.wait(seconds(15));
  REQUIRE(code.has_value());
  CHECK(*code == 0);
  CHECK(reader.read_all(seconds(5)) != StreamEnd::open);
}

TEST_CASE("a server without work stops at once") {
  ServerProcess server;
  server.signal(SIGTERM);
  auto code = server.wait(seconds(5));
  REQUIRE(code.has_value());
  CHECK(*code == 0);
}

TEST_CASE("a port in use is reported without a crash") {
  ServerProcess first;
  Finished second = run_to_end({.program = PLENUMD_PATH,
                                .args = {"--listen", "127.0.0.1:" + std::to_string(first.port())},
                                .env = {},
                                .stdin_text = {}},
                               seconds(20));
  CHECK(second.exit_code != 0);
  CHECK(second.exit_code < 128);
  CHECK(second.err.find(std::to_string(first.port())) != std::string::npos);
}

TEST_CASE("an unknown setting is reported with its position") {
  TempDir dir;
  std::string file = dir.write("plenum.toml", "heartbeat_ms = 1000\nheart_beat_ms = 1000\n");
  Finished run = run_to_end(
      {.program = PLENUMD_PATH, .args = {"--listen", "127.0.0.1:0", "--config", file}, .env = {}, .stdin_text = {}},
      seconds(20));
  CHECK(run.exit_code == 2);
  CHECK(run.err.find("plenum.toml:2:") != std::string::npos);
  CHECK(run.err.find("heart_beat_ms") != std::string::npos);
}

}  // namespace plenum::tests
