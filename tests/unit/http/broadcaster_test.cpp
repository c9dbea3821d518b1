#include "server/http/sse/broadcaster.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/http/peer.h"
#include "tests/unit/stream/stream_fixture.h"

using namespace plenum;
using namespace plenum::http;
using plenum::tests::Peer;
using plenum::tests::StreamFixture;

namespace {

struct DeliveryFixture : StreamFixture {
  DeliveryFixture() : StreamFixture({}, {.queue_events_max = 1 << 20, .merge_bytes_max = 0}) {}
  void subscribe(Peer& peer, std::uint64_t after = 0) {
    StartPoint start;
    start.after = after;
    delivery.subscribe({peer.server_end, stream, start, "X-Request-Id: r1\r\n"});
  }
  std::string whole_log() {
    std::string bytes;
    for (std::uint64_t seq = 0; seq < stream->head();) {
      const auto span = stream->frames_after(seq, 1 << 20);
      bytes += span.bytes;
      seq = span.last_seq();
    }
    return bytes;
  }
  Broadcaster delivery{loop, BroadcasterOptions{}};
};

}  // namespace

TEST_CASE_FIXTURE(DeliveryFixture, "headers and stream_open leave at once, before any event exists") {
  Peer peer;
  subscribe(peer);
  const std::string& seen = peer.read();
  CHECK(seen.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(seen.find("Content-Type: text/event-stream; charset=utf-8\r\n") != std::string::npos);
  CHECK(seen.find("Cache-Control: no-store, no-transform\r\n") != std::string::npos);
  CHECK(seen.find("X-Accel-Buffering: no\r\n") != std::string::npos);
  CHECK(seen.find("X-Request-Id: r1\r\n") != std::string::npos);
  const auto body = seen.substr(seen.find("\r\n\r\n") + 4);
  CHECK(body.starts_with("retry: "));
  CHECK(body.find("event: system_message\ndata: {") != std::string::npos);
  CHECK(body.find("\"code\":\"stream_open\"") != std::string::npos);
  CHECK(body.find("\nid:") == std::string::npos);
  CHECK(stream->subscribers() == 1);
}

TEST_CASE_FIXTURE(DeliveryFixture,
                  "late and live readers get the same bytes, and the body ends after the terminal event") {
  Peer early, late;
  subscribe(early);
  CHECK(push_token("one "));
  turn();
  CHECK(push_token("two "));
  turn();
  subscribe(late);
  CHECK(push_end());
  turn();
  Peer after_the_end;
  subscribe(after_the_end);
  turn();
  const std::string log = whole_log();
  for (Peer* peer : {&early, &late, &after_the_end}) {
    CHECK((peer->log_bytes() == log));
    CHECK(peer->ended);
  }
  CHECK(stream->subscribers() == 0);
  CHECK(delivery.readers() == 0);
}

TEST_CASE_FIXTURE(DeliveryFixture, "a reader whose socket is full lags without loss and hurts nobody") {
  Peer slow(4096), fast;
  subscribe(slow);
  subscribe(fast);
  for (int i = 0; i < 400; ++i) {
    CHECK(push_token("token " + std::to_string(i) + std::string(200, '.')));
    turn();
    fast.read();
  }
  CHECK((fast.log_bytes() == whole_log()));
  CHECK(slow.log_bytes().size() < whole_log().size());
  CHECK(push_end());
  for (int i = 0; i < 2000 && !slow.ended; ++i) {
    slow.read();
    turn();
  }
  CHECK((slow.log_bytes() == whole_log()));
  CHECK(slow.ended);
}

TEST_CASE_FIXTURE(DeliveryFixture,
                  "a reader that takes nothing for 30 seconds is cut, one that takes a little is not") {
  Peer stuck(4096), slow(4096);
  subscribe(stuck);
  subscribe(slow);
  for (int i = 0; i < 400; ++i) CHECK(push_token(std::string(300, 'x') + std::to_string(i)));
  turn();
  for (int second = 0; second < 29; ++second) {
    clock.advance(seconds(1));
    slow.read();
    turn();
    delivery.sweep();
  }
  CHECK(stream->subscribers() == 2);
  clock.advance(seconds(1));
  slow.read();
  turn();
  delivery.sweep();
  CHECK(stream->subscribers() == 1);
  stuck.read();
  CHECK(stuck.ended);
}

TEST_CASE_FIXTURE(DeliveryFixture, "after 15 seconds of silence a heartbeat comes, without an id and between frames") {
  Peer peer;
  subscribe(peer);
  turn();
  clock.advance(milliseconds(14'999));
  turn();
  delivery.sweep();
  CHECK(peer.read().find("event: heartbeat") == std::string::npos);
  clock.advance(milliseconds(1));
  turn();
  delivery.sweep();
  const std::string& seen = peer.read();
  const auto beat = seen.find("\n\nevent: heartbeat\ndata: {");
  REQUIRE(beat != std::string::npos);
  CHECK(seen.find("\"last_seq\":0") != std::string::npos);
  // A frame counts as much as a heartbeat: the silence begins anew.
  clock.advance(seconds(10));
  CHECK(push_token("a"));
  turn();
  clock.advance(seconds(10));
  turn();
  delivery.sweep();
  CHECK(peer.read().find("event: heartbeat", beat + 3) == std::string::npos);
}

TEST_CASE_FIXTURE(DeliveryFixture, "a reader that goes away is noticed at once, without anything being sent") {
  Peer peer;
  subscribe(peer);
  turn();
  CHECK(stream->subscribers() == 1);
  peer.close_now();
  turn();
  CHECK(stream->subscribers() == 0);
}

TEST_CASE_FIXTURE(DeliveryFixture, "readers that leave while others are served do not disturb them") {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<Peer>());
    subscribe(*peers.back());
  }
  turn();
  for (int i = 0; i < 20; i += 3) peers[static_cast<std::size_t>(i)]->close_now();
  CHECK(push_token("a"));  // drained in the turn in which the leavers are heard
  turn();
  CHECK(push_end());
  turn();
  const std::string log = whole_log();
  for (int i = 0; i < 20; ++i) {
    if (i % 3 != 0) CHECK((peers[static_cast<std::size_t>(i)]->log_bytes() == log));
  }
  CHECK(stream->subscribers() == 0);
}

TEST_CASE_FIXTURE(DeliveryFixture, "a large backlog is sent in shares over several turns and arrives whole") {
  for (int i = 0; i < 4000; ++i) CHECK(push_token(std::string(300, 'x') + std::to_string(i)));
  CHECK(push_end());
  turn();
  Peer late;
  subscribe(late);
  for (int i = 0; i < 4000 && !late.ended; ++i) {
    late.read();
    turn();
  }
  CHECK((late.log_bytes() == whole_log()));
}

TEST_CASE_FIXTURE(DeliveryFixture, "a snapshot carries the id of its number and the tail follows") {
  CHECK(stream->push(Event{ChunkStarted{}, speaker}));
  CHECK(push_token("so far"));
  turn();
  Peer peer;
  StartPoint start;
  start.after = stream->head();
  start.snapshot = true;
  start.gap = StartPoint::Gap{1, 2};
  delivery.subscribe({peer.server_end, stream, start, ""});
  CHECK(push_token(" and on"));
  turn();
  const std::string& seen = peer.read();
  CHECK(seen.find("\"code\":\"gap\"") != std::string::npos);
  CHECK(seen.find("id: epoch1-2\nevent: snapshot\n") != std::string::npos);
  CHECK(seen.find("\"text\":\"so far\"") != std::string::npos);
  CHECK(seen.find("id: epoch1-3\nevent: token_stream\n") != std::string::npos);
}

TEST_CASE_FIXTURE(DeliveryFixture, "a drain tells every reader and ends all connections within its window") {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<Peer>());
    subscribe(*peers.back());
  }
  turn();
  delivery.drain(seconds(5));
  for (auto& peer : peers) {
    CHECK(peer->read().find("\"code\":\"draining\"") != std::string::npos);
    CHECK_FALSE(peer->ended);
  }
  clock.advance(seconds(5));
  turn();
  delivery.sweep();
  turn();
  for (auto& peer : peers) {
    peer->read();
    CHECK(peer->ended);
  }
  CHECK(stream->subscribers() == 0);
}

