#include "server/provider/protocol/embeddings.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

using namespace plenum;
using namespace plenum::protocol;

namespace {

std::string response(std::string_view numbers) {
  return fmt::format(R"({{"object":"list","data":[{{"index":0,"embedding":{}}}],"model":"m"}})", numbers);
}

std::string failure_of(std::string_view json) {
  const auto vector = read_embedding(json);
  return vector ? "" : vector.error().message;
}

}  // namespace

TEST_CASE("an embedding is requested with model and text, and read with length 1") {
  CHECK(embeddings_request("m", "a \"b\"") == R"({"model":"m","input":"a \"b\""})");
  const auto vector = read_embedding(response("[3, -4, 0]"));
  REQUIRE(vector);
  REQUIRE(vector->size() == 3);
  CHECK(std::abs((*vector)[0] - 0.6F) < 1e-6F);
  CHECK(std::abs((*vector)[1] + 0.8F) < 1e-6F);
}

TEST_CASE("the form of Ollama's own route is read as well") {
  const auto vector = read_embedding(R"({"model":"m","embeddings":[[0,2]]})");
  REQUIRE(vector);
  CHECK(*vector == std::vector<float>{0, 1});
}

TEST_CASE("a response without a usable embedding is an error that names its cause") {
  CHECK(failure_of("<html>") == "the response is not a JSON object");
  CHECK(failure_of("[1]") == "the response is not a JSON object");
  CHECK(failure_of("{}") == "the response contains no embedding");
  CHECK(failure_of(R"({"data":[]})") == "the response contains no embedding");
  CHECK(failure_of(R"({"data":[{"embedding":"AAAA"}]})") == "the response contains no embedding");
  CHECK(failure_of(response("[]")) == "the embedding has 0 numbers");
  CHECK(failure_of(response("[1,\"2\"]")) == "the embedding contains something other than numbers");
  CHECK(failure_of(response("[0,0]")) == "the embedding has no direction");
  CHECK(failure_of(response("[1e300,1]")) == "the embedding contains a number that is too large");
  CHECK(failure_of(R"({"error":{"message":"model \"m\" not found"}})").find("not found") != std::string::npos);
  std::string many = "1";
  for (std::size_t i = 0; i < embedding_dimension_max; ++i) many += ",1";
  CHECK(failure_of(response("[" + many + "]")) ==
        fmt::format("the embedding has {} numbers", embedding_dimension_max + 1));
}

TEST_CASE("only providers that speak OpenAI's protocol have embeddings") {
  using enum core::ProviderKind;
  for (const auto& row : core::provider_kinds) {
    CAPTURE(row.name);
    CHECK(has_embeddings(row.kind) == (row.kind == openai || row.kind == openrouter || row.kind == ollama));
  }
}
