// Selection of the provider, and DNS lookups.
#include <string>

#include "tests/unit/provider/remote_fixture.h"
#include "tests/unit/provider/tiny_server.h"

using namespace plenum;
using namespace plenum::tests;
using std::chrono::milliseconds;

namespace {

provider::ProviderSetOptions resolved_by(provider::DnsLookupPool::ResolveFn resolve) {
  provider::ProviderSetOptions options;
  options.dns_cache.resolve = std::move(resolve);
  return options;
}

config::ProviderConfig named(const std::string& name, const std::string& url, const std::string& key_env = {}) {
  config::ProviderConfig table;
  table.name = name;
  table.kind = core::ProviderKind::openai;
  table.base_url = url;
  table.key_env = key_env;
  return table;
}

}  // namespace

TEST_CASE_FIXTURE(RemoteFixture, "DNS lookups run off the loop, and the call uses the resolved address") {
  std::string host_line;
  TinyServer server([&](Connection& connection) {
    const auto request = connection.read_request();
    host_line = request.substr(request.find("Host:"), 40);
    connection.send(std::string("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n") + content_line("found") +
                    std::string(stop_line));
  });
  std::thread::id lookup_thread;
  provider_at("http://model.example:" + std::to_string(server.port()) + "/v1", resolved_by([&](const std::string&) {
                lookup_thread = std::this_thread::get_id();
                return provider::Addresses{"127.0.0.1"};
              }));
  Listener listener;
  run_to_end(listener);
  CHECK(listener.text == "found");
  CHECK(host_line.rfind("Host: model.example:", 0) == 0);
  CHECK(lookup_thread != std::this_thread::get_id());
}

TEST_CASE_FIXTURE(RemoteFixture, "a failed DNS lookup ends the call with its error") {
  provider_at("https://nowhere.example/v1", resolved_by([](const std::string&) -> Result<provider::Addresses> {
                return Failure(Error{ErrorCode::transport, "DNS lookup of nowhere.example failed"});
              }));
  for (int i = 0; i < 2; ++i) {  // looked up, then cached
    Listener listener;
    run_to_end(listener);
    CHECK(listener.error() == ErrorCode::transport);
    CHECK(listener.message() == "up: DNS lookup of nowhere.example failed");
  }
}

TEST_CASE_FIXTURE(RemoteFixture,
                  "an unresponsive name server ends the call with a timeout and does not block the loop") {
  std::mutex stuck;
  stuck.lock();
  auto options = resolved_by([&](const std::string&) {
    std::lock_guard wait(stuck);
    return provider::Addresses{"127.0.0.1"};
  });
  up.connect_timeout = milliseconds(30);
  provider_at("https://slow.example/v1", options);
  Listener dropped, waiting;
  auto call = start(dropped);
  run_to_end(waiting);
  CHECK(waiting.error() == ErrorCode::timeout);
  call.reset();  // during its DNS lookup
  stuck.unlock();
  for (int i = 0; i < 20; ++i) loop.run_once(milliseconds(1));
  set.reset();
}

TEST_CASE_FIXTURE(RemoteFixture, "an unknown provider and a missing key end the call with an error") {
  providers({named("keyed", "https://h.example/v1", "MISSING_KEY")});
  Listener unknown, keyless;
  const auto one = start(unknown, "unknown");
  const auto two = start(keyless, "keyed");
  CHECK_FALSE(unknown.ended);
  REQUIRE(until([&] { return unknown.ended && keyless.ended; }));
  CHECK(unknown.error() == ErrorCode::invalid_request);
  CHECK(keyless.error() == ErrorCode::authentication);
  CHECK(keyless.end.error->remedy == "Set MISSING_KEY.");
}

TEST_CASE_FIXTURE(RemoteFixture, "a rejected key is an error that names the variable to check") {
  TinyServer server([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
  });
  provider_at(server.url(), {}, "wrong");
  Listener listener;
  run_to_end(listener);
  CHECK(listener.error() == ErrorCode::authentication);
  CHECK(std::string(listener.end.error->advice()).find("Check the key in KEY") == 0);
}
