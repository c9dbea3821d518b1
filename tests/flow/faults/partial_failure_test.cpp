// Every built-in workflow with none to all of its three members failing, run by the real client.
#include <doctest/doctest.h>

#include <fmt/format.h>
#include <algorithm>

#include <nlohmann/json.hpp>
#include <sstream>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"
#include "tests/support/process/program.h"

namespace plenum::tests {

namespace {

constexpr int members = 3;

// What is left when the last 0, 1, 2 or all 3 of the members fail. The chairman of its own never does.
enum class Left : std::uint8_t {
  whole,     // nothing is missing
  joined,    // degraded, with a synthesis where the workflow has one
  apart,     // degraded, without a synthesis: there is nothing that could be joined
  nothing,   // no answer
  chairman,  // degraded: the chairman had to do what the members could not
};

struct Mode {
  const char* workflow;
  const char* options;  // without braces
  bool chairman;
  bool synthesis;  // in a whole result
  Left left[members + 1];
  // Whether the first failure ends the task with `strict`: for each number of failures.
  bool strict_fails[members + 1];
  bool takes_strict = true;
};

using enum Left;
// clang-format off
constexpr Mode modes[] = {
    // Members without a role are not called, so they cannot fail either.
    {"single", "", false, false, {whole, whole, whole, nothing}, {}, false},
    {"raw", "", false, false, {whole, joined, joined, nothing}, {false, true, true, true}},
    {"synthesize", "", true, true, {whole, joined, apart, nothing}, {false, true, true, true}},
    {"council", "", true, true, {whole, joined, apart, nothing}, {false, true, true, true}},
    {"vote", R"("choices":["red","green"])", false, false, {whole, joined, joined, nothing}, {false, true, true, true}},
    {"debate", R"("rounds":1)", true, true, {whole, joined, apart, nothing}, {false, true, true, true}},
    {"arena", R"("rounds":1)", true, true, {whole, joined, apart, nothing}, {false, true, true, true}},
    {"adversarial", "", true, true, {whole, joined, apart, chairman}, {false, true, true, true}},
    {"duo", "", true, true, {whole, whole, apart, nothing}, {false, false, true, true}},
    // Fewer than three answers are not audited.
    {"elite", "", true, true, {whole, apart, apart, nothing}, {false, true, true, true}},
    // Architect, coder and documenter; the chairman reviews.
    {"consensus", "", true, false, {whole, joined, nothing, nothing}, {false, true, true, true}},
};
// clang-format on

std::string name_of(const Mode& mode, int failing, int member) {
  return std::string(mode.workflow) + std::to_string(failing) + "-m" + std::to_string(member);
}

// The text of a member before it fails. It must not appear in any prompt.
constexpr const char* half_text = "HALF-A-TEXT";

struct Cell : World {
  // The models of one cell are its own.
  void script(const Mode& mode, int failing, const std::string& tag) {
    for (int member = 1; member <= members; ++member) {
      const std::string model = name_of(mode, failing, member) + tag;
      if (member > members - failing) {
        upstream.on({.model = model}, Script::stream(Framing::until_close).words({half_text}).cut(Cut::fin));
        continue;
      }
      script_rankings(model);
      upstream.on({.model = model, .prompt_has = "VOTE: X"}, whole_answer("VOTE: A"));
      upstream.on({.model = model}, whole_answer("Word of " + model));
    }
    const std::string chair = mode.workflow + std::to_string(failing) + "-chair" + tag;
    upstream.on(
        {.model = chair, .prompt_has = "letters of the answers"},
        whole_answer(R"({"type":"decision","headline":"Red","positions":[{"label":"red","members":["A","C"]}]})"));
    const bool reviews = std::string_view(mode.workflow) == "consensus";
    upstream.on({.model = chair}, whole_answer(reviews ? consensus::good_review : "Word of the chair"));
  }

  // The second of the shown labels first. A member that failed has a label that is not shown.
  void script_rankings(const std::string& model) {
    upstream.on({.model = model, .prompt_has = "3. Response "},
                whole_answer("FINAL RANKING:\n1. Response B\n2. Response A\n3. Response C"));
    for (const auto& [first, second] : {std::pair("A", "B"), {"A", "C"}, {"B", "C"}}) {
      const std::string ranking = fmt::format("FINAL RANKING:\n1. Response {}\n2. Response {}", second, first);
      upstream.on({.model = model, .prompt_has = fmt::format("1. Response {}\n2. Response {}", first, second)},
                  whole_answer(ranking));
      upstream.on({.model = model, .prompt_has = fmt::format("1. Response {}\n2. Response {}", second, first)},
                  whole_answer(ranking));
    }
  }

