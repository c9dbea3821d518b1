// A run that looks for the answer of a similar task before it calls a model.
#include "server/workflow/run/similar_answer_search.h"

#include "tests/unit/workflow/run/run_fixture.h"

namespace plenum::tests {

namespace {

using namespace workflow;

constexpr std::string_view one_step = R"(name = "one"
description = "d"
roles = ["r"]
answer = "{{answer}}"
[[steps]]
id = "answer"
agent = "A"
stage = "s"
prompt = "{{task}}"
)";

// An embedder whose calls the test answers.
class ScriptedEmbedder final : public core::Embedder {
 public:
  std::unique_ptr<core::EmbeddingCall> embed(std::string text, core::EmbeddingListener& listener) override {
    if (!available) return nullptr;
    texts.push_back(std::move(text));
    listener_ = &listener;
    return std::make_unique<Handle>(*this);
  }
  bool open() const { return listener_ != nullptr; }
  void answer(Result<std::vector<float>> vector = std::vector<float>{1, 0}) {
    REQUIRE(open());
    listener_->on_embedding(std::move(vector));
  }
  bool available = true;
  std::vector<std::string> texts;

 private:
  struct Handle final : core::EmbeddingCall {
    explicit Handle(ScriptedEmbedder& of) : owner(of) {}
    ~Handle() override { owner.listener_ = nullptr; }
    ScriptedEmbedder& owner;
  };
  core::EmbeddingListener* listener_ = nullptr;
};

// A cache with the answers that the test lists.
class ScriptedCache final : public core::AnswerRecorder {
 public:
  void put(const std::string& key, std::string, std::optional<core::TaskVector> task) override {
    put_key = key;
    put_task = std::move(task);
  }
  void find_similar(core::TaskVector task, std::function<void(core::SimilarTasks)> found) override {
    searched = std::move(task);
    if (answers) return found(similar);
    waiting = std::move(found);
  }
  std::optional<core::CachedAnswer> take(const std::string& key) override {
    taken.push_back(key);
    const auto answer = stored.find(key);
    return answer == stored.end() ? std::nullopt : std::optional(core::CachedAnswer{answer->second, origin});
  }
  const StreamId origin = StreamId::random();
  core::SimilarTasks similar;
  bool answers = true;
  std::map<std::string, std::string> stored;
  core::TaskVector searched;
  std::function<void(core::SimilarTasks)> waiting;
  std::vector<std::string> taken;
  std::string put_key;
  std::optional<core::TaskVector> put_task;
};

struct SearchFixture : RunFixture {
  SearchFixture() {
    providers.embeddings = &embedder;
    // The recorded run of an earlier task.
    begin(load(one_step), a_task("What is the capital of France?"));
    answer(0, "Paris");
    cache->stored["earlier"] = write_cached_run(recorded(sink.events));
    sink.events.clear();
    providers.forget_calls();
    finished_calls = 0;
    run.reset();
    cache->similar = {{"earlier", "What is the capital of France?", 0.9712}};
  }
  // As the cache stores it: without text events and progress.
  static std::vector<Event> recorded(const std::vector<Event>& events) {
    std::vector<Event> events_of_run;
    for (const Event& event : events) {
      const auto type = event.type();
      if (type == EventType::chunk_started || type == EventType::chunk_completed || type == EventType::task_completed)
        events_of_run.push_back(event);
    }
    return events_of_run;
  }
  static TaskSpec a_task(std::string text = "Please tell me the capital of France.") {
    TaskSpec spec;
    spec.task = std::move(text);
    return spec;
  }
  void ask(std::string text = "Please tell me the capital of France.") {
    Assignment assignment = assign_members(load(one_step), 1);
    assignment.cache = cache;
    assignment.cache_keys = {"exact key", "conditions"};
    assignment.similarity = SimilarityOptions{"p/embed", 0.95, milliseconds(2000)};
    run = std::make_unique<Run>(std::move(assignment), a_task(std::move(text)), trace_id, sink, providers, loop,
                                [this] { ++finished_calls; });
    run->start();
  }
  void embed() {
    embedder.answer();
    turn();
  }
  bool is_hit() const {
    for (const Event& event : sink.events) {
      const auto* message = std::get_if<SystemMessage>(&event.payload);
      if (message != nullptr && message->code == "cache_hit") return true;
    }
    return false;
  }

  ScriptedEmbedder embedder;
  std::shared_ptr<ScriptedCache> cache = std::make_shared<ScriptedCache>();
};

}  // namespace

