// The front door over real loopback sockets, with the clock in the test's hand.
#include "server/http/front_door.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "server/http/listener.h"
#include "tests/unit/http/house_fixture.h"

using namespace plenum;
using namespace plenum::http;
using plenum::tests::HouseFixture;

namespace {

const std::string livez = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  // As much as the socket takes; the rest stays with the caller.
  std::size_t send_some(std::string_view bytes) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  void read() {
    std::array<char, 65536> buffer;
    ssize_t got = 0;
    while ((got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0)) > 0)
      seen.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) ended = true;
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) reset = true;
  }
  void close_now() { fd_.reset(); }
  bool gone() const { return ended || reset; }

  std::string seen;
  bool ended = false;
  bool reset = false;

 private:
  UniqueFd fd_;
};

struct DoorFixture : HouseFixture {
  explicit DoorFixture(FrontDoorOptions options = {})
      : door(loops, tasks, directory, monitor, {&delivery}, std::move(options)) {
    const auto given = door.listen("127.0.0.1", 0);
    REQUIRE(given);
    port = *given;
    door.start();
    turn();
  }
  ~DoorFixture() { door.stop(); }

  void turn() { loop.run_once(milliseconds(0)); }
  // Turns the loop until something holds. The real clock is only a guard against waiting for ever.
  bool until(const std::function<bool()>& holds) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      loop.run_once(milliseconds(1));
    }
    return true;
  }
  void settle() {
    for (int i = 0; i < 5; ++i) loop.run_once(milliseconds(1));
  }
  void pass(milliseconds time) {
    clock.advance(time);
    settle();
  }
  void send(Client& client, std::string_view bytes) {
    CHECK(until([&] {
      bytes.remove_prefix(client.send_some(bytes));
      return bytes.empty();
    }));
  }
  bool sees(Client& client, std::string_view part, std::size_t times = 1) {
    return until([&] {
      client.read();
      return count_of(client.seen, part) >= times;
    });
  }
  bool ends(Client& client) {
    return until([&] {
      client.read();
      return client.gone();
    });
  }
  // One request on a connection of its own; the whole answer.
  std::string ask(const std::string& bytes) {
    Client client(port);
    send(client, bytes);
    CHECK(ends(client));
    CHECK_FALSE(client.reset);
    return client.seen;
  }
  std::string get(const std::string& target, const std::string& headers = {}) {
    return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n");
  }
  static std::string post_bytes(const std::string& target, const std::string& body, const std::string& headers = {}) {
    return "POST " + target +
           " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
  }
  // A running task whose model has been called.
  std::string begin_task() {
    const auto reply = ask(post_bytes("/api/stream/task", R"({"task":"say hello","workflow":"single"})"));
    CHECK(reply.starts_with("HTTP/1.1 202 "));
    CHECK(until([&] { return models.count() > 0; }));
    return (*parse_json(reply.substr(reply.find("\r\n\r\n") + 4)))["stream_id"];
  }

  Delivery delivery{loop, DeliveryOptions{}};
  FrontDoor door;
  std::uint16_t port = 0;
};

struct SmallDoor : DoorFixture {
  SmallDoor() : DoorFixture(options()) {}
  static FrontDoorOptions options() {
    FrontDoorOptions small;
    small.connections_max = 3;
    small.connections_per_address_max = 2;
    return small;
  }
};
struct ClosedPool : DoorFixture {
  ClosedPool() : DoorFixture(options()) {}
  static FrontDoorOptions options() {
    FrontDoorOptions none;
    none.request_queue_max = 0;
    return none;
  }
};

}  // namespace

TEST_CASE_FIXTURE(DoorFixture, "one connection asks again and again, and pipelined requests are answered in order") {
  Client client(port);
  send(client, livez);
  CHECK(sees(client, "\"alive\""));
  send(client, livez + "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n" + livez);
  CHECK(sees(client, "\"alive\"", 3));
  const auto first = client.seen.find("HTTP/1.1 200", 20);
  const auto missing = client.seen.find("HTTP/1.1 404");
  CHECK(first < missing);
  CHECK(missing < client.seen.rfind("HTTP/1.1 200"));
  CHECK(count_of(client.seen, "HTTP/1.1 ") == 4);
  CHECK_FALSE(client.gone());
  CHECK(door.counts().requests == 4);
}

TEST_CASE_FIXTURE(DoorFixture, "a request that comes byte by byte is answered as one that comes whole") {
  Client client(port);
  for (const char byte : livez) {
    send(client, {&byte, 1});
    turn();
  }
  CHECK(sees(client, "\"alive\""));
}

