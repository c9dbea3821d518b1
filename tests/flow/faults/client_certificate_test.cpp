// Providers that require a client certificate (mTLS), and whose authorities the environment names.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/net/tls_front.h"

namespace plenum::tests {

namespace {

std::string line(const std::string& key, const std::string& value) { return key + " = \"" + value + "\"\n"; }

struct Protected {
  Protected() : front(upstream.port(), Certificate::good), authority(dir.write("ca.pem", TlsFront::authority_pem())) {
    upstream.always(whole_answer("private"));
    front.requires_client();
  }

  // The frames of a task; `keys`: of the provider's table.
  std::string frames(const std::string& keys, std::map<std::string, std::string> env = {}) {
    ServerProcess server({.settings = {{"shutdown_grace_ms", "0"}},
                          .tables = provider_table("bench", front.base_url(), "retries_max = 0\n" + keys),
                          .env = std::move(env)});
    HttpReply reply = post(server.port(), "/api/stream/task", task_body("single", "Say something."));
    REQUIRE(reply.status == 202);
    SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
    REQUIRE(reader.read_all(seconds(20)) == StreamEnd::finished);
    std::string all;
    for (const Frame& frame : reader.frames()) all += frame.data + "\n";
    return all;
  }

  TempDir dir;
  ScriptedUpstream upstream;
  TlsFront front;
  const std::string authority;
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// What `plenumd --check` writes about this provider table; empty: it is valid.
std::string check_of(const TempDir& dir, const std::string& keys) {
  const std::string file = dir.write("plenum.toml", provider_table("bench", "https://models.example.test/v1", keys));
  const Finished run = run_to_end({.program = PLENUMD_PATH,
                                   .args = {"--config", file, "--store", "memory", "--check"},
                                   .env = {},
                                   .stdin_text = {}},
                                  seconds(20));
  return run.exit_code == 0 ? "" : run.err;
}

}  // namespace

TEST_CASE("a provider that requires a client certificate gets that of client_cert, in one file or in two") {
  Protected world;
  const ClientIdentity client = TlsFront::client_identity();
  const std::string ca = line("ca_file", world.authority);
  const std::string separate = line("client_cert", world.dir.write("cert.pem", client.certificate)) +
                               line("client_key", world.dir.write("key.pem", client.key));
  CHECK(contains(world.frames(ca + separate), R"("answer":"private")"));
  const std::string joined = line("client_cert", world.dir.write("both.pem", client.certificate + client.key));
  CHECK(contains(world.frames(ca + joined), R"("answer":"private")"));
  CHECK(world.upstream.request_count() == 2);
}

TEST_CASE("a missing or rejected client certificate is named with the keys to set, and no request is sent") {
  Protected world;
  const std::string ca = line("ca_file", world.authority);
  const std::string without = world.frames(ca);
  CHECK_MESSAGE(contains(without, "the provider requires a client certificate"), without);
  CHECK(contains(without, "Set client_cert and client_key of this provider"));
  const ClientIdentity stranger = TlsFront::client_identity(true);
  const std::string rejected =
      world.frames(ca + line("client_cert", world.dir.write("both.pem", stranger.certificate + stranger.key)));
  CHECK_MESSAGE(contains(rejected, "the provider rejected the client certificate"), rejected);
  CHECK(world.upstream.request_count() == 0);
}

TEST_CASE("SSL_CERT_FILE names authorities, also beside ca_file") {
  ScriptedUpstream upstream;
  upstream.always(whole_answer("trusted"));
  TlsFront front(upstream.port(), Certificate::good);
  TempDir dir;
  const std::string authority = dir.write("ca.pem", TlsFront::authority_pem());
  const std::string other = dir.write("other.pem", TlsFront::client_identity(true).certificate);
  struct Case {
    std::string keys;
    std::map<std::string, std::string> env;
    bool trusted;
  };
  const Case cases[] = {{"", {{"SSL_CERT_FILE", authority}}, true},
                        {line("ca_file", other), {{"SSL_CERT_FILE", authority}}, true},
                        {line("ca_file", authority), {{"SSL_CERT_FILE", other}}, true},
                        {"", {{"SSL_CERT_FILE", other}}, false},
                        {line("ca_file", authority), {{"SSL_CERT_FILE", "/no/such/file"}}, true}};
  for (const Case& one : cases) {
    ServerProcess server({.settings = {{"shutdown_grace_ms", "0"}},
                          .tables = provider_table("bench", front.base_url(), "retries_max = 0\n" + one.keys),
                          .env = one.env});
    HttpReply reply = post(server.port(), "/api/stream/task", task_body("single", "Say something."));
    SseReader reader(server.port(), "/api/stream/events/" + reply.json()["stream_id"].get<std::string>());
    REQUIRE(reader.read_all(seconds(20)) == StreamEnd::finished);
    CHECK((reader.frames().back().json()["type"] == "task_completed") == one.trusted);
  }
}

TEST_CASE("unusable certificate files prevent the start, with their cause and the remedy") {
  TempDir dir;
  const ClientIdentity client = TlsFront::client_identity(), other = TlsFront::client_identity();
  const std::string cert = line("client_cert", dir.write("cert.pem", client.certificate));
  const std::string key = line("client_key", dir.write("key.pem", client.key));
  const std::string encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
  CHECK(check_of(dir, cert + key) == "");
  const std::pair<std::string, const char*> cases[] = {
      {line("client_cert", "/no/such/file") + key, "client_cert: /no/such/file cannot be read"},
      {line("client_cert", dir.write("empty.pem", "")) + key, "contains no PEM certificate"},
      {cert, "contains no PEM private key"},
      {cert + line("client_key", "/no/such/key"), "client_key: /no/such/key cannot be read"},
      {cert + line("client_key", dir.write("other.pem", other.key)), "is not the private key of"},
      {key, "client_key is set without client_cert"},
      {line("ca_file", "/no/such/ca"), "ca_file: /no/such/ca cannot be read"}};
  for (const auto& [keys, why] : cases) {
    const std::string error = check_of(dir, keys);
    CHECK_MESSAGE(contains(error, why), error);
    CHECK_MESSAGE(contains(error, "[providers.bench]"), error);
  }
  // The text of a damaged key is not repeated.
  const std::string damaged = check_of(dir, cert + line("client_key", dir.write("damaged.pem", encrypted)));
  CHECK_MESSAGE(contains(damaged, "client_key: "), damaged);
  CHECK_FALSE(contains(damaged, "MIIB"));
}

}  // namespace plenum::tests
