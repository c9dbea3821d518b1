#include "server/provider/model_lister.h"

#include <atomic>
#include <string>
#include <thread>

#include "server/core/default_models.h"
#include "tests/unit/provider/remote_fixture.h"
#include "tests/unit/provider/tiny_server.h"

using namespace plenum;
using namespace plenum::tests;
using provider::ModelLister;

namespace {

std::string reply(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

config::ProviderConfig table(const std::string& name, core::ProviderKind kind, const std::string& url,
                             std::vector<std::string> defaults = {"new", "old"}) {
  config::ProviderConfig made;
  made.name = name;
  made.kind = kind;
  made.base_url = url;
  made.key_env = "KEY";
  made.default_models = std::move(defaults);
  return made;
}

struct ListerFixture : RemoteFixture {
  ~ListerFixture() { lister.reset(); }
  ModelLister& list(const std::vector<config::ProviderConfig>& tables, provider::ModelListerOptions options = {}) {
    providers(tables, {}, "secret-key-123456");
    options.scrubber = redaction::Scrubber(registry->keys());
    lister = std::make_unique<ModelLister>(loop, *registry, *limits, dns_lookups, std::move(options));
    lister->start();
    return *lister;
  }
  // Runs the loop until the list has ended, with models or with an error.
  std::shared_ptr<const core::ModelList> ended(const std::string& name) {
    REQUIRE(until([&] { return lister->of(name)->known() || lister->of(name)->error; }));
    return lister->of(name);
  }
  std::unique_ptr<ModelLister> lister;
};

}  // namespace

TEST_CASE_FIXTURE(ListerFixture, "a list of models is requested from the base URL with the provider's key") {
  std::string request;
  TinyServer server([&](Connection& connection) {
    request = connection.read_request();
    connection.send(reply(R"({"data":[{"id":"old"}]})"));
  });
  list({table("up", core::ProviderKind::openai, server.url())});
  CHECK(ended("up")->models == std::vector<core::ListedModel>{{"old"}});
  CHECK(request.starts_with("GET /v1/models HTTP/1.1\r\n"));
  CHECK(request.find("Authorization: Bearer secret-key-123456\r\n") != std::string::npos);
  CHECK(core::default_models(*registry->find("up"), lister.get()) == std::vector<std::string>{"old"});
}

TEST_CASE_FIXTURE(ListerFixture, "the pages of Anthropic's list are joined, and their number is bounded") {
  std::atomic<int> pages = 0;
  std::string second;
  TinyServer server([&](Connection& connection) {
    const auto request = connection.read_request();
    const int page = ++pages;
    if (page == 2) second = request;
    const auto id = "claude-" + std::to_string(page);
    connection.send(reply(R"({"data":[{"id":")" + id + R"("}],"has_more":true,"last_id":")" + id + "\"}"));
  });
  provider::ModelListerOptions options;
  options.pages_max = 3;
  list({table("up", core::ProviderKind::anthropic, server.url())}, options);
  const auto listed = ended("up");
  REQUIRE(listed->models.size() == 3);
  CHECK(listed->models[2].id == "claude-3");
  CHECK(second.starts_with("GET /v1/models?limit=1000&after_id=claude-1 HTTP/1.1\r\n"));
  CHECK(second.find("x-api-key: secret-key-123456\r\n") != std::string::npos);
  CHECK(second.find("anthropic-version: 2023-06-01\r\n") != std::string::npos);
}

TEST_CASE_FIXTURE(ListerFixture,
                  "an error of one provider is shown for it alone, without keys, and keeps the earlier list") {
  std::atomic<bool> broken = false;
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.send(broken ? reply(R"({"error":{"message":"bad key secret-key-123456"}})", "401 Unauthorized")
                           : reply(R"({"data":[{"id":"new"}]})"));
  });
  TinyServer other([](Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n");
  });
  list(
      {table("up", core::ProviderKind::openai, server.url()), table("moved", core::ProviderKind::openai, other.url())});
  CHECK(ended("up")->models.size() == 1);
  CHECK_FALSE(ended("up")->error);
  REQUIRE(ended("moved")->error);
  CHECK(ended("moved")->error->message.find("redirects are not followed") != std::string::npos);
  broken = true;
  std::atomic<bool> done = false;
  std::thread caller([&] {
    lister->refresh();
    done = true;
  });
  const bool returned = until([&] { return done.load(); });
  caller.join();
  REQUIRE(returned);
  const auto held = lister->of("up");
  CHECK(held->models.size() == 1);
  CHECK(held->known());
  REQUIRE(held->error);
  CHECK(held->error->code == ErrorCode::authentication);
  CHECK(held->error->message.find("secret-key") == std::string::npos);
}

