#include "tests/crash/frame_cutter.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace plenum::tests {

TEST_CASE("frames are cut with their exact bytes, however those arrive") {
  const std::string first = "event: system_message\ndata: {\"a\":1}\n\n",
                    second = "id: e-1\nevent: task_started\ndata: {}\n\n";
  const std::string body = "retry: 1500\n" + first + second;
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    CAPTURE(cut);
    FrameCutter cutter;
    std::vector<std::string> seen;
    CutFrame frame;
    for (const std::string& piece : {body.substr(0, cut), body.substr(cut)}) {
      cutter.feed(piece);
      while (cutter.next(frame)) {
        CHECK_FALSE(cutter.fault());
        seen.emplace_back(frame.bytes);
      }
    }
    CHECK(cutter.clean());
    CHECK(seen == std::vector<std::string>{first, second});
    CHECK(frame.id == "e-1");
    CHECK(frame.event == "task_started");
    CHECK(frame.data == "{}");
  }
}

TEST_CASE("a frame that violates the protocol is a finding, and the next one is read") {
  FrameCutter cutter;
  cutter.feed("id: e-1\nevent: a\ndata: {}\ndata: {}\n\nid: e-2\nevent: a\ndata: {}\n\n: comment\n\n");
  CutFrame frame;
  REQUIRE(cutter.next(frame));
  CHECK(cutter.fault());
  REQUIRE(cutter.next(frame));
  CHECK_FALSE(cutter.fault());
  CHECK(frame.id == "e-2");
  REQUIRE(cutter.next(frame));
  CHECK(cutter.fault());
  CHECK_FALSE(cutter.next(frame));
}

}  // namespace plenum::tests
