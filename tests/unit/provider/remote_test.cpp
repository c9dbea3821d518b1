// Which provider a call goes to, and how names are found on the way.
#include <string>

#include "tests/unit/provider/remote_fixture.h"
#include "tests/unit/provider/tiny_server.h"

using namespace plenum;
using namespace plenum::tests;
using std::chrono::milliseconds;

namespace {

provider::ProviderSetOptions found_at(std::function<Result<provider::Addresses>(const std::string&)> look_up) {
  provider::ProviderSetOptions options;
  options.resolver.look_up = std::move(look_up);
  return options;
}

config::ProviderConfig named(const std::string& name, const std::string& url, const std::string& key_env = {}) {
  config::ProviderConfig table;
  table.name = name;
  table.kind = "openai";
  table.base_url = url;
  table.key_env = key_env;
  return table;
}

}  // namespace

TEST_CASE_FIXTURE(RemoteFixture, "a name is looked up off the loop and the call goes to the address found") {
  std::string host_line;
  TinyServer server([&](Connection& connection) {
    const auto request = connection.read_request();
    host_line = request.substr(request.find("Host:"), 40);
    connection.send(std::string("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n") + content_line("found") +
                    std::string(stop_line));
  });
  std::thread::id asked_on;
  provider_at("http://model.example:" + std::to_string(server.port()) + "/v1", found_at([&](const std::string&) {
                asked_on = std::this_thread::get_id();
                return provider::Addresses{"127.0.0.1"};
              }));
  Listener listener;
  run_to_end(listener);
  CHECK(listener.text == "found");
  CHECK(host_line.rfind("Host: model.example:", 0) == 0);
  CHECK(asked_on != std::this_thread::get_id());
}

TEST_CASE_FIXTURE(RemoteFixture, "a name that is not found ends the call with the reason") {
  provider_at("https://nowhere.example/v1", found_at([](const std::string&) -> Result<provider::Addresses> {
                return Failure(Error{ErrorCode::transport, "the name nowhere.example was not found"});
              }));
  for (int i = 0; i < 2; ++i) {  // asked, then remembered
    Listener listener;
    run_to_end(listener);
    CHECK(listener.error() == ErrorCode::transport);
    CHECK(listener.message() == "up: the name nowhere.example was not found");
  }
}

TEST_CASE_FIXTURE(RemoteFixture, "a name server that does not answer ends the call in time and blocks nobody") {
  std::mutex stuck;
  stuck.lock();
  auto options = found_at([&](const std::string&) {
    std::lock_guard wait(stuck);
    return provider::Addresses{"127.0.0.1"};
  });
  up.connect_timeout_ms = 30;
  provider_at("https://slow.example/v1", options);
  Listener gone, waiting;
  auto left = start(gone);
  run_to_end(waiting);
  CHECK(waiting.error() == ErrorCode::timeout);
  left.reset();  // while its name is still being looked up
  stuck.unlock();
  for (int i = 0; i < 20; ++i) loop.run_once(milliseconds(1));
  set.reset();
}

TEST_CASE_FIXTURE(RemoteFixture, "an unknown provider and one without its key end the call with a remedy") {
  providers({named("keyed", "https://h.example/v1", "MISSING_KEY")});
  Listener unknown, keyless;
  const auto one = start(unknown, "nobody");
  const auto two = start(keyless, "keyed");
  CHECK_FALSE(unknown.over);
  REQUIRE(until([&] { return unknown.over && keyless.over; }));
  CHECK(unknown.error() == ErrorCode::invalid_request);
  CHECK(keyless.error() == ErrorCode::authentication);
  CHECK(keyless.end.error->remedy == "Set MISSING_KEY.");
}

TEST_CASE_FIXTURE(RemoteFixture, "a refused key names the variable to check") {
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
