#include "client/cli/tasks/task_ids.h"

#include <doctest/doctest.h>

#include "client/cli/args/task_id_text.h"

using namespace plenum;
using namespace plenum::client;

namespace {

const std::vector<std::string> newest = {"6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f", "6f1c9999-8a4b-4c5d-9e6f-7a8b9c0d1e2f",
                                         "a0b1c2d3-8a4b-4c5d-9e6f-7a8b9c0d1e2f"};

Error failed(std::string_view text, const std::vector<std::string>& ids = newest) {
  const auto resolved = resolved_id(text, ids);
  REQUIRE_FALSE(resolved.has_value());
  return resolved.error();
}

}  // namespace

TEST_CASE("a task is named by its id, the beginning of it, last, or its position") {
  CHECK(resolved_id("6F1C2D3E-8A4B-4C5D-9E6F-7A8B9C0D1E2F", {}) == newest[0]);
  CHECK(resolved_id("a0b1", newest) == newest[2]);
  CHECK(resolved_id("6f1c9", newest) == newest[1]);
  CHECK(resolved_id("6F1C2D3E-8a", newest) == newest[0]);
  CHECK(resolved_id("last", newest) == newest[0]);
  CHECK(resolved_id("@1", newest) == newest[0]);
  CHECK(resolved_id("@3", newest) == newest[2]);
}

TEST_CASE("a name of several tasks lists them, and one of none states where the ids are") {
  CHECK(failed("6f1c").code == ErrorCode::usage);
  CHECK(failed("6f1c").message == "several ids begin with 6f1c: " + newest[0] + ", " + newest[1]);
  CHECK(failed("ffff").code == ErrorCode::stream_not_found);
  CHECK(failed("ffff").message == "no id of the newest 3 tasks begins with ffff");
  CHECK(failed("@4").message == "there are only 3 tasks, so there is no @4");
  CHECK(failed("last", {}).message == "there are no tasks yet");
}

TEST_CASE("other texts are no names of tasks") {
  for (const char* wrong : {"", "a", "abc", "xyz1", "last2", "@", "@0", "@101", "@-1", "6f1c2d3e8a4b", "----",
                            "6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f0"}) {
    CAPTURE(wrong);
    CHECK_FALSE(task_id_text(wrong).has_value());
    CHECK(check_task_id(wrong).find("is not a stream id") != std::string::npos);
  }
}
