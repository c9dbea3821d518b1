#include <doctest/doctest.h>

#include "tests/architecture/architecture_rules.h"

namespace plenum::tests {

namespace {

// The only thing that is wrong with the tree; "" when nothing is, everything when there is more.
std::string wrong_with(const SourceTree& tree) {
  std::string all;
  for (const std::string& line : architecture_violations(tree)) all += all.empty() ? line : "\n" + line;
  return all;
}

// Text that the rules look for, in pieces: this file is under the rules as well.
const std::string sleeping =
    "std::this_thread::sleep_"
    "for(1ms);\n";
const std::string unfinished =
    "// TO"
    "DO later\n";
const std::string machine =
    "const char* path = \"/ho"
    "me/me/plenum\";\n";

}  // namespace

TEST_CASE("every file of the repository keeps the rules of the house") {
  SourceTree tree = read_source_tree(PLENUM_SOURCE_DIR);
  REQUIRE(tree.count("common/protocol/event.h") == 1);
  for (const std::string& line : architecture_violations(tree)) FAIL_CHECK(line);
}

TEST_CASE("an include that points down is right") {
  CHECK(
      wrong_with({{"server/http/handlers/handlers.cpp", "#include \"server/task/task_service.h\"\n#include <string>\n"},
                  {"server/app/app.cpp",
                   "#include \"server/http/handlers/handlers.h\"\n#include \"server/stream/stream.h\"\n"},
                  {"server/main.cpp", "#include \"server/app/app.h\"\n"},
                  {"client/cli/commands/commands.cpp",
                   "#include \"client/api/api_client.h\"\n#include \"common/protocol/event.h\"\n"},
                  {"server/stream/stream_state.cpp", "#include \"server/stream/stream_state.h\"\n"}}) == "");
}

TEST_CASE("an include that points up is named with both floors") {
  CHECK(wrong_with({{"server/stream/stream.cpp", "#include <map>\n\n  #  include \"server/task/task_service.h\"\n"}}) ==
        "server/stream/stream.cpp:3: points up from server/stream (floor 3) to server/task (floor 4)");
  CHECK(wrong_with({{"common/base/ids.cpp", "#include \"server/core/chat.h\"\n"}}) ==
        "common/base/ids.cpp:1: points up from common (floor 0) to server/core (floor 1)");
}

TEST_CASE("an include of a neighbour is named") {
  CHECK(wrong_with({{"server/workflow/run/run.cpp", "#include \"server/stream/stream.h\"\n"}}) ==
        "server/workflow/run/run.cpp:1: points sideways from server/workflow (floor 3) to server/stream (floor 3)");
}

TEST_CASE("a room without a floor and an include that is not from the root are named") {
  CHECK(wrong_with({{"server/attic/box.cpp", "#include \"common/base/ids.h\"\n"}}) ==
        "server/attic/box.cpp:1: stands in room server/attic, which has no floor; give it one in "
        "tests/architecture/architecture_rules.cpp");
  CHECK(wrong_with({{"server/http/a.cpp", "#include \"../task/views.h\"\n"}}) ==
        "server/http/a.cpp:1: includes ../task/views.h; write the path from the root of the repository");
}

TEST_CASE("the client stands on common alone, and nothing stands on the client or on tests") {
  CHECK(wrong_with({{"client/api/api_client.cpp", "#include \"server/core/chat.h\"\n"}}) ==
        "client/api/api_client.cpp:1: points from client/api to server/core; the client stands on common alone");
  CHECK(wrong_with({{"server/http/a.cpp", "#include \"client/api/api_client.h\"\n"}}) ==
        "server/http/a.cpp:1: points from server/http to client/api, which is no room of the server");
  CHECK(wrong_with({{"common/base/clock.cpp", "#include \"tests/support/manual_clock.h\"\n"}}) ==
        "common/base/clock.cpp:1: points from common to tests, which is no room of the server");
}

TEST_CASE("a library outside its door is named") {
  CHECK(wrong_with({{"server/task/views.cpp", "#include <httplib.h>\n"}}) ==
        "server/task/views.cpp:1: includes httplib.h, whose door is server/http/");
  CHECK(wrong_with({{"server/http/a.cpp", "#include <curl/curl.h>\n"}}) ==
        "server/http/a.cpp:1: includes curl/curl.h, whose door is server/provider/ or client/api/");
  CHECK(wrong_with({{"server/stream/stream.h", "// x\n#include <concurrentqueue/concurrentqueue.h>\n"}}) ==
        "server/stream/stream.h:2: includes concurrentqueue/concurrentqueue.h, whose door is "
        "server/stream/event_queue.h");
  CHECK(wrong_with({{"server/task/views.cpp", "#include <kainjow/mustache.hpp>\n"}}) ==
        "server/task/views.cpp:1: includes kainjow/mustache.hpp, whose door is server/workflow/");
  CHECK(wrong_with({{"common/base/ids.cpp", "#include <doctest/doctest.h>\n"}}) ==
        "common/base/ids.cpp:1: includes doctest/doctest.h, whose door is tests/");
}

TEST_CASE("two files behind one door are both named") {
  CHECK(wrong_with({{"server/provider/a.cpp", "#include <curl/curl.h>\n"},
                    {"server/provider/b.cpp", "#include <curl/curl.h>\n"},
                    {"client/api/c.cpp", "#include <curl/curl.h>\n"}}) ==
        "server/provider/a.cpp:1: is one of 2 files that include curl/ in server/provider/; one is the door\n"
        "server/provider/b.cpp:1: is one of 2 files that include curl/ in server/provider/; one is the door");
}

TEST_CASE("a circle between files is told step by step, once") {
  CHECK(wrong_with({{"common/a.h", "// a\n#include \"common/b.h\"\n"},
                    {"common/b.h", "// b\n#include \"common/c.h\"\n"},
                    {"common/c.h", "// c\n#include \"common/a.h\"\n"}}) ==
        "common/a.h:1: is part of a circle: common/a.h -> common/b.h -> common/c.h -> common/a.h");
}

TEST_CASE("a header without a comment, a machine's path, unfinished work and a sleeping test are named") {
  CHECK(wrong_with({{"common/a.h", "#pragma once\n"}}) ==
        "common/a.h:1: has no comment that says what it is and who may call it");
  CHECK(wrong_with({{"common/a.cpp", "\n" + machine}}).find("common/a.cpp:2: names a path of one machine") == 0);
  CHECK(wrong_with({{"common/a.cpp", unfinished}}).find("common/a.cpp:1: holds ") == 0);
  CHECK(wrong_with({{"tests/unit/a.cpp", sleeping}}) ==
        "tests/unit/a.cpp:1: sleeps; wait for what is to happen, with a deadline");
  CHECK(wrong_with({{"tests/support/a.cpp", sleeping}}) == "");
}

}  // namespace plenum::tests