  struct Outcome {
    int exit_code = 0;
    Json last;
  };
  Outcome play(const Mode& mode, int failing, bool strict) {
    const std::string tag = strict ? "-strict" : "";
    script(mode, failing, tag);
    std::vector<std::string> args = {"run", "--json", "Red or green?", "--workflow", mode.workflow};
    for (int member = 1; member <= members; ++member) {
      args.insert(args.end(), {"--member", "bench/" + name_of(mode, failing, member) + tag});
    }
    if (mode.chairman) {
      args.insert(args.end(), {"--chairman", "bench/" + (mode.workflow + std::to_string(failing) + "-chair" + tag)});
    }
    const Json options = Json::parse("{" + std::string(mode.options) + "}");
    for (const auto& [key, value] : options.items()) args.insert(args.end(), {"--option", key + "=" + value.dump()});
    if (strict) args.insert(args.end(), {"--option", "strict=true"});
    const Finished run = run_to_end(plenum_command(server.url(), std::move(args)), seconds(60));
    Outcome outcome{run.exit_code, {}};
    std::istringstream lines(run.out);
    for (std::string line; std::getline(lines, line);) {
      Json event = Json::parse(line);
      if (event.contains("result")) outcome.last = std::move(event);
    }
    INFO(run.err);
    REQUIRE(outcome.last.is_object());
    return outcome;
  }
};

// The ids of the members that do not fail.
std::vector<std::string> survivors(const Mode& mode, int failing) {
  std::vector<std::string> ids;
  for (int member = 1; member <= members - failing; ++member) ids.push_back("bench/" + name_of(mode, failing, member));
  return ids;
}

void check_answers(const Mode& mode, int failing, const Json& result) {
  const std::vector<std::string> well = survivors(mode, failing);
  for (const Json& answer : result["answers"]) {
    const std::string member = answer["member"];
    const bool fails =
        member.find("-m") != std::string::npos && std::find(well.begin(), well.end(), member) == well.end();
    CHECK_MESSAGE(answer["status"] == (fails ? "error" : "ok"), answer.dump());
    if (fails) CHECK(answer["text"] == half_text);  // retained
  }
  // All are called concurrently in the first stage: in the order of the request.
  const std::string_view first_for_all[] = {"raw", "synthesize", "council", "vote", "debate", "arena"};
  if (std::find(std::begin(first_for_all), std::end(first_for_all), mode.workflow) == std::end(first_for_all)) return;
  for (int member = 1; member <= members; ++member) {
    CHECK(result["answers"].at(static_cast<std::size_t>(member - 1))["member"] ==
          "bench/" + name_of(mode, failing, member));
  }
}

// Who failed neither ranks nor is ranked; each reviewer's order is recorded; both figures are there.
void check_rankings(const Mode& mode, int failing, const Json& result) {
  const bool ranked = std::string_view(mode.workflow) == "council" && failing < 2;
  REQUIRE(result.contains("rankings") == ranked);
  if (!ranked) return;
  const std::vector<std::string> well = survivors(mode, failing);
  const Json& rankings = result["rankings"];
  REQUIRE(rankings["reviews"].size() == well.size());
  for (std::size_t i = 0; i < well.size(); ++i) {
    const Json& review = rankings["reviews"][i];
    CHECK(review["member"] == well[i]);
    REQUIRE(review["ranking"].size() == well.size());
    for (const char* field : {"label_order", "ranking"}) {
      auto named = review[field].get<std::vector<std::string>>();
      std::sort(named.begin(), named.end());
      CHECK(named == well);
    }
    // "Response B" is the label of the second answer shown.
    CHECK(review["ranking"][0] == review["label_order"][1]);
  }
  REQUIRE(rankings["standings"].size() == well.size());
  for (const Json& row : rankings["standings"]) {
    CHECK(std::find(well.begin(), well.end(), row["member"]) != well.end());
    CHECK(row["average_rank"].is_number());
    CHECK(row.contains("average_rank_without_self"));
  }
}

void check_cell(const Mode& mode, int failing, const Cell::Outcome& outcome) {
  const Left left = mode.left[failing];
  const Json& result = outcome.last["result"];
  CHECK(outcome.exit_code == (left == whole ? 0 : left == nothing ? 1 : 3));
  CHECK(outcome.last["type"] == (left == nothing ? "task_error" : "task_completed"));
  CHECK(result["degraded"] == (left != whole));
  CHECK(result["reasons"].empty() == (left == whole));
  CHECK(result.contains("synthesis") == (mode.synthesis && (left == whole || left == joined)));
  check_answers(mode, failing, result);
  check_rankings(mode, failing, result);
  if (left == nothing) return;
  const std::string answer = result["answer"];
  CHECK(answer.find(half_text) == std::string::npos);
  if (left == apart) {
    CHECK(answer.find("Word of " + name_of(mode, failing, 1)) != std::string::npos);
    CHECK(answer.find("Word of the chair") == std::string::npos);
  }
  // Every failure in the result has a reason.
  for (const Json& one : result["answers"]) {
    if (one["status"] == "ok") continue;
    const auto names_it = [&](const Json& reason) {
      return reason.get<std::string>().find(one["chunk"].get<std::string>()) != std::string::npos;
    };
    CHECK(std::any_of(result["reasons"].begin(), result["reasons"].end(), names_it));
  }
}

}  // namespace

TEST_CASE("for any failing members in any workflow the rest is the answer, with its reasons") {
  Cell world;
  for (const Mode& mode : modes) {
    for (int failing = 0; failing <= members; ++failing) {
      CAPTURE(mode.workflow);
      CAPTURE(failing);
      check_cell(mode, failing, world.play(mode, failing, /*strict=*/false));
    }
  }
  for (std::size_t i = 0; i < world.upstream.request_count(); ++i) {
    CHECK(world.upstream.request(i).prompt().find(half_text) == std::string::npos);
  }
}

TEST_CASE("with strict the first failure ends the task, and earlier text is retained") {
  Cell world;
  for (const Mode& mode : modes) {
    for (int failing = 0; mode.takes_strict && failing <= members; ++failing) {
      CAPTURE(mode.workflow);
      CAPTURE(failing);
      const Cell::Outcome outcome = world.play(mode, failing, /*strict=*/true);
      const bool fails = mode.strict_fails[failing];
      CHECK(outcome.exit_code == (fails ? 1 : 0));
      CHECK(outcome.last["type"] == (fails ? "task_error" : "task_completed"));
      CHECK_FALSE((fails && outcome.last["result"].contains("synthesis")));
      CHECK(outcome.last["result"]["degraded"] == fails);
      CHECK_FALSE(outcome.last["result"]["answers"].empty());
    }
  }
}

TEST_CASE("a quorum of the task's own decides whether what is left is joined") {
  const auto result_with = [](const std::string& quorum) {
    World world;
    world.upstream.on({.model = "m3"}, Script::stream(Framing::until_close).words({half_text}).cut(Cut::fin));
    world.upstream.always(whole_answer("fine"));
    const std::string id =
        world.submit("synthesize", "Say something.",
                     R"("members":["bench/m1","bench/m2","bench/m3"],"options":{"quorum":)" + quorum + "}");
    return world.whole_stream(id).back().json()["result"];
  };
  CHECK(result_with("2").contains("synthesis"));
  CHECK(result_with("1").contains("synthesis"));
  const Json apart = result_with("3");
  CHECK_FALSE(apart.contains("synthesis"));
  CHECK(apart["degraded"] == true);
  CHECK(apart["answer"] == "## bench/m1\n\nfine\n\n## bench/m2\n\nfine\n\n");
  World world;
  const auto status_with = [&](const std::string& quorum) {
    const std::string fields = R"("members":["bench/m1","bench/m2"],"options":{"quorum":)" + quorum + "}";
    return world.post(api::task, task_body("synthesize", "x", fields)).status;
  };
  CHECK(status_with("2") == 202);
  CHECK(status_with("3") == 422);
  CHECK(status_with("0") == 422);
}

TEST_CASE("no quorum makes a synthesis of one answer") {
  World world;
  world.upstream.on({.model = "m1"}, whole_answer("alone"));
  world.upstream.on({.model = "m2"}, Script::stream(Framing::until_close).words({half_text}).cut(Cut::fin));
  for (const char* workflow : {"synthesize", "council", "debate", "arena"}) {
    CAPTURE(workflow);
    const std::string id =
        world.submit(workflow, "Say something.", R"("members":["bench/m1","bench/m2"],"options":{"quorum":1})");
    const Json result = world.whole_stream(id).back().json()["result"];
    CHECK_FALSE(result.contains("synthesis"));
    CHECK(result["degraded"] == true);
    CHECK(result["answer"] == "## bench/m1\n\nalone\n\n");
  }
}

TEST_CASE("a chairman who fails is replaced by his chain, and without one the answers stand by themselves") {
  for (const bool chain : {true, false}) {
    World world;
    world.upstream.on({.model = "chair"}, Script::stream(Framing::until_close).words({half_text}).cut(Cut::fin));
    world.upstream.on({.prompt_has = "# The question"}, whole_answer("joined"));
    world.upstream.always(whole_answer("alone"));
    std::string fields = R"("members":["bench/m1","bench/m2"],"chairman":"bench/chair")";
    if (chain) fields += R"(,"fallback":{"bench/chair":["bench/m2"]})";
    const std::vector<Frame> frames = world.whole_stream(world.submit("synthesize", "Say something.", fields));
    CHECK(broken_rule(frames) == "");
    const Json result = frames.back().json()["result"];
    CHECK(frames.back().event == "task_completed");
    CHECK(result["degraded"] == true);
    CHECK(result["reasons"].dump().find("bench/chair") != std::string::npos);
    REQUIRE(result["answers"].size() == 3);
    if (chain) {
      CHECK(result["synthesis"] == "joined");
      CHECK(result["answers"][2]["member"] == "bench/m2");
    } else {
      CHECK_FALSE(result.contains("synthesis"));
      CHECK(result["answer"] == "## bench/m1\n\nalone\n\n## bench/m2\n\nalone\n\n");
    }
  }
}

}  // namespace plenum::tests