TEST_CASE_FIXTURE(DoorFixture, "a refused request is told why, readably, and nothing after it is read") {
  const auto reply =
      ask("GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\nGET /status HTTP/1.1\r\nHost: "
          "localhost\r\n\r\n");
  CHECK(reply.starts_with("HTTP/1.1 400 "));
  CHECK(reply.find("Content-Type: application/problem+json\r\n") != std::string::npos);
  CHECK(reply.find("Connection: close\r\n") != std::string::npos);
  CHECK(count_of(reply, "HTTP/1.1 ") == 1);
  CHECK(door.counts().requests == 0);
  CHECK(door.counts().refused.at("bad-request") == 1);
}

TEST_CASE_FIXTURE(DoorFixture,
                  "a body beyond the limit is refused while it is still being sent, and the refusal arrives") {
  Client client(port);
  send(client,
       "POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
       "1048577\r\n\r\n");
  send(client, std::string(1048577, 'x'));
  CHECK(sees(client, "payload-too-large"));
  CHECK(client.seen.starts_with("HTTP/1.1 413 "));
  CHECK_FALSE(client.reset);
}

TEST_CASE_FIXTURE(DoorFixture, "a head must be complete in ten seconds, however many bytes trickle in") {
  Client silent(port), slow(port);
  send(slow, "GET /livez HTT");
  settle();
  for (int second = 0; second < 9; ++second) {
    pass(seconds(1));
    send(slow, "P");
  }
  slow.read();
  CHECK_FALSE(slow.gone());
  pass(seconds(2));
  CHECK(ends(slow));
  CHECK(slow.seen.starts_with("HTTP/1.1 408 "));
  CHECK(ends(silent));
  CHECK(silent.seen.empty());
  pass(seconds(2));  // the refused one stays open for a moment, so that it can read why
  CHECK(door.counts().open == 0);
}

TEST_CASE_FIXTURE(DoorFixture, "a body that comes slower than it may is cut after its grace, one that hurries is not") {
  const std::string head =
      "POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
      "100000\r\n\r\n";
  Client slow(port), steady(port);
  send(slow, head);
  send(steady, head);
  settle();
  for (int second = 0; second < 6; ++second) {
    send(slow, "x");
    send(steady, std::string(2048, 'x'));
    settle();
    pass(seconds(1));
  }
  CHECK(ends(slow));
  CHECK(slow.seen.starts_with("HTTP/1.1 408 "));
  steady.read();
  CHECK_FALSE(steady.gone());
  for (int second = 0; second < 26; ++second) {
    send(steady, std::string(2048, 'x'));
    settle();
    pass(seconds(1));
  }
  CHECK(ends(steady));
  CHECK(steady.seen.starts_with("HTTP/1.1 408 "));
}

TEST_CASE_FIXTURE(DoorFixture, "an idle connection is kept for 75 seconds, and each request begins them anew") {
  Client client(port);
  for (int round = 1; round <= 2; ++round) {
    send(client, livez);
    CHECK(sees(client, "\"alive\"", static_cast<std::size_t>(round)));
    pass(seconds(74));
    client.read();
    CHECK_FALSE(client.gone());
  }
  pass(seconds(2));
  CHECK(ends(client));
  CHECK_FALSE(client.reset);
}

