#include "tests/flow/world.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/ids.h"
#include "common/json/json_writer.h"
#include "common/protocol/api_paths.h"
#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

// A test that ends while a task still runs should not wait for it.
Settings with_short_drain(Settings settings) {
  settings.emplace("shutdown_grace_ms", "0");
  return settings;
}

std::string with_address(std::string tables, const std::string& base_url) {
  constexpr std::string_view place = "@upstream@";
  for (std::size_t at; (at = tables.find(place)) != std::string::npos;) tables.replace(at, place.size(), base_url);
  return tables;
}

}  // namespace

World::World(Settings settings, const std::string& more_tables)
    : server(
          {.settings = with_short_drain(std::move(settings)),
           .tables = provider_table("bench", upstream.base_url()) + with_address(more_tables, upstream.base_url())}) {}

std::string task_body(std::string_view workflow, std::string_view task, std::string_view fields) {
  std::string body = R"({"task":)";
  append_json_string(body, task);
  body += R"(,"workflow":)";
  append_json_string(body, workflow);
  if (fields.find("\"members\"") == std::string_view::npos) body += R"(,"members":["bench/m1"])";
  if (!fields.empty()) body.append(",").append(fields);
  return body + "}";
}

std::string World::submit(std::string_view workflow, std::string_view task, std::string_view fields) {
  HttpReply reply = post(api::task, task_body(workflow, task, fields));
  if (reply.status != 202) throw Failure("POST gave " + std::to_string(reply.status) + ": " + reply.body);
  return reply.json()["stream_id"].get<std::string>();
}

HttpReply World::get(std::string_view target, const Headers& headers) const {
  return tests::get(server.port(), target, headers);
}

HttpReply World::post(std::string_view target, std::string_view json, const Headers& headers) const {
  return tests::post(server.port(), target, json, headers);
}

Json World::status(const std::string& id) const { return get(api::with_id(api::status, id)).json(); }

Json World::result(const std::string& id) const {
  Json body = get(api::with_id(api::result, id)).json();
  for (const char* beside : {"stream_id", "status", "error"}) body.erase(beside);
  return body;
}

HttpReply World::cancel(const std::string& id) const { return post(api::with_id(api::cancel, id)); }

SseReader World::events(const std::string& id, const std::string& query, const Headers& headers) const {
  return SseReader(server.port(), api::with_id(api::events, id) + query, headers);
}

std::vector<Frame> World::whole_stream(const std::string& id) const {
  SseReader reader = events(id);
  if (reader.read_all(seconds(30)) != StreamEnd::finished || !reader.fault().empty()) {
    throw Failure("the stream did not end well after " + std::to_string(reader.frames().size()) +
                  " frames: " + reader.fault());
  }
  return reader.numbered();
}

std::vector<Json> events_named(const std::vector<Frame>& frames, std::string_view name) {
  std::vector<Json> found;
  for (const Frame& frame : frames) {
    if (frame.event == name) found.push_back(frame.json());
  }
  return found;
}

std::vector<std::string> agents_started(const std::vector<Frame>& frames) {
  std::vector<std::string> agents;
  for (const Json& event : events_named(frames, "chunk_started")) agents.push_back(event["agent"].get<std::string>());
  return agents;
}

std::string streamed_text(const std::vector<Frame>& frames) {
  std::string text;
  for (const Json& event : events_named(frames, "token_stream")) {
    if (event["kind"] == "text") text += event["tokens"].get<std::string>();
  }
  return text;
}

bool read_text(SseReader& reader, std::string_view text, Deadline deadline) {
  std::map<std::string, std::string> by_chunk;  // the words of two members may arrive in turns
  auto grown = [&](const Frame& frame) {
    const std::string words = streamed_text({frame});
    if (words.empty()) return false;
    return (by_chunk[frame.json().value("chunk", "")] += words).find(text) != std::string::npos;
  };
  return reader.read_until(grown, deadline);
}

std::string numbered_bytes(const std::vector<Frame>& frames) {
  std::string bytes;
  for (const Frame& frame : frames) {
    // A `retry:` line may join the first frame of a connection; it is the connection's, not the event's.
    if (!frame.id.empty()) bytes += frame.bytes.substr(frame.bytes.find("id: "));
  }
  return bytes;
}

std::string broken_rule(const std::vector<Frame>& numbered) {
  std::string epoch;
  for (std::size_t i = 0; i < numbered.size(); ++i) {
    const Frame& frame = numbered[i];
    auto id = EventId::parse(frame.id);
    if (!id || id->seq != i + 1) return "frame " + std::to_string(i + 1) + " has the id " + frame.id;
    if (i > 0 && id->epoch != epoch) return "the epoch changes at " + frame.id;
    epoch = id->epoch;
    Json json = frame.json();
    if (json["seq"] != i + 1 || json["type"] != frame.event) return "frame and envelope differ at " + frame.id;
    if (frame.terminal() != (i + 1 == numbered.size())) return "terminal stands wrong at " + frame.id;
  }
  return numbered.empty() ? "no frames" : "";
}

namespace {

// Adds a rule for every order in which further labels can follow.
void script_orders(ScriptedUpstream& upstream, std::string_view labels, const std::string& chosen) {
  if (chosen.size() >= 2) {
    std::string form = "FINAL RANKING:", body = form;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const std::string line = std::to_string(i + 1) + ". Response " + chosen[i];
      form += '\n' + line;
      body += "\\n" + line;
    }
    upstream.on({.body_has = body + '"'}, whole_answer(form));
  }
  for (const char label : labels) {
    if (chosen.find(label) == std::string::npos) script_orders(upstream, labels, chosen + label);
  }
}

}  // namespace

void script_rankings(ScriptedUpstream& upstream, std::string_view labels) { script_orders(upstream, labels, ""); }

namespace consensus {
const char* const architecture =
    "## Architecture\n\nA gateway, a token service and a store; data flows through the gateway.";
const char* const code = "Here it is:\n\n```cpp\nint login() { return 1; }\n```\n";
const char* const bare_code = "int login() { return 1; }";
const char* const bad_review =
    R"({"issues_found": true, "critical_issues": ["login never checks the password"], "suggestions": ["compare hashes"], "code_quality_score": 4})";
const char* const refined_code = "```cpp\nbool login(Hash given) { return given == stored; }\n```\n";
const char* const bare_refined = "bool login(Hash given) { return given == stored; }";
const char* const good_review =
    R"({"issues_found": false, "critical_issues": [], "suggestions": [], "code_quality_score": 9})";
const char* const documentation = "# How to log in\n\nCall login with the hash of your password.";
}  // namespace consensus

void script_consensus(ScriptedUpstream& upstream) {
  using namespace consensus;
  for (const char* answer : {architecture, code, bad_review, refined_code, good_review, documentation}) {
    upstream.next(whole_answer(answer));
  }
}

}  // namespace plenum::tests