TEST_CASE_FIXTURE(DeliveryFixture,
                  "whoever comes while the server drains gets what there is, is told, and is sent away soon") {
  CHECK(push_token("so far"));
  turn();
  delivery.drain(seconds(5));
  Peer late;
  subscribe(late);
  turn();
  CHECK(late.read().find("\"code\":\"draining\"") != std::string::npos);
  CHECK((late.log_bytes() == whole_log()));
  clock.advance(seconds(1));
  turn();
  delivery.sweep();
  turn();
  late.read();
  CHECK(late.ended);
}

TEST_CASE_FIXTURE(DeliveryFixture, "a peer that goes on talking after its answer is cut and does not hold the loop") {
  CHECK(push_end());
  turn();
  Peer talker;
  subscribe(talker);
  const std::string chatter(64 * 1024, 'x');
  int turns = 0;
  for (; turns < 100 && talker.write(chatter); ++turns) turn();
  CHECK(turns < 100);
}

TEST_CASE_FIXTURE(DeliveryFixture, "a stream that is removed ends its readers' connections") {
  Peer peer;
  subscribe(peer);
  turn();
  stream->remove();
  turn();
  peer.read();
  CHECK(peer.ended);
  CHECK(delivery.readers() == 0);
}

TEST_CASE_FIXTURE(DeliveryFixture, "a drain does not interrupt a frame that is partly sent") {
  Peer slow(4096);
  subscribe(slow);
  CHECK(push_token(std::string(300'000, 'x')));
  turn();
  CHECK(slow.read().find("event: token_stream") != std::string::npos);
  delivery.drain(seconds(5));
  CHECK(push_token("the last"));
  for (int i = 0; i < 2000 && slow.seen.find("the last") == std::string::npos; ++i) {
    slow.read();
    turn();
  }
  CHECK((slow.read().find(whole_log()) != std::string::npos));
}

TEST_CASE_FIXTURE(DeliveryFixture, "a silent stream sends one heartbeat per heartbeat interval") {
  Peer peer;
  subscribe(peer);
  turn();
  for (int half_seconds = 0; half_seconds < 40; ++half_seconds) {
    clock.advance(milliseconds(500));
    turn();
    delivery.sweep();
    turn();
  }
  std::size_t heartbeats = 0;
  const std::string& seen = peer.read();
  for (auto at = seen.find("event: heartbeat"); at != std::string::npos; at = seen.find("event: heartbeat", at + 1))
    ++heartbeats;
  CHECK(heartbeats == 1);
}

TEST_CASE_FIXTURE(DeliveryFixture, "subscribers that disconnect while they catch up are not served again") {
  Broadcaster small_shares{loop, BroadcasterOptions{.write_bytes_max = 4096}};
  for (int i = 0; i < 100; ++i) CHECK(push_token(std::string(300, 'x') + std::to_string(i)));
  turn();
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 40; ++i) {
    peers.push_back(std::make_unique<Peer>());
    StartPoint start;
    small_shares.subscribe({peers.back()->server_end, stream, start, ""});
  }
  for (std::size_t i = 0; i < peers.size(); i += 2) peers[i]->close_now();
  turn();
  CHECK(stream->subscribers() == 20);
  CHECK(small_shares.readers() == 20);
  CHECK(push_end());
  for (int i = 0; i < 400 && stream->subscribers() > 0; ++i) turn();
  const std::string log = whole_log();
  for (std::size_t i = 1; i < peers.size(); i += 2) CHECK((peers[i]->log_bytes() == log));
}
