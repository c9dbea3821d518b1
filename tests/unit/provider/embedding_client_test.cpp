#include "server/provider/embedding_client.h"

#include <atomic>
#include <string>

#include "tests/unit/provider/remote_fixture.h"
#include "tests/unit/provider/tiny_server.h"

using namespace plenum;
using namespace plenum::tests;
using std::chrono::milliseconds;

namespace {

class Vectors final : public core::EmbeddingListener {
 public:
  void on_embedding(Result<std::vector<float>> vector) override {
    ++calls;
    result = std::move(vector);
  }
  int calls = 0;
  Result<std::vector<float>> result = std::vector<float>();
};

provider::ProviderSetOptions with_embeddings(milliseconds timeout = seconds(10)) {
  provider::ProviderSetOptions options;
  options.embeddings.provider = "up";
  options.embeddings.model = "embed-1";
  options.embeddings.timeout = timeout;
  return options;
}

std::string http(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr const char* an_embedding = R"({"data":[{"embedding":[0,1]}]})";

struct EmbeddingFixture : RemoteFixture {
  // Null if no call is made.
  std::unique_ptr<core::EmbeddingCall> embed(const std::string& text = "a text") {
    return set->embedder()->embed(text, vectors);
  }
  void run() {
    const auto call = embed();
    REQUIRE(call);
    const int before = vectors.calls;
    REQUIRE(until([&] { return vectors.calls > before; }));
  }
  Vectors vectors;
};

}  // namespace

TEST_CASE_FIXTURE(EmbeddingFixture, "an embedding is requested with the provider's key, and returned later") {
  std::string request;
  TinyServer server([&](Connection& connection) {
    request = connection.read_request();
    connection.send(http(200, an_embedding));
  });
  provider_at(server.url(), with_embeddings(), "key-7Q2mZ9xW");
  const auto call = embed("Which?");
  REQUIRE(call);
  CHECK(vectors.calls == 0);
  REQUIRE(until([&] { return vectors.calls == 1; }));
  REQUIRE(vectors.result);
  CHECK(*vectors.result == std::vector<float>{0, 1});
  CHECK(request.find("POST /v1/embeddings HTTP/1.1") == 0);
  CHECK(request.find("Authorization: Bearer key-7Q2mZ9xW") != std::string::npos);
  CHECK(request.find(R"({"model":"embed-1","input":"Which?"})") != std::string::npos);
}

TEST_CASE_FIXTURE(EmbeddingFixture, "after a failure no call is made until the cooldown is over") {
  std::atomic<int> requests{0};
  TinyServer server([&](Connection& connection) {
    if (connection.read_request().empty()) return;
    connection.send(++requests == 1 ? http(503, "{}") : http(200, an_embedding));
  });
  provider_at(server.url(), with_embeddings());
  run();
  CHECK_FALSE(vectors.result);
  CHECK(embed() == nullptr);
  clock.skip(seconds(29));
  CHECK(embed() == nullptr);
  clock.skip(seconds(2));
  run();
  CHECK(vectors.result);
  CHECK(requests == 2);
}

TEST_CASE_FIXTURE(EmbeddingFixture, "a rejected text does not stop the embeddings of other texts") {
  TinyServer server([&](Connection& connection) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    connection.send(request.find("too long") != std::string::npos ? http(400, R"({"error":{"message":"too long"}})")
                                                                  : http(200, an_embedding));
  });
  provider_at(server.url(), with_embeddings());
  const auto call = embed("too long");
  REQUIRE(until([&] { return vectors.calls == 1; }));
  CHECK_FALSE(vectors.result);
  run();
  CHECK(vectors.result);
}

TEST_CASE_FIXTURE(EmbeddingFixture, "a server that does not answer ends the call after its timeout") {
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.wait_closed(seconds(20));
  });
  provider_at(server.url(), with_embeddings(milliseconds(50)));
  run();
  REQUIRE_FALSE(vectors.result);
  CHECK(vectors.result.error().code == ErrorCode::timeout);
}

TEST_CASE_FIXTURE(EmbeddingFixture, "a response that is too large, broken or no embedding is an error") {
  std::string body;
  TinyServer server([&](Connection& connection) {
    if (!connection.read_request().empty()) connection.send(http(200, body));
  });
  for (const std::string& text : {std::string("{\"data\":"), std::string("[]"), std::string(2 * 1024 * 1024, ' ')}) {
    body = text;
    provider_at(server.url(), with_embeddings());
    run();
    CHECK_FALSE(vectors.result);
  }
}

TEST_CASE_FIXTURE(EmbeddingFixture, "a call that is destroyed reports nothing, and frees its place") {
  TinyServer server([&](Connection& connection) {
    connection.read_request();
    connection.wait_closed(seconds(20));
  });
  auto options = with_embeddings();
  options.embeddings.calls_max = 1;
  provider_at(server.url(), options);
  auto call = embed();
  REQUIRE(call);
  CHECK(embed() == nullptr);
  loop.run_once(milliseconds(10));
  call.reset();
  CHECK(embed() != nullptr);
  CHECK(vectors.calls == 0);
}

TEST_CASE_FIXTURE(EmbeddingFixture, "without a provider of embeddings there is no embedder") {
  provider_at("http://127.0.0.1:1/v1");
  CHECK(set->embedder() == nullptr);
}

TEST_CASE_FIXTURE(EmbeddingFixture, "a provider that cannot compute embeddings is rejected with the reason") {
  provider_at("http://127.0.0.1:1/v1");
  const auto failure = [&](const std::string& name, const std::string& model) {
    provider::EmbeddingOptions options;
    options.provider = name;
    options.model = model;
    const auto checked = check_embeddings(*registry, options);
    return checked ? "" : checked.error().message;
  };
  CHECK(failure("", "") == "");
  CHECK(failure("up", "embed-1") == "");
  CHECK(failure("up", "") == "semantic_cache_provider: semantic_cache_model is not set");
  CHECK(failure("down", "embed-1") == "semantic_cache_provider: there is no provider \"down\"");
  config::ProviderConfig claude = up;
  claude.kind = core::ProviderKind::anthropic;
  providers({claude});
  CHECK(failure("up", "embed-1") == "semantic_cache_provider: up is of kind anthropic, which has no embeddings here");
  up.key_env = "KEY";
  providers({up});
  CHECK(failure("up", "embed-1") == "semantic_cache_provider: up has no key");
}
