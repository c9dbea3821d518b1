// The terminal client's commands about finished tasks, against the real server with either store.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/flow/world.h"
#include "tests/support/process/program.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

struct Past {
  explicit Past(const std::string& store) : world({{"store", "\"" + store + "\""}}) {
    world.upstream.always(whole_answer("The bloom filter it is."));
  }
  Finished plenum(std::vector<std::string> args) const {
    return run_to_end(plenum_command(world.server.url(), std::move(args)), seconds(60));
  }
  std::string ended(std::string_view workflow, std::string_view task, std::string_view fields = {}) {
    std::string id = world.submit(workflow, task, fields);
    world.whole_stream(id);
    return id;
  }

  World world;
};

// Each test with the store in memory and with the one on disk.
template <class Test>
void with_each_store(Test test) {
  const TempDir dir;
  for (const std::string& store : {std::string("memory"), "sqlite:" + (dir.path() / "log.db").string()}) {
    CAPTURE(store);
    Past past(store);
    test(past);
  }
}

}  // namespace

TEST_CASE("in a pipe the list has each task complete, on one line") {
  Past past("memory");
  const std::string task = "Which index fits, " + std::string(300, 'x') + ", to the very end?";
  const std::string id = past.ended("single", task);
  const std::string out = past.plenum({"list"}).out;
  REQUIRE(out.find(id) != std::string::npos);
  CHECK(out.substr(out.find(id)).find(task + "\n") != std::string::npos);
}

TEST_CASE("list finds tasks by words of the question or of the answer") {
  with_each_store([](Past& past) {
    const std::string first = past.ended("single", "Which index fits a set of keys?");
    past.world.upstream.always(whole_answer("unused"));
    CHECK(past.plenum({"list", "--search", "keys index"}).out.find(first) != std::string::npos);
    CHECK(past.plenum({"list", "--search", "bloom"}).out.find(first) != std::string::npos);
    CHECK(past.plenum({"list", "--search", "zebra"}).out == "No task contains \"zebra\".\n");
  });
}

TEST_CASE("a deleted task is gone from every command") {
  with_each_store([](Past& past) {
    const std::string id = past.ended("single", "Forget me.");
    CHECK(past.plenum({"delete", id}).exit_code == 2);  // no terminal
    CHECK(past.plenum({"status", id}).exit_code == 0);
    CHECK(past.plenum({"delete", "--yes", id}).exit_code == 0);
    for (const char* command : {"status", "export", "attach", "retry"}) {
      CAPTURE(command);
      CHECK(past.plenum({command, id}).exit_code == 6);
    }
    CHECK(past.plenum({"delete", "--yes", id}).exit_code == 6);
    CHECK(past.plenum({"list"}).out.find(id) == std::string::npos);
    CHECK(past.plenum({"list", "--search", "forget"}).out.find(id) == std::string::npos);
  });
}

TEST_CASE("retry repeats the synthesis from the stored answers, and follows it") {
  with_each_store([](Past& past) {
    const std::string id = past.ended("synthesize", "Choose.", R"("members":["bench/m1","bench/m2"])");
    const std::size_t calls = past.world.upstream.request_count();
    const Finished retry = past.plenum({"retry", id});
    CAPTURE(retry.err);
    CHECK(retry.exit_code == 0);
    CHECK(retry.out.find("The bloom filter it is.") != std::string::npos);
    CHECK(past.world.upstream.request_count() == calls + 1);  // the synthesis alone
    CHECK(past.plenum({"retry", "--from", "all", id}).exit_code == 0);
    CHECK(past.world.upstream.request_count() == 2 * calls + 1);
    const Finished detached = past.plenum({"retry", "--detach", id});
    CHECK(detached.exit_code == 0);
    CHECK(detached.out.size() == id.size() + 1);
    CHECK(detached.out.find(id) == std::string::npos);
  });
}

TEST_CASE("retry from a step that the workflow does not have is an error that names a valid step") {
  with_each_store([](Past& past) {
    const Finished retry = past.plenum({"retry", past.ended("single", "x"), "--from", "rankings"});
    CAPTURE(retry.err);
    CHECK(retry.exit_code == 2);
    CHECK(retry.err.find("plenum retry --from all ID") != std::string::npos);
  });
}

TEST_CASE("an export of a task is the same before and after a restart of the server") {
  const TempDir dir;
  const std::string store = "sqlite:" + (dir.path() / "log.db").string();
  std::string id, document, json;
  {
    Past past(store);
    id = past.ended("synthesize", "Choose.", R"("members":["bench/m1","bench/m2"])");
    document = past.plenum({"export", id}).out;
    json = past.plenum({"export", "--json", id}).out;
  }
  Past past(store);
  CHECK(past.plenum({"export", id}).out == document);
  CHECK(past.plenum({"export", "--json", id}).out == json);
}

}  // namespace plenum::tests
