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

struct BroadcasterFixture : StreamFixture {
  BroadcasterFixture() : StreamFixture({}, {.queue_events_max = 1 << 20, .merge_bytes_max = 0}) {}
  void subscribe(Peer& peer, std::uint64_t after = 0) {
    StartPoint start;
    start.after = after;
    broadcaster.subscribe({peer.server_end, stream, start, "X-Request-Id: r1\r\n"});
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
  Broadcaster broadcaster{loop, BroadcasterOptions{}};
};

}  // namespace

TEST_CASE_FIXTURE(BroadcasterFixture, "headers and stream_open are sent at once, before the first event") {
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

TEST_CASE_FIXTURE(BroadcasterFixture,
                  "late and live subscribers get the same bytes, and the body ends after the terminal event") {
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
  CHECK(broadcaster.subscribers() == 0);
}

TEST_CASE_FIXTURE(BroadcasterFixture, "a subscriber whose socket is full lags without loss and does not delay others") {
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

TEST_CASE_FIXTURE(BroadcasterFixture,
                  "a subscriber that reads nothing for 30 seconds is disconnected, a slow one is not") {
  Peer stuck(4096), slow(4096);
  subscribe(stuck);
  subscribe(slow);
  for (int i = 0; i < 400; ++i) CHECK(push_token(std::string(300, 'x') + std::to_string(i)));
  turn();
  for (int second = 0; second < 29; ++second) {
    clock.advance(seconds(1));
    slow.read();
    turn();
    broadcaster.sweep();
  }
  CHECK(stream->subscribers() == 2);
  clock.advance(seconds(1));
  slow.read();
  turn();
  broadcaster.sweep();
  CHECK(stream->subscribers() == 1);
  stuck.read();
  CHECK(stuck.ended);
}

TEST_CASE_FIXTURE(BroadcasterFixture,
                  "after 15 seconds without frames a heartbeat is sent, without an id and between frames") {
  Peer peer;
  subscribe(peer);
  turn();
  clock.advance(milliseconds(14'999));
  turn();
  broadcaster.sweep();
  CHECK(peer.read().find("event: heartbeat") == std::string::npos);
  clock.advance(milliseconds(1));
  turn();
  broadcaster.sweep();
  const std::string& seen = peer.read();
  const auto beat = seen.find("\n\nevent: heartbeat\ndata: {");
  REQUIRE(beat != std::string::npos);
  CHECK(seen.find("\"last_seq\":0") != std::string::npos);
  // The interval counts from the last frame of any kind.
  clock.advance(seconds(10));
  CHECK(push_token("a"));
  turn();
  clock.advance(seconds(10));
  turn();
  broadcaster.sweep();
  CHECK(peer.read().find("event: heartbeat", beat + 3) == std::string::npos);
}

TEST_CASE_FIXTURE(BroadcasterFixture, "a disconnect is detected at once, without a write") {
  Peer peer;
  subscribe(peer);
  turn();
  CHECK(stream->subscribers() == 1);
  peer.close_now();
  turn();
  CHECK(stream->subscribers() == 0);
}

TEST_CASE_FIXTURE(BroadcasterFixture, "disconnects during a delivery do not affect other subscribers") {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<Peer>());
    subscribe(*peers.back());
  }
  turn();
  for (int i = 0; i < 20; i += 3) peers[static_cast<std::size_t>(i)]->close_now();
  CHECK(push_token("a"));  // published in the iteration that detects the disconnects
  turn();
  CHECK(push_end());
  turn();
  const std::string log = whole_log();
  for (int i = 0; i < 20; ++i) {
    if (i % 3 != 0) CHECK((peers[static_cast<std::size_t>(i)]->log_bytes() == log));
  }
  CHECK(stream->subscribers() == 0);
}

TEST_CASE_FIXTURE(BroadcasterFixture, "a large backlog is sent over several iterations and is complete") {
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

TEST_CASE_FIXTURE(BroadcasterFixture, "a snapshot has the id of its last event, and later events follow it") {
  CHECK(stream->push(Event{ChunkStarted{}, speaker}));
  CHECK(push_token("so far"));
  turn();
  Peer peer;
  StartPoint start;
  start.after = stream->head();
  start.snapshot = true;
  start.gap = StartPoint::Gap{1, 2};
  broadcaster.subscribe({peer.server_end, stream, start, ""});
  CHECK(push_token(" and on"));
  turn();
  const std::string& seen = peer.read();
  CHECK(seen.find("\"code\":\"gap\"") != std::string::npos);
  CHECK(seen.find("id: epoch1-2\nevent: snapshot\n") != std::string::npos);
  CHECK(seen.find("\"text\":\"so far\"") != std::string::npos);
  CHECK(seen.find("id: epoch1-3\nevent: token_stream\n") != std::string::npos);
}

TEST_CASE_FIXTURE(BroadcasterFixture,
                  "a drain notifies every subscriber and closes all connections within its window") {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<Peer>());
    subscribe(*peers.back());
  }
  turn();
  broadcaster.drain(seconds(5));
  for (auto& peer : peers) {
    CHECK(peer->read().find("\"code\":\"draining\"") != std::string::npos);
    CHECK_FALSE(peer->ended);
  }
  clock.advance(seconds(5));
  turn();
  broadcaster.sweep();
  turn();
  for (auto& peer : peers) {
    peer->read();
    CHECK(peer->ended);
  }
  CHECK(stream->subscribers() == 0);
}

TEST_CASE_FIXTURE(BroadcasterFixture,
                  "a new subscriber during a drain gets the available events and the notice, and is closed soon") {
  CHECK(push_token("so far"));
  turn();
  broadcaster.drain(seconds(5));
  Peer late;
  subscribe(late);
  turn();
  CHECK(late.read().find("\"code\":\"draining\"") != std::string::npos);
  CHECK((late.log_bytes() == whole_log()));
  clock.advance(seconds(1));
  turn();
  broadcaster.sweep();
  turn();
  late.read();
  CHECK(late.ended);
}

TEST_CASE_FIXTURE(BroadcasterFixture,
                  "a peer that keeps sending after the end is disconnected and does not block the loop") {
  CHECK(push_end());
  turn();
  Peer sender;
  subscribe(sender);
  const std::string bytes(64 * 1024, 'x');
  int iterations = 0;
  for (; iterations < 100 && sender.write(bytes); ++iterations) turn();
  CHECK(iterations < 100);
}

TEST_CASE_FIXTURE(BroadcasterFixture, "removing a stream closes its subscribers' connections") {
  Peer peer;
  subscribe(peer);
  turn();
  stream->remove();
  turn();
  peer.read();
  CHECK(peer.ended);
  CHECK(broadcaster.subscribers() == 0);
}

TEST_CASE_FIXTURE(BroadcasterFixture, "a drain does not interrupt a frame that is partly sent") {
  Peer slow(4096);
  subscribe(slow);
  CHECK(push_token(std::string(300'000, 'x')));
  turn();
  CHECK(slow.read().find("event: token_stream") != std::string::npos);
  broadcaster.drain(seconds(5));
  CHECK(push_token("the last"));
  for (int i = 0; i < 2000 && slow.seen.find("the last") == std::string::npos; ++i) {
    slow.read();
    turn();
  }
  CHECK((slow.read().find(whole_log()) != std::string::npos));
}

TEST_CASE_FIXTURE(BroadcasterFixture, "a silent stream sends one heartbeat per heartbeat interval") {
  Peer peer;
  subscribe(peer);
  turn();
  for (int half_seconds = 0; half_seconds < 40; ++half_seconds) {
    clock.advance(milliseconds(500));
    turn();
    broadcaster.sweep();
    turn();
  }
  std::size_t heartbeats = 0;
  const std::string& seen = peer.read();
  for (auto at = seen.find("event: heartbeat"); at != std::string::npos; at = seen.find("event: heartbeat", at + 1))
    ++heartbeats;
  CHECK(heartbeats == 1);
}

TEST_CASE_FIXTURE(BroadcasterFixture, "subscribers that disconnect while they catch up are not served again") {
  Broadcaster small_shares{loop, BroadcasterOptions{.batch_bytes_max = 4096}};
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
  CHECK(small_shares.subscribers() == 20);
  CHECK(push_end());
  for (int i = 0; i < 400 && stream->subscribers() > 0; ++i) turn();
  const std::string log = whole_log();
  for (std::size_t i = 1; i < peers.size(); i += 2) CHECK((peers[i]->log_bytes() == log));
}
