// The server at its memory limit: what does not fit is rejected before any work, and everything is returned.
#include "server/http/socket/socket_buffers.h"
#include "tests/unit/http/server_fixture.h"

namespace plenum::tests {

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

struct LimitedMemory : ServerFixture {
  explicit LimitedMemory(
      const std::shared_ptr<runtime::MemoryBudget>& budget = std::make_shared<runtime::MemoryBudget>(32 * mebibyte))
      : ServerFixture(options(budget)), memory(*budget) {}
  static HttpServerOptions options(const std::shared_ptr<runtime::MemoryBudget>& budget) {
    HttpServerOptions limited;
    limited.memory = budget;
    limited.connections_per_address_max = 3;
    return limited;
  }
  std::size_t used(runtime::MemoryKind kind) { return memory.used(kind); }
  static std::string head_of(std::size_t body_bytes) {
    return "POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body_bytes) + "\r\n\r\n";
  }
  // A finished task whose answer has so many bytes.
  std::string finished_task(std::size_t bytes) {
    const auto id = begin_task();
    models.newest().answer(std::string(bytes, 'x'));
    end_tasks();
    return id;
  }
  runtime::MemoryBudget& memory;
};

}  // namespace

TEST_CASE_FIXTURE(LimitedMemory, "a body is charged at its head, and the one that does not fit is rejected unsent") {
  Client first(port), second(port);
  send(first, head_of(3 * mebibyte));
  CHECK(until([&] { return used(runtime::MemoryKind::bodies) == 3 * mebibyte; }));
  send(second, head_of(3 * mebibyte));  // an eighth of the limit is for bodies
  CHECK(sees(second, "HTTP/1.1 503 "));
  CHECK(sees(second, "Retry-After: 1\r\n"));
  CHECK(sees(second, "memory limit"));
  first.close_now();
  CHECK(until([&] { return used(runtime::MemoryKind::bodies) == 0; }));
}

TEST_CASE_FIXTURE(LimitedMemory, "a chunked body is charged as it grows") {
  Client client(port);
  send(client,
       "POST /api/stream/task HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
       "Transfer-Encoding: chunked\r\n\r\n100000\r\n");
  send(client, std::string(mebibyte / 2, ' '));
  CHECK(until([&] { return used(runtime::MemoryKind::bodies) == mebibyte / 2; }));
  client.close_now();
  CHECK(until([&] { return used(runtime::MemoryKind::bodies) == 0; }));
}

