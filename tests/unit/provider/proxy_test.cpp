// Outbound proxies: their URLs, the rules that select one, and the errors that they cause.
#include "server/provider/transport/proxy.h"

#include <map>
#include <string>

#include "server/provider/transport/proxy_rules.h"
#include "tests/unit/provider/remote_fixture.h"
#include "tests/unit/provider/tiny_server.h"

using namespace plenum;
using namespace plenum::provider;
using namespace plenum::tests;

namespace {

std::string shown(std::string_view text) {
  const auto proxy = parse_proxy(text, "HTTPS_PROXY");
  if (!proxy) return "invalid";
  return (*proxy)->url() + " " + std::string((*proxy)->user.reveal()) + " " + std::string((*proxy)->password.reveal());
}

using Variables = std::map<std::string, std::string>;

// The URL of the proxy for a base URL; empty: none.
std::string selected(const Variables& variables, std::string_view base_url, const std::string& setting = {},
                     const std::vector<std::string>& exceptions = {}) {
  const auto rules = ProxyRules::from(setting, exceptions, [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
  REQUIRE_MESSAGE(rules, rules.error().message);
  const auto base = parse_base_url(base_url);
  REQUIRE(base);
  const auto proxy = rules->proxy_for(*base);
  return proxy ? proxy->url() + " " + proxy->source : "";
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("a proxy is a host, a host and port, or a URL with credentials") {
  CHECK(shown("proxy.test:3128") == "http://proxy.test:3128  ");
  CHECK(shown("proxy.test") == "http://proxy.test:80  ");
  CHECK(shown(" HTTP://Proxy.Test:3128/ ") == "http://proxy.test:3128  ");
  CHECK(shown("https://proxy.test") == "https://proxy.test:443  ");
  CHECK(shown("socks5://proxy.test") == "socks5h://proxy.test:1080  ");
  CHECK(shown("socks4://proxy.test") == "socks4a://proxy.test:1080  ");
  CHECK(shown("http://[::1]:3128") == "http://[::1]:3128  ");
  CHECK(shown("http://user:pass@proxy.test:1") == "http://proxy.test:1 user pass");
  CHECK(shown("http://user@proxy.test:1") == "http://proxy.test:1 user ");
  CHECK(shown("http://a%40b:p%3A%2F%25@proxy.test:1") == "http://proxy.test:1 a@b p:/%");
  CHECK(shown("http://user:p@ss@proxy.test:1") == "http://proxy.test:1 user p@ss");
}

TEST_CASE("an invalid proxy is rejected without a repetition of its text") {
  for (const char* text : {"", "ftp://h:1", "http://", "http://h:0", "http://h:65536", "http://h:x", "http://h/path",
                           "http://h:1?q", "http://:secret-word@h:1", "http://u:secret%0Aword@h:1",
                           "http://u:secret%zz@h:1", "http://u:secret-word@", "http://u:secret-word@a b"}) {
    CAPTURE(text);
    const auto proxy = parse_proxy(text, "HTTPS_PROXY");
    REQUIRE_FALSE(proxy);
    CHECK(proxy.error().code == ErrorCode::config_invalid);
    CHECK(contains(proxy.error().message, "HTTPS_PROXY: "));
    CHECK_FALSE(contains(proxy.error().message, "secret"));
    CHECK_FALSE(contains(proxy.error().remedy, "secret"));
  }
}

TEST_CASE("the URL of a proxy and its errors never contain the credentials, which are redacted elsewhere") {
  const auto proxy = *parse_proxy("http://operator:a-long-secret-word@h:1", "ALL_PROXY");
  const Error errors[] = {proxy_error(proxy.get(), {ErrorCode::transport, "connection refused"}),
                          proxy_authentication_error(*proxy), proxy_refusal(*proxy, "api.test:443", 403),
                          proxy_refusal(*proxy, "api.test:443", 502)};
  for (const Error& error : errors) {
    CHECK(contains(error.message, "proxy http://h:1"));
    CHECK(contains(error.remedy, "ALL_PROXY"));
    CHECK_FALSE(contains(error.message + error.remedy, "secret"));
  }
  std::vector<std::string_view> forms;
  for (const auto& form : proxy->redactions) forms.push_back(form.reveal());
  const redaction::Scrubber scrubber(forms);
  for (std::string text : {"x http://operator:a-long-secret-word@h:1", "Basic b3BlcmF0b3I6YS1sb25nLXNlY3JldC13b3Jk",
                           "a-long-secret-word", "operator%3Aa-long-secret-word"}) {
    CHECK(scrubber.scrub(text));
    CHECK_FALSE(contains(text, "secret"));
    CHECK_FALSE(contains(text, "LXNlY3JldC13"));
  }
}

TEST_CASE("a short password is redacted with its user only, because it may be a common word") {
  const auto proxy = *parse_proxy("http://operator:password@h:1", "ALL_PROXY");
  std::vector<std::string_view> forms;
  for (const auto& form : proxy->redactions) forms.push_back(form.reveal());
  const redaction::Scrubber scrubber(forms);
  std::string word = "the password of the operator", pair = "operator:password";
  CHECK_FALSE(scrubber.scrub(word));
  CHECK(scrubber.scrub(pair));
}

TEST_CASE("rejections of a proxy are not retried, and its failures to reach the provider are") {
  const auto proxy = *parse_proxy("h:1", "ALL_PROXY");
  for (const int status : {400, 401, 403, 404, 405, 407}) {
    CHECK(proxy_refusal(*proxy, "api.test:443", status).code == ErrorCode::invalid_request);
  }
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    CHECK(proxy_refusal(*proxy, "api.test:443", status).code == ErrorCode::transport);
  }
  CHECK(proxy_refusal(*proxy, "api.test:443", 403).message ==
        "proxy http://h:1 refused CONNECT to api.test:443 with 403");
  CHECK(contains(proxy_refusal(*proxy, "api.test:443", 407).message, "requires a user and password (407)"));
}

TEST_CASE("lower case precedes upper case, and the variable of a scheme precedes ALL_PROXY") {
  const Variables all = {{"http_proxy", "a:1"},  {"HTTP_PROXY", "b:1"}, {"https_proxy", "c:1"},
                         {"HTTPS_PROXY", "d:1"}, {"all_proxy", "e:1"},  {"ALL_PROXY", "f:1"}};
  const auto without = [&all](std::initializer_list<const char*> names) {
    Variables left = all;
    for (const char* name : names) left.erase(name);
    return left;
  };
  CHECK(selected(all, "http://api.test") == "http://a:1 http_proxy");
  CHECK(selected(all, "https://api.test") == "http://c:1 https_proxy");
  CHECK(selected(without({"http_proxy", "https_proxy"}), "http://api.test") == "http://b:1 HTTP_PROXY");
  CHECK(selected(without({"http_proxy", "https_proxy"}), "https://api.test") == "http://d:1 HTTPS_PROXY");
  const auto general = without({"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"});
  CHECK(selected(general, "http://api.test") == "http://e:1 all_proxy");
  CHECK(selected({{"ALL_PROXY", "f:1"}, {"all_proxy", " "}}, "https://api.test") == "http://f:1 ALL_PROXY");
  CHECK(selected({}, "https://api.test") == "");
}

TEST_CASE("HTTP_PROXY in upper case is ignored in a CGI environment, where it is a request header") {
  CHECK(selected({{"HTTP_PROXY", "b:1"}, {"REQUEST_METHOD", "GET"}}, "http://api.test") == "");
  CHECK(selected({{"HTTPS_PROXY", "d:1"}, {"REQUEST_METHOD", "GET"}}, "https://api.test") == "http://d:1 HTTPS_PROXY");
}

TEST_CASE("the setting precedes the environment, none disables it, and loopback addresses are direct") {
  const Variables environment = {{"HTTPS_PROXY", "d:1"}, {"HTTP_PROXY", "b:1"}, {"NO_PROXY", "direct.test"}};
  CHECK(selected(environment, "https://api.test", "s:2") == "http://s:2 the setting proxy");
  CHECK(selected(environment, "https://api.test", "none") == "");
  CHECK(selected(environment, "https://direct.test", "s:2") == "");
  CHECK(selected(environment, "https://direct.test", "s:2", {"other.test"}) == "http://s:2 the setting proxy");
  CHECK(selected(environment, "https://direct.test") == "");
  for (const char* loopback :
       {"http://127.0.0.1:11434/v1", "http://localhost:1", "https://127.8.9.1", "http://[::1]:1"}) {
    CHECK(selected(environment, loopback) == "");
    CHECK(selected(environment, loopback, "s:2") == "");
  }
}

TEST_CASE("a list of exceptions has names with subdomains, addresses, blocks and ports") {
  const auto exempt = [](const std::vector<std::string>& list, std::string_view host, std::uint16_t port = 443) {
    return is_exempt(list, host, port);
  };
  CHECK(exempt({"*"}, "any.test"));
  CHECK_FALSE(exempt({}, "any.test"));
  for (const char* entry : {"example.test", ".example.test", "*.example.test", "EXAMPLE.test", "example.test."}) {
    CAPTURE(entry);
    CHECK(exempt({entry}, "example.test"));
    CHECK(exempt({entry}, "api.example.test"));
    CHECK(exempt({entry}, "example.test."));
    CHECK_FALSE(exempt({entry}, "notexample.test"));
    CHECK_FALSE(exempt({entry}, "example.test.evil.test"));
    CHECK_FALSE(exempt({entry}, "test"));
  }
  CHECK(exempt({"a.test", "b.test"}, "b.test"));
  CHECK(exempt({"a.test:8443"}, "a.test", 8443));
  CHECK_FALSE(exempt({"a.test:8443"}, "a.test", 443));
  CHECK(exempt({"10.1.2.3"}, "10.1.2.3"));
  CHECK_FALSE(exempt({"10.1.2.3"}, "10.1.2.33"));
  CHECK_FALSE(exempt({"2.3"}, "10.1.2.3"));
  CHECK(exempt({"10.1.2.3:8000"}, "10.1.2.3", 8000));
  CHECK(exempt({"10.0.0.0/8"}, "10.255.0.1"));
  CHECK_FALSE(exempt({"10.0.0.0/8"}, "11.0.0.1"));
  CHECK(exempt({"192.168.16.0/20"}, "192.168.31.255"));
  CHECK_FALSE(exempt({"192.168.16.0/20"}, "192.168.32.0"));
  CHECK_FALSE(exempt({"10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/"}, "10.0.0.0"));
  CHECK(exempt({"fd00::/8"}, "fd12::1"));
  CHECK(exempt({"fd12::1"}, "fd12:0::1"));
  CHECK(exempt({"[fd12::1]:443"}, "fd12::1"));
  CHECK_FALSE(exempt({"fd12::1"}, "fd12::2"));
  CHECK_FALSE(exempt({"", ".", ":", ":1", "*."}, "a.test"));
}

TEST_CASE_FIXTURE(RemoteFixture, "the name of a provider behind a proxy is not looked up, and that of the proxy is") {
  std::string request;
  TinyServer server([&request](Connection& connection) {
    request = connection.read_request();
    const std::string body = content_line("through") + std::string(stop_line);
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  std::string looked_up;
  ProviderSetOptions options;
  options.dns_cache.resolve = [&looked_up](const std::string& host) {
    looked_up += host + " ";
    return Result<Addresses>(Addresses{"127.0.0.1"});
  };
  up.proxy = "http://proxy.test:" + std::to_string(server.port());
  provider_at("http://models.test/v1", options);
  Listener listener;
  run_to_end(listener);
  CHECK(listener.end.ok);
  CHECK(looked_up == "proxy.test ");
  CHECK(request.starts_with("POST http://models.test/v1/chat/completions HTTP/1.1\r\nHost: models.test\r\n"));
}

TEST_CASE_FIXTURE(RemoteFixture, "a proxy whose name is not found is named; a provider's error mentions proxies") {
  ProviderSetOptions options;
  options.dns_cache.resolve = [](const std::string& host) -> Result<Addresses> {
    return Failure(Error{ErrorCode::transport, "DNS lookup of " + host + " failed: unknown", std::string(proxy_hint)});
  };
  up.proxy = "proxy.test:3128";
  provider_at("https://models.test/v1", options);
  Listener listener;
  run_to_end(listener);
  CHECK(listener.error() == ErrorCode::transport);
  CHECK(listener.message() == "up: proxy http://proxy.test:3128: DNS lookup of proxy.test failed: unknown");
  CHECK(contains(listener.end.error->remedy, "is set by proxy of [providers.up]"));
  const auto missing = resolve_with_getaddrinfo("no name at all");
  REQUIRE_FALSE(missing);
  CHECK(contains(missing.error().remedy, "set HTTPS_PROXY or the setting proxy"));
}

TEST_CASE_FIXTURE(RemoteFixture, "CONNECT contains neither the provider's key nor any of its headers") {
  std::string request;
  TinyServer server([&request](Connection& connection) {
    request = connection.read_request();
    connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  up.proxy = "http://operator:a-long-secret-word@127.0.0.1:" + std::to_string(server.port());
  provider_at("https://models.test:8443/v1", {}, "the-key-of-the-provider");
  Listener listener;
  run_to_end(listener);
  CHECK(request.starts_with("CONNECT models.test:8443 HTTP/1.1\r\n"));
  CHECK(contains(request, "Proxy-Authorization: Basic b3BlcmF0b3I6YS1sb25nLXNlY3JldC13b3Jk"));
  CHECK_FALSE(contains(request, "the-key-of-the-provider"));
  CHECK_FALSE(contains(request, "Content-Type"));
  CHECK(listener.error() == ErrorCode::invalid_request);
  CHECK(contains(listener.message(), "refused CONNECT to models.test:8443 with 403"));
  CHECK(listener.end.cost.usd == 0.0);
}

TEST_CASE_FIXTURE(RemoteFixture, "a proxy that never answers CONNECT is a timeout that names it") {
  TinyServer server([](Connection& connection) {
    connection.read_request();
    connection.wait_closed(std::chrono::seconds(10));
  });
  up.proxy = "127.0.0.1:" + std::to_string(server.port());
  up.connect_timeout = milliseconds(100);
  provider_at("https://models.test/v1");
  Listener listener;
  run_to_end(listener);
  CHECK(listener.error() == ErrorCode::timeout);
  CHECK(contains(listener.message(), "proxy http://127.0.0.1:" + std::to_string(server.port())));
  CHECK(contains(listener.message(), "100 ms (connect_timeout_ms)"));
}

TEST_CASE("an unencrypted key through a remote proxy needs permission, even to a loopback address") {
  config::ProviderConfig table;
  table.name = "local";
  table.kind = core::ProviderKind::openai;
  table.base_url = "http://127.0.0.1:1/v1";
  table.key_env = "KEY";
  table.proxy = "proxy.test:3128";
  const auto read = [&table] {
    return Registry::from(
        {table}, [](const char* name) { return std::string_view(name) == "KEY" ? "a-key-12345678" : nullptr; });
  };
  CHECK_FALSE(read());
  table.allow_insecure_http = true;
  CHECK(read());
  table.allow_insecure_http = false;
  table.proxy = "127.0.0.1:3128";
  CHECK(read());
}