TEST_CASE_FIXTURE(ListerFixture, "a list that is too slow, too large or no list is an error") {
  TinyServer silent([](Connection& connection) {
    connection.read_request();
    connection.wait_closed(seconds(5));
  });
  TinyServer large([](Connection& connection) {
    connection.read_request();
    connection.send(reply(R"({"data":[)" + std::string(5000, ' ') + "]}"));
  });
  TinyServer page([](Connection& connection) {
    connection.read_request();
    connection.send(reply("<html>"));
  });
  provider::ModelListerOptions options;
  options.list_timeout = milliseconds(300);
  options.page_bytes_max = 1000;
  list({table("silent", core::ProviderKind::openai, silent.url()),
        table("large", core::ProviderKind::openai, large.url()), table("page", core::ProviderKind::openai, page.url())},
       options);
  CHECK(ended("silent")->error->code == ErrorCode::timeout);
  CHECK(ended("large")->error->code == ErrorCode::malformed);
  CHECK(ended("page")->error->message.find("not a list of models") != std::string::npos);
}

TEST_CASE_FIXTURE(ListerFixture, "only lists that a default model depends on are requested at the start") {
  std::atomic<int> requests = 0;
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    ++requests;
    connection.send(reply(R"({"data":[{"id":"llama3.2:latest"},{"id":"qwen3:8b"}]})"));
  });
  list({table("one", core::ProviderKind::openai, server.url(), {"only"}),
        table("local", core::ProviderKind::ollama, server.url(), {})});
  ended("local");
  CHECK(requests == 1);
  CHECK_FALSE(lister->of("one")->known());
  // Ollama needs no configuration: its default is the first model that it has.
  CHECK(core::default_models(*registry->find("local"), lister.get()) == std::vector<std::string>{"llama3.2:latest"});
  lister->settle();  // returns at once
}

TEST_CASE("a default model is the first one that the provider serves") {
  struct Lists final : core::ModelLists {
    std::shared_ptr<const core::ModelList> of(std::string_view) const override {
      return std::make_shared<const core::ModelList>(list);
    }
    bool is_missing(std::string_view, std::string_view model) const override { return model == missing; }
    void settle() const override {}
    void refresh() override {}
    core::ModelList list;
    std::string missing;
  } lists;
  core::ProviderInfo info;
  info.name = "up";
  info.default_models = {"a", "b", "c"};
  using Names = std::vector<std::string>;
  CHECK(core::default_models(info, nullptr) == Names{"a", "b", "c"});
  CHECK(core::default_models(info, &lists) == Names{"a", "b", "c"});  // the list is unknown
  lists.missing = "a";
  CHECK(core::default_models(info, &lists) == Names{"b", "c"});
  lists.missing.clear();
  lists.list.listed_at = WallTime(seconds(1));
  CHECK(core::default_models(info, &lists) == Names{"a", "b", "c"});  // it serves none: the provider's error will tell
  lists.list.models = {{"c"}, {"b-20260101"}, {"abc"}};
  CHECK(core::default_models(info, &lists) == Names{"b", "c"});
  CHECK(lists.list.serves("b"));
  CHECK_FALSE(lists.list.serves("a"));
  info.default_models = {"x"};
  CHECK(core::default_models(info, &lists) == Names{"x"});  // a single default needs no list
  info.kind = core::ProviderKind::ollama;
  info.default_models.clear();
  CHECK(core::default_models(info, &lists) == Names{"c"});
}
