// Reverse proxies with the configurations of docs/examples in front of a real server.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "common/protocol/api_paths.h"
#include "tests/flow/examples/external_program.h"
#include "tests/flow/world.h"

using namespace plenum;
using namespace plenum::tests;

namespace {

// As browsers send them; a proxy must not compress the stream for that.
const Headers browser{{"Accept", "text/event-stream"}, {"Accept-Encoding", "gzip, deflate, br"}};

std::vector<Frame> joined(std::vector<Frame> first, const std::vector<Frame>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// The first word arrives while the model has not written the second, and a broken connection is resumed.
void check_live_stream(World& world, std::uint16_t port) {
  Latch second{"second word"}, third{"third word"};
  const std::string task = "Count to three.";
  world.upstream.on(
      {.prompt_has = task},
      Script::stream().words({"one "}).wait_for(second).words({"two "}).wait_for(third).words({"three"}).finish());
  const std::string id = world.submit("single", task);
  SseReader reader(port, api::with_id(api::events, id), browser);
  CHECK(reader.status() == 200);
  CHECK(reader.header("content-encoding").empty());
  CHECK(read_text(reader, "one "));
  second.open();
  CHECK(read_text(reader, "two "));
  reader.leave();
  Headers resumed = browser;
  resumed.emplace_back("Last-Event-ID", reader.last_id());
  SseReader rest(port, api::with_id(api::events, id), resumed);
  third.open();
  CHECK(rest.read_all(seconds(30)) == StreamEnd::finished);
  CHECK(rest.fault().empty());
  const std::vector<Frame> all = joined(reader.numbered(), rest.numbered());
  CHECK(broken_rule(all) == "");
  CHECK(streamed_text(all) == "one two three");
}

// Heartbeats pass while a model writes nothing.
void check_heartbeats(World& world, std::uint16_t port) {
  Latch word{"first word"};
  const std::string task = "Take your time.";
  world.upstream.on({.prompt_has = task}, Script::stream().wait_for(word).words({"late"}).finish());
  SseReader reader(port, api::with_id(api::events, world.submit("single", task)), browser);
  CHECK(reader.read_event("heartbeat", seconds(10)));
  CHECK(reader.read_event("heartbeat", seconds(10)));
  word.open();
  CHECK(reader.read_all(seconds(30)) == StreamEnd::finished);
}

// The server's own answer arrives, also while the body is still being sent.
void check_large_body(std::uint16_t port) {
  HttpConnection connection(port);
  connection.send(request_text("POST", api::task, task_body("single", std::string(5'000'000, 'a'))));
  const std::optional<HttpReply> reply = connection.read_reply();
  REQUIRE(reply);
  CHECK(reply->status == 413);
  CHECK(reply->json()["code"] == "payload-too-large");
}

void check_chunked_body(World& world, std::uint16_t port) {
  const std::string task = "Sent in chunks.";
  world.upstream.on({.prompt_has = task}, whole_answer("Received."));
  const std::string body = task_body("single", task);
  std::ostringstream request;
  request << "POST " << api::task << " HTTP/1.1\r\nHost: 127.0.0.1:" << port
          << "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
          << "1\r\n{\r\n"
          << std::hex << body.size() - 1 << "\r\n"
          << body.substr(1) << "\r\n0\r\n\r\n";
  HttpConnection connection(port);
  connection.send(request.str());
  const std::optional<HttpReply> reply = connection.read_reply();
  REQUIRE(reply);
  CHECK_MESSAGE(reply->status == 202, reply->body);
}

void check_proxy(World& world, const ProxyProcess& proxy) {
  check_live_stream(world, proxy.port());
  check_heartbeats(world, proxy.port());
  check_large_body(proxy.port());
  check_chunked_body(world, proxy.port());
  CHECK(get(proxy.port(), "/api/workflows").json()["workflows"].size() > 1);
}

const Settings short_heartbeats{{"heartbeat_ms", "500"}};

}  // namespace

TEST_CASE("nginx passes events at once and bodies unchanged") {
  World world(short_heartbeats);
  ProxyProcess nginx("nginx", world.server.port());
  check_proxy(world, nginx);
}

TEST_CASE("HAProxy passes events at once, and its health check finds the server ready") {
  World world(short_heartbeats);
  ProxyProcess haproxy("haproxy", world.server.port());
  check_proxy(world, haproxy);
  // A field of `show stat` is the result of the last health check.
  std::string statistics;
  eventually([&] { return (statistics = haproxy.statistics("show stat")).find(",L7") != std::string::npos; },
             seconds(10));
  CHECK_MESSAGE(statistics.find(",L7OK,200,") != std::string::npos, statistics);
}

TEST_CASE("Caddy passes events at once and compresses JSON only") {
  World world(short_heartbeats);
  ProxyProcess caddy("caddy", world.server.port());
  check_proxy(world, caddy);
  const HttpReply packed = get(caddy.port(), "/api/workflows", {{"Accept-Encoding", "gzip"}});
  CHECK(packed.header("content-encoding") == "gzip");
}

TEST_CASE("Varnish passes events at once and bodies unchanged") {
  World world(short_heartbeats);
  ProxyProcess varnish("varnish", world.server.port());
  check_proxy(world, varnish);
}
