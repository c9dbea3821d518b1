#include "tests/flow/faults/fault_play.h"

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/protocol/api_paths.h"
#include "tests/flow/faults/fault_judge.h"
#include "tests/flow/faults/secret_search.h"
#include "tests/support/failure.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

constexpr const char* five = R"(name = "five"
description = "Five members side by side; a failed one is omitted."
roles = ["a", "b", "c", "d", "e"]
answer = "{{a}}|{{b}}|{{c}}|{{d}}|{{e}}"
)";

constexpr const char* chain = R"(name = "chain"
description = "One member answers; the others stand by in their order."
roles = ["a", "b", "c"]
answer = "{{a}}"
)";

std::string step_of(const std::string& role, const std::string& more) {
  return "\n[[steps]]\nid = \"" + role + "\"\nagent = \"Member\"\nstage = \"answer\"\nrole = \"" + role +
         "\"\nprompt = \"{{task}}\"\n" + more;
}

// So many that the fault is met once, and its own bound can be seen; the council has the usual number.
int retries_of(Place place) {
  constexpr int retries[] = {0, 1, 0, 2};
  return retries[static_cast<int>(place)];
}

std::string provider_of(std::size_t index) { return "p" + std::to_string(index); }

std::string table(const FaultRun& run, std::size_t index, const ScriptedUpstream& upstream) {
  std::string url = upstream.base_url(run.vendor);
  url.replace(url.find("127.0.0.1"), 9, run.fault.host);
  return "[providers." + provider_of(index) + "]\nkind = \"" + std::string(vendor_name(run.vendor)) +
         "\"\nbase_url = \"" + url + "\"\nkey_env = \"FAULT_KEY\"\nallow_insecure_http = true\nretries_max = " +
         std::to_string(retries_of(run.place)) + "\n\n";
}

void script(const FaultRun& run, ScriptedUpstream& upstream) {
  Script fault = run.fault.script(run.vendor);
  const auto* closed = std::get_if<step::CloseListener>(&fault.steps().front());
  if (run.place == Place::retry) {
    Script busy =
        Script::answer(503, error_body(run.vendor, 503, "Overloaded"), "application/json", {{"Retry-After", "0"}});
    if (closed != nullptr) busy.close_listener_first(closed->reject);
    upstream.next(std::move(busy));
  } else if (closed != nullptr) {
    return closed->reject ? upstream.stop_listening() : upstream.stop_accepting();
  }
  upstream.always(std::move(fault));
}

// The member that fails before the one with the fault; its breaker must not know of other runs.
std::string broken_of(std::size_t index) { return "broken" + std::to_string(index); }

std::string body_of(const FaultRun& run, std::size_t index) {
  const std::string faulty = provider_of(index) + "/m";
  std::string workflow = "single", members = '"' + faulty + '"';
  if (run.place == Place::fallback) {
    workflow = "chain";
    members = '"' + broken_of(index) + "/m\"," + members + R"(,"good/m1")";
  } else if (run.place == Place::of_five) {
    workflow = "five";
    members += R"(,"good/m1","good/m2","good/m3","good/m4")";
  }
  return task_body(workflow, "Say something.",
                   "\"members\":[" + members + R"(],"member_deadline_ms":)" + scaled_text(step_bound) +
                       R"(,"deadline_ms":)" + scaled_text(seconds(4)));
}

void play_one(FaultRun& run, std::size_t index, const ServerProcess& server, const ScriptedUpstream& upstream) {
  const auto begun = TestClock::now();
  HttpReply reply = post(server.port(), api::task, body_of(run, index));
  if (reply.status != 202) throw Failure("POST gave " + std::to_string(reply.status) + ": " + reply.body);
  SseReader reader(server.port(), api::with_id(api::events, reply.json()["stream_id"].get<std::string>()));
  const StreamEnd end = reader.read_all(seconds(20));
  run.took = std::chrono::duration_cast<milliseconds>(TestClock::now() - begun);
  if (end != StreamEnd::finished || !reader.fault().empty()) run.wrong.push_back("the stream broke: " + reader.fault());
  judge(run, provider_of(index), reader.numbered(), upstream);
  const std::string id = reader.numbered().front().json()["stream_id"];
  const std::string seen = numbered_bytes(reader.numbered()) + streamed_text(reader.numbered()) +
                           get(server.port(), api::with_id(api::status, id)).body +
                           get(server.port(), api::with_id(api::result, id)).body;
  if (const auto spelling = spelling_found_in(seen, fault_key); !spelling.empty()) {
    run.wrong.push_back("the key shows: " + spelling);
  }
}

}  // namespace

std::string_view place_name(Place place) {
  constexpr std::string_view names[] = {"first", "retry", "fallback", "of five"};
  return names[static_cast<int>(place)];
}

Settings fault_settings(TempDir& workflows) {
  std::string file = five;
  for (const char* role : {"a", "b", "c", "d", "e"}) file += step_of(role, "on_error = \"degrade\"\n");
  workflows.write("five.toml", file);
  workflows.write("chain.toml", chain + step_of("a", "fallback = \"members\"\n"));
  return {{"connect_timeout_ms", scaled_text(connect_bound)},
          {"first_token_timeout_ms", scaled_text(first_token_bound)},
          {"idle_timeout_ms", scaled_text(idle_bound)},
          {"workflows_dir", "\"" + workflows.path().string() + "\""},
          {"log_level", "\"trace\""},
          {"shutdown_grace_ms", "0"}};
}

void play(std::vector<FaultRun>& runs, std::size_t at_once) {
  TempDir workflows;
  ScriptedUpstream good, broken;
  good.always(whole_answer("fine"));
  broken.always(
      Script::answer(500, error_body(Vendor::openai, 500, "It fell over"), "application/json", {{"Retry-After", "0"}}));
  std::vector<std::unique_ptr<ScriptedUpstream>> upstreams;
  std::string tables = provider_table("good", good.base_url());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    upstreams.push_back(std::make_unique<ScriptedUpstream>());
    script(runs[i], *upstreams.back());
    tables += table(runs[i], i, *upstreams.back());
    if (runs[i].place == Place::fallback) tables += provider_table(broken_of(i), broken.base_url());
  }
  std::map<std::string, std::string> env{{"FAULT_KEY", fault_key}};
  // A sanitizer must be the first library of a process, so names stall in plain builds only.
  if (!sanitized()) env.emplace("LD_PRELOAD", STALLED_NAMES_PATH);
  ServerProcess server({.settings = fault_settings(workflows), .tables = tables, .env = env});

  std::atomic<std::size_t> next{0};
  auto work = [&] {
    for (std::size_t i = next++; i < runs.size(); i = next++) {
      try {
        play_one(runs[i], i, server, *upstreams[i]);
      } catch (const std::exception& fault) {
        runs[i].wrong.push_back(fault.what());
      }
    }
  };
  std::vector<std::thread> players;
  for (std::size_t i = 0; i < at_once; ++i) players.emplace_back(work);
  for (std::thread& player : players) player.join();
  const std::string spelling = spelling_found_in(server.log(), fault_key);
  if (!spelling.empty() && !runs.empty()) runs.front().wrong.push_back("the key shows in the log: " + spelling);
}

}  // namespace plenum::tests
