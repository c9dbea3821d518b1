#include "server/workflow/run/restore/cached_run.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "server/workflow/planning/task_planner.h"

namespace plenum::workflow {

namespace {

struct Directory final : core::ProviderDirectory {
  const std::vector<core::ProviderInfo>& all() const override { return infos; }
  const core::ProviderInfo* find(std::string_view name) const override { return name == "p" ? &infos[0] : nullptr; }
  std::vector<core::ProviderInfo> infos = std::vector<core::ProviderInfo>(1);
};

std::vector<Event> some_events() {
  const auto source = std::make_shared<const EventSource>(EventSource{"answer:p/m", 1, "A", "s", "p/m", "m", 1});
  ChunkCompleted completed;
  completed.output = "Grüße\n";
  completed.usage.prompt_tokens = 3;
  completed.cost = {0.5, CostOrigin::reported};
  TaskResult result;
  result.workflow = "single";
  result.answer = "Grüße";
  result.cost = completed.cost;
  result.receipts.resize(1);
  return {{ChunkStarted{"d", "generate"}, source}, {completed, source}, {TaskCompleted{result}, nullptr}};
}

class Keys {
 public:
  Keys() {
    directory_.infos[0].name = "p";
    directory_.infos[0].kind = core::ProviderKind::openai;
    directory_.infos[0].key_present = true;
    directory_.infos[0].default_models = {"m"};
  }
  std::string of(const TaskSpec& spec) { return both_of(spec).exact; }
  CacheKeys both_of(const TaskSpec& spec) {
    const CurrentCatalog catalog(std::make_shared<const Catalog>(Catalog::built_in().value()));
    const TaskPlanner planner(catalog, directory_);
    return planner.cache_keys(std::get<Assignment>(planner.assign(spec)), spec);
  }
  core::ProviderInfo& provider() { return directory_.infos[0]; }

 private:
  Directory directory_;
};

TaskSpec a_task() {
  TaskSpec spec;
  spec.task = "t";
  spec.workflow = "synthesize";
  spec.members = {"p/a", "p/b#x"};
  spec.personas = {{"x", "You doubt."}};
  return spec;
}

}  // namespace

TEST_CASE("what was recorded is read again, byte for byte") {
  const auto events = some_events();
  const auto again = read_cached_run(write_cached_run(events));
  REQUIRE(again);
  REQUIRE(again->size() == events.size());
  for (std::size_t i = 0; i < events.size(); ++i) CHECK((*again)[i].payload == events[i].payload);
  CHECK(*(*again)[1].source == *events[1].source);
}

TEST_CASE("a record with any byte changed, missing or added is no record") {
  const std::string whole = write_cached_run(some_events());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(read_cached_run(changed));
    CHECK_FALSE(read_cached_run(whole.substr(0, at)));
  }
  CHECK_FALSE(read_cached_run(whole + "\n"));
}

TEST_CASE("a cached answer costs nothing, and every part of it is marked as cached") {
  const auto events = as_cached(some_events(), {"an-earlier-stream"});
  const auto& completed = std::get<ChunkCompleted>(events[1].payload);
  CHECK(completed.cached);
  CHECK(completed.cost.usd == 0.0);
  CHECK_FALSE(completed.usage.known());
  const auto& result = std::get<TaskCompleted>(events[2].payload).result;
  CHECK(result.cached);
  CHECK(result.cache == CacheOrigin{"an-earlier-stream", std::nullopt});
  CHECK(result.receipts.empty());
  CHECK(result.cost.usd == 0.0);
  CHECK(result.answer == "Grüße");
}

TEST_CASE("everything that changes the answer changes its key") {
  Keys keys;
  const std::string usual = keys.of(a_task());
  CHECK(usual.size() == 64);
  CHECK(keys.of(a_task()) == usual);
  const auto changed = [&](auto change) {
    TaskSpec spec = a_task();
    change(spec);
    return keys.of(spec) != usual;
  };
  CHECK(changed([](TaskSpec& spec) { spec.task = "t "; }));
  CHECK(changed([](TaskSpec& spec) { spec.context_json = R"({"a":1})"; }));
  CHECK(changed([](TaskSpec& spec) { spec.workflow = "council"; }));
  CHECK(changed([](TaskSpec& spec) { spec.options_json = R"({"strict":true})"; }));
  CHECK(changed([](TaskSpec& spec) { std::swap(spec.members[0], spec.members[1]); }));
  CHECK(changed([](TaskSpec& spec) { spec.personas[0].second = "You hope."; }));
  CHECK(changed([](TaskSpec& spec) { spec.chairman = "p/c"; }));
  CHECK(changed([](TaskSpec& spec) { spec.fallback = {{"*", {"p/z"}}}; }));
  CHECK_FALSE(changed([](TaskSpec& spec) { spec.deadline = milliseconds(1000); }));
  CHECK_FALSE(changed([](TaskSpec& spec) { spec.message_id = "m"; }));
  keys.provider().base_url = "http://elsewhere";
  CHECK(keys.of(a_task()) != usual);
  keys.provider().kind = core::ProviderKind::offline;
  CHECK(keys.of(a_task()).empty());
}

TEST_CASE("the order of fields in context, options and parameters does not change the key, the order of lists does") {
  Keys keys;
  const auto request = [](std::string_view fields) {
    const auto parsed =
        parse_task_request(fmt::format(R"({{"task":"t","workflow":"synthesize","members":["p/a","p/b"],{}}})", fields));
    REQUIRE(parsed.spec);
    return *parsed.spec;
  };
  const auto key = [&](std::string_view fields) { return keys.of(request(fields)); };
  CHECK(key(R"("context":{"a":{"x":1,"y":[{"k":1,"l":2}]},"b":"z"})") ==
        key(R"("context":{"b":"z","a":{"y":[{"l":2,"k":1}],"x":1}})"));
  CHECK(key(R"("options":{"strict":true,"quorum":1})") == key(R"("options":{"quorum":1,"strict":true})"));
  CHECK(key(R"("parameters":{"temperature":0.5,"max_tokens":9,"members":{"p/a":{"seed":1},"p/b":{"seed":2}}})") ==
        key(R"("parameters":{"members":{"p/b":{"seed":2},"p/a":{"seed":1}},"max_tokens":9,"temperature":0.5})"));
  CHECK(key(R"("context":{"a":[1,2]})") != key(R"("context":{"a":[2,1]})"));
  CHECK(key(R"("context":{"a":1,"b":2})") != key(R"("context":{"a":2,"b":1})"));
}

TEST_CASE("the conditions of a task are all of its key except its text") {
  Keys keys;
  TaskSpec other = a_task();
  other.task = "another text";
  CHECK(keys.both_of(other).conditions == keys.both_of(a_task()).conditions);
  CHECK(keys.both_of(other).exact != keys.both_of(a_task()).exact);
  other.context_json = R"({"a":1})";
  CHECK(keys.both_of(other).conditions != keys.both_of(a_task()).conditions);
  other = a_task();
  other.members[0] = "p/c";
  CHECK(keys.both_of(other).conditions != keys.both_of(a_task()).conditions);
}

}  // namespace plenum::workflow
