#include "tests/crash/stage.h"

#include <algorithm>

#include "common/json/json_writer.h"
#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

constexpr std::string_view key_mark = "key:";

ServerLife::Options with_bench(ServerLife::Options options, const std::string& base_url) {
  options.tables = bench_table(base_url);
  options.settings.emplace("log_level", "\"warning\"");
  return options;
}

}  // namespace

std::string keyed_body(const std::string& key, const std::string& workflow, int members) {
  std::string body = R"({"task":)";
  append_json_string(body, std::string(key_mark) + key + " Say something.");
  body += R"(,"ttl_s":86400,"workflow":)";
  append_json_string(body, workflow);
  for (int i = 1; i <= members; ++i)
    body += (i == 1 ? R"(,"members":["bench/m)" : R"(,"bench/m)") + std::to_string(i) + "\"";
  return body + "]}";
}

std::string key_in(const std::string& prompt) {
  const std::size_t at = prompt.find(key_mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key_mark.size();
  return prompt.substr(begin, prompt.find_first_of(" \n", begin) - begin);
}

Stage::Stage(ServerLife::Options options, PacedUpstream::Planner planner)
    : upstream(loop, std::move(planner),
               [this](const std::string& model, const std::string& prompt, const std::string& text) {
                 const bool merge = prompt.find("You write the one answer that is given") != std::string::npos;
                 checker.upstream_call(key_in(prompt), (merge ? "synthesis:bench/" : "answer:bench/") + model, text);
               }),
      server(with_bench(std::move(options), upstream.base_url())) {}

std::chrono::duration<double, std::milli> Stage::begin_life() {
  const SteadyTime exec = clock.steady();
  server.start();
  if (server.number() > 1) checker.life_begins();
  around.life = server.number();
  // What a server does before its port is open, such as asking the upstream again, must not wait for us.
  for (Deadline deadline = seconds(60); !server.ready();) {
    if (deadline.over()) throw Failure("plenumd was not ready within a minute; its log:\n" + server.log());
    loop.run_once(milliseconds(1));
  }
  const auto took = clock.steady() - exec;
  around.port = server.port();
  around.alive = true;
  return took;
}

std::chrono::duration<double, std::milli> Stage::be_killed() {
  around.alive = false;
  server.kill_at_once();
  // What the server had sent before it died is still in the sockets and counts as seen; so do its last calls, which
  // must not be taken for those of the next life.
  const SteadyTime died = clock.steady();
  Deadline deadline = seconds(10);
  do {
    loop.run_once(milliseconds(1));
  } while ((any_connected() || upstream.open_connections() > 0) && !deadline.over());
  if (deadline.over()) checker.found("a connection is open 10 s after the server was killed");
  return clock.steady() - died;
}

void Stage::stop() {
  around.alive = false;
  const std::optional<int> code = server.stop(seconds(30));
  if (code != 0)
    checker.found("after SIGTERM, plenumd " + (code ? "ended with " + std::to_string(*code) : "did not end"));
}

void Stage::turn() {
  for (Caller& caller : callers) caller.resume();
  for (ResumingReader& historian : historians) historian.resume();
  loop.run_once(milliseconds(2));
  if (server.running()) return;
  throw Failure("plenumd ended by itself with " + std::to_string(server.exit_code().value_or(-1)) + "; its log:\n" +
                server.log());
}

bool Stage::all_done() const {
  return std::all_of(callers.begin(), callers.end(), [](const Caller& caller) { return caller.done(); });
}

bool Stage::any_connected() const {
  auto connected = [](const auto& one) { return one.connected(); };
  return std::any_of(callers.begin(), callers.end(), connected) ||
         std::any_of(historians.begin(), historians.end(), connected);
}

}  // namespace plenum::tests
