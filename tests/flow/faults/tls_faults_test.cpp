// Certificates that no key may be sent to, and one that shows the refusals to be for their own reasons.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/net/tls_front.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

struct Encrypted {
  explicit Encrypted(Certificate certificate, bool only_tls_1_0 = false)
      : front(upstream.port(), certificate, only_tls_1_0) {
    upstream.always(whole_answer("private"));
  }

  // The terminal event of a task; `known`: the server trusts the authority.
  Json outcome(bool known = true) {
    TempDir dir;
    Settings settings{{"shutdown_grace_ms", "0"}};
    if (known) settings.emplace("ca_file", "\"" + dir.write("ca.pem", TlsFront::authority_pem()) + "\"");
    ServerProcess server({.settings = settings,
                          .tables = provider_table("bench", front.base_url(), "key_env = \"BENCH_KEY\"\n"),
                          .env = {{"BENCH_KEY", "a-key-that-stays-here"}}});
    HttpReply reply =
        post(server.port(), "/api/stream/task", task_body("single", "Say something.", R"("member_deadline_ms":5000)"));
    REQUIRE(reply.status == 202);
    SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
    REQUIRE(reader.read_all(seconds(10)) == StreamEnd::finished);
    CHECK(broken_rule(reader.numbered()) == "");
    return reader.frames().back().json();
  }

  ScriptedUpstream upstream;
  TlsFront front;
};

// `why`: a word of the message, so that each is refused for its own reason.
void refused(Encrypted& world, std::string_view why, bool known = true, std::string_view code = "invalid_request") {
  const Json end = world.outcome(known);
  CHECK(end["type"] == "task_error");
  CHECK(end["error"]["code"] == code);
  CHECK(end["error"]["retryable"] == (code == "transport"));
  const std::string message = end["error"]["message"].get<std::string>();
  CHECK_MESSAGE(message.find(why) != std::string::npos, message);
  CHECK(world.upstream.request_count() == 0);
  if (code == "transport") return;
  CHECK(message.find("failed 3 times") == std::string::npos);
  CHECK(end["error"]["remedy"].get<std::string>().find("ca_file") != std::string::npos);
}

}  // namespace

TEST_CASE("a certificate of a private authority is good where ca_file names it, and only there") {
  Encrypted world(Certificate::good);
  CHECK(world.outcome()["result"]["answer"] == "private");
  CHECK(world.upstream.request_count() == 1);
  Encrypted other(Certificate::good);
  refused(other, "issuer", false);
}

TEST_CASE("a bad certificate is an error that names ca_file, is not retried, and neither request nor key is sent") {
  const std::pair<Certificate, const char*> bad[] = {{Certificate::self_signed, "self-signed"},
                                                     {Certificate::expired, "expired"},
                                                     {Certificate::wrong_host, "subject name"}};
  for (const auto& [certificate, why] : bad) {
    Encrypted world(certificate);
    refused(world, why);
  }
}

TEST_CASE("a provider that speaks no newer encryption than TLS 1.0 is refused") {
  Encrypted world(Certificate::good, true);
  refused(world, "protocol", true, "transport");
}

}  // namespace plenum::tests