TEST_CASE_FIXTURE(SmallDoor, "over its share an address is told so, and a place that is free again is given again") {
  Client first(port), second(port);
  settle();
  CHECK(door.counts().open == 2);
  Client third(port);
  CHECK(ends(third));
  CHECK(third.seen.starts_with("HTTP/1.1 429 "));
  CHECK(third.seen.find("too-many-connections") != std::string::npos);
  first.close_now();
  CHECK(until([&] { return door.counts().open == 1; }));
  CHECK(get("/livez").starts_with("HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(ClosedPool, "a full queue is told at once, with the time to come back") {
  const auto reply = get("/livez");
  CHECK(reply.starts_with("HTTP/1.1 503 "));
  CHECK(reply.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(reply.find("\"code\":\"busy\"") != std::string::npos);
}

TEST_CASE_FIXTURE(
    DoorFixture,
    "a task is accepted, read as a stream that ignores Range, and when it was fully read there is nothing more") {
  const auto id = begin_task();
  Client reader(port);
  send(reader,
       "GET /api/stream/events/" + id + " HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-5\r\nX-Request-Id: r9\r\n\r\n");
  CHECK(sees(reader, "stream_open"));
  CHECK(reader.seen.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(reader.seen.find("X-Request-Id: r9\r\n") != std::string::npos);
  models.call(0).answer("hello");
  CHECK(sees(reader, "event: task_completed"));
  CHECK(ends(reader));
  const auto last = reader.seen.rfind("\nid: ") + 5;
  const auto cursor = reader.seen.substr(last, reader.seen.find('\n', last) - last);
  const auto again = get("/api/stream/events/" + id, "Last-Event-ID: " + cursor + "\r\n");
  CHECK(again.starts_with("HTTP/1.1 204 "));
  CHECK(again.find("Content-Length") == std::string::npos);
}

TEST_CASE_FIXTURE(DoorFixture, "what is wrong with a request for a stream is said in a problem document") {
  const auto id = begin_task();
  const auto path = "/api/stream/events/" + id;
  CHECK(get(path, "Last-Event-ID: nonsense\r\n").find("\"code\":\"invalid-cursor\"") != std::string::npos);
  CHECK(get(path + "?aftr=1").starts_with("HTTP/1.1 400 "));
  CHECK(get(path + "?types=tokens").find("token_stream") != std::string::npos);
  CHECK(get(path, "Accept: text/html\r\n").starts_with("HTTP/1.1 406 "));
  CHECK(get("/api/stream/events/nobody").find("\"code\":\"stream-not-found\"") != std::string::npos);
  CHECK(get("/api/stream/events/" + StreamId::random().str()).starts_with("HTTP/1.1 404 "));
  CHECK(ask("GET " + path + " HTTP/1.1\r\nHost: evil.example\r\n\r\n").starts_with("HTTP/1.1 403 "));
}

TEST_CASE_FIXTURE(DoorFixture, "a POST that accepts a stream gets the stream itself") {
  Client reader(port);
  send(reader,
       post_bytes("/api/stream/task", R"({"task":"say hello","workflow":"single"})", "Accept: text/event-stream\r\n"));
  CHECK(sees(reader, "event: task_started"));
  CHECK(reader.seen.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(reader.seen.find("Location: /api/stream/events/") != std::string::npos);
}

TEST_CASE_FIXTURE(DoorFixture, "a buffered run answers when it has ended, and a caller that leaves cancels nothing") {
  const auto body = R"({"task":"say hello","workflow":"single","stream":false})";
  Client patient(port), leaving(port);
  send(patient, post_bytes("/api/stream/task", body));
  CHECK(until([&] { return models.count() == 1; }));
  send(leaving, post_bytes("/api/stream/task", body));
  CHECK(until([&] { return models.count() == 2; }));
  // A run may begin before its request has come back from the thread that read it, whose time counts.
  const auto is_awaited = [](const auto& stream) { return !stream->unattended_since(); };
  CHECK(until([&] {
    const auto running = streams.unfinished();
    return std::all_of(running.begin(), running.end(), is_awaited);
  }));
  pass(seconds(40));  // longer than any other request may take
  leaving.close_now();
  CHECK(until([&] { return door.counts().open == 1; }));
  CHECK(models.open_count() == 2);
  patient.read();
  CHECK(patient.seen.empty());
  models.call(0).answer("hello");
  CHECK(ends(patient));
  CHECK(patient.seen.starts_with("HTTP/1.1 200 "));
  CHECK(patient.seen.find("\"answer\":\"hello") != std::string::npos);
}

TEST_CASE_FIXTURE(DoorFixture, "a status that waits answers when something changed or when the time is over") {
  const auto path = "/api/stream/status/" + begin_task();
  Client on_change(port), on_time(port);
  const auto request = [&](const char* wait) {
    return "GET " + path + "?wait=" + wait + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  };
  send(on_change, request("60"));
  settle();
  models.call(0).text("some text");
  CHECK(sees(on_change, "HTTP/1.1 200 "));
  settle();
  send(on_time, request("5"));
  CHECK(until([&] { return door.counts().requests == 3; }));
  settle();
  pass(seconds(4));
  on_time.read();
  CHECK(on_time.seen.empty());
  pass(seconds(2));
  CHECK(sees(on_time, "HTTP/1.1 200 "));
  // The connection is as good as any other afterwards.
  send(on_time, livez);
  CHECK(sees(on_time, "\"alive\""));
  CHECK(get(path + "?wait=0").starts_with("HTTP/1.1 400 "));
}

TEST_CASE_FIXTURE(DoorFixture, "an unchanged status is not sent twice") {
  const auto path = "/api/stream/status/" + begin_task();
  settle();
  const auto first = get(path);
  const auto at = first.find("ETag: ") + 6;
  const auto tag = first.substr(at, first.find("\r\n", at) - at);
  const auto second = get(path, "If-None-Match: " + tag + "\r\n");
  CHECK(second.starts_with("HTTP/1.1 304 "));
  CHECK(second.ends_with("\r\n\r\n"));
  models.call(0).answer("hello");
  settle();
  CHECK(get(path, "If-None-Match: " + tag + "\r\n").starts_with("HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(DoorFixture, "a cancel needs no body, closes the model's call, and a second one finds it done") {
  const auto id = begin_task();
  const auto path = "/api/stream/cancel/" + id;
  CHECK(ask("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 202 "));
  CHECK(until([&] { return models.open_count() == 0; }));
  settle();
  CHECK(ask(post_bytes(path, R"({"reason":"changed my mind"})")).starts_with("HTTP/1.1 200 "));
  CHECK(ask(post_bytes(path, R"({"because":"x"})")).starts_with("HTTP/1.1 422 "));
}

TEST_CASE_FIXTURE(DoorFixture, "every fault of a task is listed with its place, and what is not JSON is said so") {
  const auto faults = ask(post_bytes("/api/stream/task", R"({"task":7,"colour":"red"})"));
  CHECK(faults.starts_with("HTTP/1.1 422 "));
  CHECK(faults.find("\"pointer\":\"/task\"") != std::string::npos);
  CHECK(faults.find("\"pointer\":\"/colour\"") != std::string::npos);
  CHECK(ask(post_bytes("/api/stream/task", "{\"task\":")).starts_with("HTTP/1.1 400 "));
  CHECK(ask("POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 411 "));
}

TEST_CASE_FIXTURE(DoorFixture, "tasks are listed newest first, page by page") {
  const auto first = begin_task();
  clock.advance(milliseconds(5));
  const auto second = begin_task();
  const auto page = get("/api/stream/tasks?limit=1");
  CHECK(page.find(second) != std::string::npos);
  CHECK(page.find(first) == std::string::npos);
  CHECK(page.find("\"next_cursor\":\"" + second) != std::string::npos);
  const auto rest = get("/api/stream/tasks?limit=1&cursor=" + second);
  CHECK(rest.find(first) != std::string::npos);
  CHECK(rest.find("\"next_cursor\":null") != std::string::npos);
  CHECK(get("/api/stream/tasks?limit=101").starts_with("HTTP/1.1 400 "));
}

TEST_CASE_FIXTURE(DoorFixture, "the server tells about itself: workflows, models, counts, and that it goes away") {
  CHECK(get("/api/workflows").find("\"name\":\"single\"") != std::string::npos);
  const auto models_reply = get("/api/models");
  for (const auto* part : {"\"key_present\":true", "\"limits\":{\"parallel_max\":null,\"requests_per_minute\":null}",
                           "\"state\":{\"breaker\":\"closed\",\"in_flight\":2,\"waiting\":1}", "\"fallback\":[]"}) {
    CAPTURE(part);
    CHECK(models_reply.find(part) != std::string::npos);
  }
  CHECK(get("/status").find("\"uptime_s\":0") != std::string::npos);
  CHECK(get("/readyz").starts_with("HTTP/1.1 200 "));
  tasks.begin_drain();
  CHECK(get("/readyz").starts_with("HTTP/1.1 503 "));
  CHECK(get("/livez").starts_with("HTTP/1.1 200 "));
  CHECK(ask(post_bytes("/api/stream/task", R"({"task":"x"})")).find("\"code\":\"draining\"") != std::string::npos);
}

TEST_CASE_FIXTURE(DoorFixture,
                  "when it stops accepting, idle connections end, a begun request is answered, newcomers are refused") {
  Client idle(port), begun(port);
  send(idle, livez);
  CHECK(sees(idle, "\"alive\""));
  send(begun, livez.substr(0, 20));
  settle();
  door.stop_accepting();
  CHECK(ends(idle));
  send(begun, livez.substr(20));
  CHECK(ends(begun));
  CHECK(begun.seen.find("Connection: close\r\n") != std::string::npos);
  CHECK(begun.seen.find("\"alive\"") != std::string::npos);
  Client late(port);
  settle();
  late.read();
  CHECK(late.reset);
}