TEST_CASE_FIXTURE(LimitedMemory, "small requests are served when no memory is left") {
  memory.add(runtime::MemoryKind::tasks, 40 * mebibyte);
  CHECK(get("/livez").starts_with("HTTP/1.1 200 "));
  CHECK(get("/status").starts_with("HTTP/1.1 200 "));
  CHECK(request(post_bytes("/api/stream/cancel/00000000-0000-4000-8000-000000000000", "{}"))
            .starts_with("HTTP/1.1 404 "));
  CHECK(request(post_bytes("/api/stream/task", "{\"task\":\"" + std::string(10'000, 'x') + "\"}"))
            .starts_with("HTTP/1.1 503 "));
}

TEST_CASE_FIXTURE(LimitedMemory, "clients that do not read share one result, and it is freed with the last of them") {
  const auto id = finished_task(mebibyte);
  Client slow(port, 4096), other(port, 4096);
  for (Client* client : {&slow, &other}) {
    send(*client, "GET /api/stream/result/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(sees(*client, "HTTP/1.1 200 "));
  }
  const std::size_t held = used(runtime::MemoryKind::renders);
  CHECK(held >= mebibyte);
  CHECK(held < 3 * mebibyte);
  CHECK(used(runtime::MemoryKind::sockets) == 2 * full_socket_bytes);
  slow.close_now();
  other.close_now();
  CHECK(until([&] { return used(runtime::MemoryKind::renders) == 0; }));
  CHECK(used(runtime::MemoryKind::sockets) == 0);
  CHECK(memory.used() <= 2 * mebibyte);
}

TEST_CASE_FIXTURE(LimitedMemory, "a result that does not fit is rejected with 503, and the task keeps it") {
  const auto id = finished_task(mebibyte);
  memory.add(runtime::MemoryKind::renders, 11 * mebibyte);
  const auto rejected = get("/api/stream/result/" + id);
  CHECK(rejected.starts_with("HTTP/1.1 503 "));
  CHECK(rejected.find("Retry-After") != std::string::npos);
  memory.remove(runtime::MemoryKind::renders, 11 * mebibyte);
  CHECK(get("/api/stream/result/" + id).starts_with("HTTP/1.1 200 "));
}

TEST_CASE_FIXTURE(LimitedMemory,
                  "subscribers that start with a snapshot share it, and one that does not fit gets 503") {
  const auto id = finished_task(mebibyte);
  const std::string subscribe = "GET /api/stream/events/" + id + "?from=snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n";
  Client slow(port, 4096), other(port, 4096);
  send(slow, subscribe);
  send(other, subscribe);
  CHECK(sees(slow, "HTTP/1.1 200 "));
  CHECK(sees(other, "HTTP/1.1 200 "));
  CHECK(used(runtime::MemoryKind::renders) < 3 * mebibyte);
  slow.close_now();
  other.close_now();
  CHECK(until([&] { return used(runtime::MemoryKind::renders) == 0; }));
  memory.add(runtime::MemoryKind::renders, 11 * mebibyte);
  Client third(port);
  send(third, subscribe);
  CHECK(sees(third, "HTTP/1.1 503 "));
}

TEST_CASE_FIXTURE(LimitedMemory, "a page of a finished stream is read from the log while it is sent") {
  const auto id = finished_task(mebibyte);
  const std::string accept = "Accept: application/x-ndjson\r\n";
  const auto whole = get("/api/stream/events/" + id, accept);
  CHECK(whole.starts_with("HTTP/1.1 200 "));
  const auto body = whole.substr(whole.find("\r\n\r\n") + 4);
  CHECK(body.size() > mebibyte);
  CHECK(whole.find("Content-Length: " + std::to_string(body.size()) + "\r\n") != std::string::npos);
  CHECK(body.find("\n{\"type\":\"page_end\",\"next\":\"") != std::string::npos);
  Client slow(port, 4096);
  send(slow, "GET /api/stream/events/" + id + " HTTP/1.1\r\nHost: localhost\r\n" + accept + "\r\n");
  CHECK(sees(slow, "HTTP/1.1 200 "));
  CHECK(used(runtime::MemoryKind::requests) == 0);
  CHECK(used(runtime::MemoryKind::responses) < 100'000);
}

TEST_CASE_FIXTURE(LimitedMemory, "event streams count as connections of their address") {
  const auto id = begin_task();
  const std::string subscribe = "GET /api/stream/events/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  Client first(port), second(port), third(port);
  for (Client* client : {&first, &second, &third}) {
    send(*client, subscribe);
    CHECK(sees(*client, "stream_open"));
  }
  Client fourth(port);
  CHECK(ends(fourth));
  CHECK(fourth.seen.starts_with("HTTP/1.1 429 "));
  first.close_now();
  CHECK(until([&] {
    Client again(port);
    send(again, livez);
    return sees(again, "HTTP/1.1 ") && again.seen.starts_with("HTTP/1.1 200 ");
  }));
}

TEST_CASE_FIXTURE(LimitedMemory, "a subscriber that reads nothing is disconnected on a quiet stream as well") {
  broadcaster.start();
  const auto id = begin_task();
  models.newest().text(std::string(40'000, 'x'));  // more than its receive buffer, less than the buffer of the kernel
  Client stuck(port, 2048);
  send(stuck, "GET /api/stream/events/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(until([&] { return server.stats().subscribers == 1 || (pass(milliseconds(500)), false); }));
  for (int i = 0; i < 70; ++i) pass(milliseconds(500));
  CHECK(until([&] { return server.stats().subscribers == 0 || (pass(milliseconds(500)), false); }));
  stuck.read();
  CHECK(stuck.gone());
}

}  // namespace plenum::tests
