#include "server/http/multiplex/frame_writer.h"

#include <doctest/doctest.h>

#include "tests/unit/http/peer.h"

using namespace plenum::http;
using plenum::tests::Peer;

TEST_CASE("a frame is split into the number of its id and the rest") {
  const std::string frames = "id: e1-12\nevent: a\ndata: {}\n\nevent: b\ndata: {}\n\n";
  const auto numbered = split_frame(frames);
  CHECK(numbered.seq == "12");
  CHECK(numbered.body == "event: a\ndata: {}\n\n");
  const auto control = split_frame(std::string_view(frames).substr(numbered.bytes));
  CHECK(control.seq.empty());
  CHECK(control.body == "event: b\ndata: {}\n\n");
  CHECK(numbered.bytes + control.bytes == frames.size());
}

TEST_CASE("the id of a frame becomes the cursor of the connection") {
  Peer peer;
  FrameWriter writer;
  const std::string frames = "id: e1-12\nevent: a\ndata: {}\n\nevent: b\ndata: {}\n\nid: e1-13\nevent: c\ndata: {}\n\n";
  const auto written = writer.write(peer.server_end, frames, {"e1-5-", "-7"});
  CHECK(written.consumed == frames.size());
  CHECK(written.last_seq == "13");
  CHECK(peer.read() ==
        "id: e1-5-12-7\nevent: a\ndata: {}\n\nevent: b\ndata: {}\n\nid: e1-5-13-7\nevent: c\ndata: {}\n\n");
  ::close(peer.server_end);
}

TEST_CASE("a full socket loses no byte of a frame") {
  Peer peer(4096);
  FrameWriter writer;
  std::string frames, expected;
  for (int i = 1; i <= 300; ++i) {
    const std::string rest = "\nevent: a\ndata: " + std::string(static_cast<std::size_t>(i), 'x') + "\n\n";
    frames += "id: e1-" + std::to_string(i) + rest;
    expected += "id: e1-" + std::to_string(i) + "-9" + rest;
  }
  std::string_view left = frames;
  for (int turns = 0; turns < 10'000 && (!left.empty() || writer.has_rest()); ++turns) {
    if (writer.has_rest()) {
      REQUIRE_FALSE(writer.flush(peer.server_end).failed);
    } else {
      left.remove_prefix(writer.write(peer.server_end, left, {"e1-", "-9"}).consumed);
    }
    peer.read();
  }
  CHECK((peer.read() == expected));
  ::close(peer.server_end);
}