TEST_CASE_FIXTURE(SearchFixture, "a similar task is answered from the cache, and names its origin and similarity") {
  ask();
  CHECK(sink.lines() == Lines{"task_started"});
  embed();
  CHECK(cache->searched.conditions == "conditions");
  CHECK(cache->searched.model == "p/embed");
  CHECK(is_hit());
  CHECK(providers.count() == 0);
  const TaskResult& result = sink.last<TaskCompleted>().result;
  CHECK(result.answer == "Paris");
  CHECK(result.cached);
  REQUIRE(result.cache);
  CHECK(result.cache->stream_id == cache->origin.str());
  CHECK(result.cache->similarity == 0.9712);
  const auto& message = std::get<SystemMessage>(sink.events[1].payload);
  CHECK(message.message ==
        "Answered from the cache: the earlier task \"What is the capital of France?\" is similar (0.971); no model was "
        "called.");
  CHECK(message.fields_json.find("\"kind\":\"semantic\",\"similarity\":0.9712") != std::string::npos);
  CHECK(message.fields_json.find(cache->origin.str()) != std::string::npos);
  turn();
  CHECK(finished_calls == 1);
}

TEST_CASE_FIXTURE(SearchFixture, "a task below the threshold, or with other words that matter, is no hit") {
  SUBCASE("threshold") { cache->similar[0].similarity = 0.9499; }
  SUBCASE("name") { cache->similar[0].text = "What is the capital of Italy?"; }
  SUBCASE("nothing similar") { cache->similar.clear(); }
  SUBCASE("removed in the meantime") { cache->stored.clear(); }
  SUBCASE("damaged") { cache->stored["earlier"][70] ^= 1; }
  ask();
  embed();
  CHECK_FALSE(is_hit());
  answer(0, "Paris");
  CHECK_FALSE(sink.last<TaskCompleted>().result.cached);
  CHECK(cache->put_key == "exact key");
  REQUIRE(cache->put_task);
  CHECK(cache->put_task->values == std::vector<float>{1, 0});
  CHECK(cache->put_task->text == "Please tell me the capital of France.");
}

TEST_CASE_FIXTURE(SearchFixture, "the most similar task that may share its answer is taken") {
  cache->similar = {{"another", "What is the capital of Italy?", 0.99},
                    {"gone", "What is the capital of France?", 0.98},
                    {"earlier", "Tell me the capital of France", 0.97}};
  ask();
  embed();
  CHECK(is_hit());
  CHECK(cache->taken == std::vector<std::string>{"gone", "earlier"});
}

TEST_CASE_FIXTURE(SearchFixture, "a task whose embedding fails calls its models") {
  ask();
  embedder.answer(Failure(Error{ErrorCode::timeout, "no embedding"}));
  turn();
  answer(0, "Paris");
  CHECK(sink.last<TaskCompleted>().result.answer == "Paris");
  CHECK(cache->put_key == "exact key");
  CHECK_FALSE(cache->put_task);
}

TEST_CASE_FIXTURE(SearchFixture, "a task is not searched for without an embedder, or if it is long") {
  SUBCASE("cooldown") {
    embedder.available = false;
    ask();
  }
  SUBCASE("no provider") {
    providers.embeddings = nullptr;
    ask();
  }
  SUBCASE("long") { ask(std::string(SimilarAnswerSearch::task_bytes_max + 1, 'x')); }
  CHECK(embedder.texts.empty());
  CHECK(providers.count() == 1);
}

TEST_CASE_FIXTURE(SearchFixture, "a search that takes too long is given up, and its late result is dropped") {
  cache->answers = false;
  ask();
  embed();
  CHECK(providers.count() == 0);
  pass(milliseconds(2001));
  CHECK(providers.count() == 1);
  cache->waiting(cache->similar);
  turn();
  CHECK_FALSE(is_hit());
  answer(0, "Paris");
  CHECK(sink.last<TaskCompleted>().result.answer == "Paris");
}

TEST_CASE_FIXTURE(SearchFixture,
                  "a task that is cancelled, or runs out of time, while it searches ends without a call") {
  ask();
  SUBCASE("cancelled before the embedding") {
    run->cancel("caller", "no longer needed");
    CHECK_FALSE(embedder.open());
  }
  SUBCASE("cancelled before the result") {
    cache->answers = false;
    embed();
    run->cancel("caller", "no longer needed");
    cache->waiting(cache->similar);
  }
  SUBCASE("deadline") { pass(std::chrono::hours(24)); }
  turn();
  turn();
  CHECK(providers.count() == 0);
  CHECK_FALSE(is_hit());
  CHECK(sink.events.back().terminal());
  CHECK(sink.lines_of(EventType::task_completed).empty());
  CHECK(finished_calls == 1);
}

TEST_CASE_FIXTURE(SearchFixture, "a run that is destroyed while it searches is not called") {
  cache->answers = false;
  ask();
  embed();
  run.reset();
  cache->waiting(cache->similar);
  turn();
  CHECK(providers.count() == 0);
}

}  // namespace plenum::tests
