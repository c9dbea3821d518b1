// Whole runs under a cost cap against providers that use everything they are allowed.
#include <doctest/doctest.h>

#include <random>

#include "server/workflow/catalog/catalog.h"
#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

using namespace workflow;

// One run of a random workflow under a random cap, at random prices.
class CappedRun {
 public:
  explicit CappedRun(unsigned seed) : random_(seed) {}

  void play() {
    const auto all = Catalog::built_in()->all();
    Assignment assignment = assign_members(all[draw(all.size())], 1 + draw(4));
    for (auto& member : assignment.members) member.price = any_price();
    AssignedMember substitute{"x/m9", "x", "m9"};
    substitute.price = any_price();
    for (std::size_t i = 0; i < assignment.members.size(); ++i) {
      assignment.fallbacks.push_back(draw(3) == 0 ? std::vector{substitute} : std::vector<AssignedMember>());
    }
    assignment.options.choices = {"yes", "no"};
    for (const auto& member : assignment.members) prices_[member.provider] = *member.price;
    for (const auto& chain : assignment.fallbacks) {
      for (const auto& member : chain) prices_[member.provider] = *member.price;
    }
    TaskSpec spec = RunFixture::a_task();
    spec.task = std::string(1 + draw(20'000), 'x');
    spec.max_cost_usd = cap = draw(2) == 0 ? 0.05 : real(0.001, 2.0);
    fixture_.run = std::make_unique<Run>(
        std::move(assignment), std::move(spec), "trace", fixture_.sink, fixture_.providers, fixture_.loop, [] {},
        std::nullopt);
    fixture_.run->start();
    int idle = 0;
    while (!fixture_.run->finished()) {
      REQUIRE_MESSAGE(++idle < 10'000, "the run does not end");
      end_any_call();
      if (draw(2) == 0) fixture_.turn();
    }
    calls = fixture_.providers.count();
    const auto& end = fixture_.sink.events.back();
    completed = end.type() == EventType::task_completed;
  }

  double cap = 0, paid = 0;  // US dollars
  std::size_t calls = 0;
  bool completed = false;

 private:
  std::size_t draw(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  double real(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }

  core::ModelPrice any_price() {
    core::ModelPrice price{"m", real(0, 20), real(0, 100)};
    if (draw(8) == 0) price.output = 0;
    if (draw(3) == 0) price.cache_write = 1.25 * price.input;
    if (draw(3) == 0) price.long_context = core::ModelPrice::LongContext{5000, 2 * price.input, 1.5 * price.output, {}};
    if (draw(5) == 0) price.request = real(0, 0.01);
    if (draw(2) == 0) price.max_output = static_cast<std::int64_t>(1 + draw(128'000));
    if (draw(2) == 0) price.context = static_cast<std::int64_t>(price.max_output + 1 + draw(200'000));
    return price;
  }

  // What the provider charges for as many tokens as the prompt can have and as many as it was allowed.
  double worst_cost(const ScriptedProviders::Call& call, bool answered) const {
    const auto& price = prices_.at(call.provider);
    std::size_t prompt = 0;
    for (const auto& message : call.request.messages) prompt += message.content.size() + 16;
    if (call.request.answer_schema) prompt += call.request.answer_schema->schema_json.size();
    const bool is_long = price.long_context && static_cast<std::int64_t>(prompt) > price.long_context->above;
    const double factor = is_long ? 2 : 1;
    const double input = factor * std::max(price.input, price.cache_write.value_or(0));
    const double output = is_long ? price.long_context->output : price.output;
    const int tokens = answered ? call.request.parameters.max_tokens.value_or(0) : 0;
    if (answered && output > 0) REQUIRE(call.request.max_tokens_required);
    return (static_cast<double>(prompt) * input + tokens * output) / 1e6 + price.request;
  }

  void end_any_call() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < fixture_.providers.count(); ++i) {
      if (fixture_.providers.call(i).open()) open.push_back(i);
    }
    if (open.empty()) return fixture_.turn();
    auto& call = fixture_.providers.call(open[draw(open.size())]);
    // A provider that reports no cost charges all the same.
    const auto charge = [&](bool answered) {
      const double usd = worst_cost(call, answered);
      paid += usd;
      return draw(2) == 0 ? Cost{} : Cost{usd, CostOrigin::estimated};
    };
    switch (draw(8)) {
      case 0: {  // the provider tries again
        core::ChatNotice notice;
        notice.kind = core::ChatNotice::Kind::retrying;
        notice.error = Error{ErrorCode::timeout, "too slow"};
        notice.cost = charge(false);
        return call.notice(notice);
      }
      case 1:
        paid += worst_cost(call, true);
        call.text("half");
        return call.break_off(ErrorCode::server, "it broke off");
      case 2:
        call.text("The beginning of an answer");
        return call.end_well({}, charge(true), "length");
      default:
        call.text("An answer that is neither a vote nor a ranking.");
        return call.end_well({}, charge(true));
    }
  }

  std::mt19937 random_;
  std::map<std::string, core::ModelPrice> prices_;  // by provider
  RunFixture fixture_;
};

}  // namespace

TEST_CASE("a cost cap is never exceeded over 1,000 random combinations of prices, sizes and workflows") {
  int completed = 0, made_calls = 0;
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    CappedRun run(seed);
    run.play();
    CHECK_MESSAGE(run.paid <= run.cap + 1e-6, "paid " << run.paid << " of " << run.cap);
    completed += run.completed ? 1 : 0;
    made_calls += run.calls > 0 ? 1 : 0;
  }
  // The cap does not hold because nothing runs.
  CHECK(completed > 100);
  CHECK(made_calls > 600);
  MESSAGE(completed << " of 1000 tasks completed, " << made_calls << " made calls");
}

TEST_CASE_FIXTURE(RunFixture, "under a cost cap that allows it, answers are as long as their model permits") {
  price = core::ModelPrice{"*", 1, 10};
  price->max_output = 16'384;
  TaskSpec spec = a_task();
  spec.max_cost_usd = 5;
  begin(Catalog::built_in()->find("synthesize"), spec, 3);
  REQUIRE(providers.open_count() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(providers.call(i).request.parameters.max_tokens == 16'384);
}

TEST_CASE_FIXTURE(RunFixture, "under a small cost cap members answer one after the other instead of being cut") {
  price = core::ModelPrice{"*", 1, 10};  // 4,096 tokens: $0.041
  TaskSpec spec = a_task();
  spec.max_cost_usd = 0.1;
  begin(Catalog::built_in()->find("synthesize"), spec, 3);
  CHECK(providers.open_count() == 2);
  CHECK(providers.call(0).request.parameters.max_tokens == 4096);
  providers.call(0).text("short");
  providers.call(0).end_well({}, {0.005, CostOrigin::reported});
  turn();
  turn();
  CHECK(providers.open_count() == 2);
  CHECK(providers.call(2).request.parameters.max_tokens == 4096);
}

TEST_CASE_FIXTURE(RunFixture, "a task that reaches its cost cap ends with a partial result and the cost of its calls") {
  price = core::ModelPrice{"*", 0, 100};
  TaskSpec spec = a_task();
  spec.max_cost_usd = 0.42;
  begin(Catalog::built_in()->find("duo"), spec, 2);
  turn();
  providers.call(0).text("the first answer");
  providers.call(0).end_well({}, {0.41, CostOrigin::reported});
  for (int i = 0; i < 5; ++i) turn();
  REQUIRE(sink.events.back().terminal());
  CHECK(providers.count() == 1);
  const auto* error = std::get_if<TaskError>(&sink.events.back().payload);
  const TaskResult& result = error != nullptr ? error->result : sink.last<TaskCompleted>().result;
  CHECK(result.degraded);
  CHECK(*result.cost.usd == doctest::Approx(0.41));
  REQUIRE_FALSE(result.answers.empty());
  CHECK(result.answers[0].text == "the first answer");
}

}  // namespace plenum::tests
