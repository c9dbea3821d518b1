#include "server/http/multiplex/multiplexer.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "common/json/json.h"
#include "common/sse/decoder.h"
#include "server/http/multiplex/composite_cursor.h"
#include "server/runtime/event_loop_group.h"
#include "server/storage/memory/log.h"
#include "tests/support/manual_clock.h"
#include "tests/unit/http/peer.h"

using namespace plenum;
using namespace plenum::http;
using plenum::tests::ManualClock;
using plenum::tests::Peer;
using Streams = std::vector<std::shared_ptr<stream::Stream>>;

namespace {

const auto speaker = std::make_shared<const EventSource>(EventSource{"answer", 1, "", "", "m/a", "model", 1});

std::shared_ptr<stream::Stream> new_stream(runtime::EventLoop& loop, storage::MemoryLogOptions log = {},
                                           const std::string& epoch = "epoch1") {
  stream::StreamInfo info;
  info.id = StreamId::random();
  info.spec.task = "a task";
  info.accepted = loop.clock().steady();
  info.created_at = loop.clock().wall();
  stream::StreamDependencies dependencies{epoch, std::make_unique<storage::MemoryLog>(log)};
  return std::make_shared<stream::Stream>(std::move(info), loop, std::move(dependencies),
                                          stream::StreamLimits{.queue_events_max = 1 << 20, .merge_bytes_max = 0},
                                          std::make_shared<stream::StreamTotals>());
}

void push(stream::Stream& stream, const std::string& text) {
  REQUIRE(stream.push(Event{TokenStream{text, TokenKind::text}, speaker}));
}
void push_end(stream::Stream& stream) { REQUIRE(stream.push(Event{TaskCompleted{}, nullptr})); }

// What an EventSource sees of a connection.
struct Dashboard {
  explicit Dashboard(int send_buffer = 0) : peer(send_buffer) {}

  void read() {
    peer.read();
    if (!in_body) {
      const auto head = peer.seen.find("\r\n\r\n");
      if (head == std::string::npos) return;
      consumed = head + 4;
      in_body = true;
    }
    const std::size_t before = events.size();
    REQUIRE(decoder.feed(std::string_view(peer.seen).substr(consumed), events));
    consumed = peer.seen.size();
    for (std::size_t i = before; i < events.size(); ++i) data.push_back(*parse_json(events[i].data));
  }
  // The numbers of a stream's events, in the order of arrival, within the first `count` frames.
  std::vector<std::uint64_t> seqs(const stream::Stream& stream, std::size_t count = SIZE_MAX) {
    read();
    std::vector<std::uint64_t> found;
    for (std::size_t i = 0; i < std::min(count, data.size()); ++i) {
      if (data[i].value("stream_id", "") == stream.id().str() && data[i].contains("seq") &&
          data[i]["type"] != "snapshot") {
        found.push_back(data[i]["seq"].get<std::uint64_t>());
      }
    }
    return found;
  }
  int count(const std::string& code) {
    read();
    return static_cast<int>(std::count_if(data.begin(), data.end(), [&](const Json& frame) {
      return frame.value("code", "") == code || frame["type"] == code;
    }));
  }
  Json last(const std::string& code) {
    read();
    Json found;
    for (const Json& frame : data) {
      if (frame.value("code", "") == code) found = frame;
    }
    return found;
  }
  std::string last_id() {
    read();
    return events.empty() ? std::string() : events.back().last_event_id;
  }

  Peer peer;
  SseDecoder decoder{1 << 22};
  std::vector<SseEvent> events;
  std::vector<Json> data;
  std::size_t consumed = 0;
  bool in_body = false;
};

std::vector<std::uint64_t> up_to(std::uint64_t last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t seq = 1; seq <= last; ++seq) all.push_back(seq);
  return all;
}

MultiplexRequest list_of(const Streams& streams, const std::string& cursor = {}) {
  ListCursor positions(streams.size());
  if (!cursor.empty()) {
    const auto parsed = parse_list_cursor(cursor, streams.size());
    REQUIRE(parsed);
    positions = *parsed;
  }
  MultiplexRequest request;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    MultiplexRequest::Member member;
    member.id = streams[i]->id();
    member.stream = streams[i];
    if (positions[i]) member.cursor.last_event_id_query = positions[i]->str();
    member.position = positions[i];
    request.members.push_back(std::move(member));
  }
  return request;
}

struct MultiplexFixture {
  void subscribe(Dashboard& dashboard, MultiplexRequest request) {
    multiplexer.subscribe(dashboard.peer.server_end, std::move(request), "X-Request-Id: r1\r\n");
    turn();
  }
  void turn() {
    for (int i = 0; i < 3; ++i) loop.run_once(milliseconds(0));
  }
  void pass(milliseconds time) {
    clock.advance(time);
    turn();
    multiplexer.sweep();
    turn();
  }
  Streams open(int count) {
    Streams streams;
    for (int i = 0; i < count; ++i) streams.push_back(new_stream(loop));
    return streams;
  }

  ManualClock clock;
  runtime::EventLoop loop{clock};
  BroadcasterOptions options;
  Multiplexer multiplexer{loop, options,
                          [this](const runtime::EventLoop&) -> FeedSources& { return multiplexer.sources(); }};
};

}  // namespace

TEST_CASE_FIXTURE(MultiplexFixture, "events of several streams arrive on one connection, with one cursor for all") {
  const Streams streams = open(3);
  Dashboard dashboard;
  subscribe(dashboard, list_of(streams));
  CHECK(dashboard.count("multiplex_open") == 1);
  CHECK(dashboard.count("stream_open") == 3);
  CHECK(dashboard.peer.seen.find("X-Request-Id: r1\r\n") != std::string::npos);
  CHECK(streams[0]->subscribers() == 1);
  for (int i = 0; i < 4; ++i) {
    for (const auto& stream : streams) push(*stream, "word ");
    turn();
  }
  push(*streams[1], "one more");
  turn();
  CHECK(dashboard.seqs(*streams[0]) == up_to(4));
  CHECK(dashboard.seqs(*streams[1]) == up_to(5));
  CHECK(dashboard.last_id() == "epoch1-4-5-4");
}

TEST_CASE_FIXTURE(MultiplexFixture, "the connection ends when all its streams have ended") {
  const Streams streams = open(2);
  Dashboard dashboard;
  subscribe(dashboard, list_of(streams));
  push_end(*streams[0]);
  turn();
  CHECK(dashboard.last("stream_left")["reason"] == "ended");
  CHECK(dashboard.last("stream_left")["stream_id"] == streams[0]->id().str());
  CHECK_FALSE(dashboard.peer.ended);
  CHECK(streams[0]->subscribers() == 0);
  push_end(*streams[1]);
  turn();
  CHECK(dashboard.count("stream_left") == 2);
  CHECK(dashboard.peer.ended);
  CHECK(multiplexer.connections() == 0);
}

TEST_CASE_FIXTURE(MultiplexFixture, "resuming after any frame gives every event of every stream exactly once") {
  Streams streams = open(2);
  streams.push_back(new_stream(loop, {}, "another1"));
  for (int i = 0; i < 5; ++i) {
    for (const auto& stream : streams) push(*stream, "word ");
    push(*streams[0], "one more ");
  }
  for (const auto& stream : streams) push_end(*stream);
  turn();
  Dashboard whole;
  subscribe(whole, list_of(streams));
  turn();
  whole.read();
  CHECK(whole.peer.ended);
  REQUIRE(whole.events.size() > 20);
  for (std::size_t frames = 1; frames < whole.events.size(); ++frames) {
    CAPTURE(frames);
    Dashboard rest;
    subscribe(rest, list_of(streams, whole.events[frames - 1].last_event_id));
    for (const auto& stream : streams) {
      auto seqs = whole.seqs(*stream, frames);
      const auto more = rest.seqs(*stream);
      seqs.insert(seqs.end(), more.begin(), more.end());
      CHECK(seqs == up_to(stream->head()));
    }
    CHECK(rest.peer.ended);
  }
}

TEST_CASE_FIXTURE(MultiplexFixture, "a slow client lags without loss, holds little memory and does not delay others") {
  const Streams streams = open(2);
  Dashboard slow(4096), fast;
  subscribe(slow, list_of(streams));
  subscribe(fast, list_of(streams));
  for (int i = 0; i < 400; ++i) {
    for (const auto& stream : streams) push(*stream, std::string(200, '.'));
    turn();
    fast.read();
  }
  CHECK(fast.seqs(*streams[1]) == up_to(400));
  CHECK(slow.seqs(*streams[1]).size() < 400);
  for (const auto& stream : streams) push_end(*stream);
  for (int i = 0; i < 3000 && !slow.peer.ended; ++i) {
    slow.read();
    turn();
  }
  CHECK(slow.peer.ended);
  for (const auto& stream : streams) CHECK(slow.seqs(*stream) == up_to(401));
}

TEST_CASE_FIXTURE(MultiplexFixture, "a client that reads nothing for 30 seconds is disconnected, and can resume") {
  const Streams streams = open(2);
  Dashboard stuck(4096);
  subscribe(stuck, list_of(streams));
  for (int i = 0; i < 100; ++i) push(*streams[0], std::string(300, 'x'));
  turn();
  for (int second = 0; second < 29; ++second) pass(seconds(1));
  CHECK(multiplexer.connections() == 1);
  pass(seconds(1));
  CHECK(multiplexer.connections() == 0);
  CHECK(streams[0]->subscribers() == 0);
  auto seqs = stuck.seqs(*streams[0]);
  Dashboard again;
  subscribe(again, list_of(streams, stuck.last_id()));
  const auto more = again.seqs(*streams[0]);
  seqs.insert(seqs.end(), more.begin(), more.end());
  CHECK(seqs == up_to(100));
}

TEST_CASE_FIXTURE(MultiplexFixture, "large events of several streams arrive whole") {
  const Streams streams = open(4);
  Dashboard dashboard(16 * 1024);
  subscribe(dashboard, list_of(streams));
  for (const auto& stream : streams) {
    push(*stream, std::string(300'000, 'L'));
    push(*stream, "small");
    push_end(*stream);
  }
  for (int i = 0; i < 5000 && !dashboard.peer.ended; ++i) {
    turn();
    dashboard.read();
  }
  CHECK(dashboard.peer.ended);
  for (const auto& stream : streams) CHECK(dashboard.seqs(*stream) == up_to(3));
}

TEST_CASE_FIXTURE(MultiplexFixture, "a stream that is removed ends on the connection, and the others continue") {
  const Streams streams = open(2);
  Dashboard dashboard;
  subscribe(dashboard, list_of(streams));
  push(*streams[0], "word ");
  turn();
  streams[0]->remove();
  push(*streams[1], "word ");
  turn();
  CHECK(dashboard.last("stream_left")["reason"] == "removed");
  CHECK(dashboard.seqs(*streams[1]) == up_to(1));
  CHECK_FALSE(dashboard.peer.ended);
  CHECK(streams[0]->subscribers() == 0);
  push_end(*streams[1]);
  turn();
  dashboard.read();
  CHECK(dashboard.peer.ended);
}

TEST_CASE_FIXTURE(MultiplexFixture, "an unavailable stream and an expired cursor concern their stream only") {
  const Streams streams = open(2);
  push(*streams[0], "word ");
  turn();
  auto request = list_of(streams);
  request.members[0].cursor.last_event_id_query = "older123-7";
  request.members[0].cursor.gap = "fail";
  request.members[0].position = EventId{"older123", 7};
  MultiplexRequest::Member gone;
  gone.id = StreamId::random();
  gone.error = core::stream_gone();
  request.members.push_back(gone);
  Dashboard dashboard;
  subscribe(dashboard, std::move(request));
  dashboard.read();
  CHECK(dashboard.count("stream_left") == 2);
  CHECK(dashboard.last("stream_left")["reason"] == "unavailable");
  std::vector<std::string> codes;
  for (const Json& frame : dashboard.data) {
    if (frame.value("code", "") == "stream_left") codes.push_back(frame["error"]["code"]);
  }
  std::sort(codes.begin(), codes.end());
  CHECK(codes == std::vector<std::string>{"cursor-expired", "stream-gone"});
  push(*streams[1], "word ");
  turn();
  CHECK(dashboard.seqs(*streams[1]) == up_to(1));
  CHECK(dashboard.last_id() == "older123-7--epoch1-1-x");
}

TEST_CASE_FIXTURE(MultiplexFixture, "a cursor of another epoch gets a gap notice, a snapshot and a cursor behind it") {
  const Streams streams = open(2);
  push(*streams[0], "word ");
  turn();
  Dashboard dashboard;
  subscribe(dashboard, list_of(streams, "older123-7-x"));
  CHECK(dashboard.last("gap")["stream_id"] == streams[0]->id().str());
  CHECK(dashboard.count("snapshot") == 1);
  CHECK(dashboard.last_id() == "epoch1-1-x");
}

TEST_CASE_FIXTURE(MultiplexFixture, "filters apply to all streams, and the cursor passes what they omit") {
  const Streams streams = open(2);
  auto request = list_of(streams);
  REQUIRE(request.view.filter.set_types("task_completed"));
  Dashboard dashboard;
  subscribe(dashboard, std::move(request));
  push(*streams[0], "word ");
  push(*streams[0], "word ");
  turn();
  push_end(*streams[1]);
  turn();
  CHECK(dashboard.seqs(*streams[0]).empty());
  CHECK(dashboard.seqs(*streams[1]) == std::vector<std::uint64_t>{1});
  CHECK(dashboard.last_id() == "epoch1-2-1");
}

TEST_CASE_FIXTURE(MultiplexFixture, "a silent connection gets one heartbeat, however many streams it has") {
  const Streams streams = open(5);
  Dashboard dashboard;
  subscribe(dashboard, list_of(streams));
  pass(seconds(14));
  CHECK(dashboard.count("heartbeat") == 0);
  pass(seconds(1));
  CHECK(dashboard.count("heartbeat") == 1);
}

TEST_CASE_FIXTURE(MultiplexFixture, "a scope stays open: new streams join, ended ones leave its cursor") {
  MultiplexRequest request;
  request.opened = std::make_shared<stream::OpenedStreams>(4);
  request.known_until = clock.wall();
  const auto opened = request.opened;
  const auto early = new_stream(loop);
  opened->add(early);  // before the connection is ready
  Dashboard dashboard;
  subscribe(dashboard, std::move(request));
  CHECK(dashboard.count("stream_open") == 1);
  CHECK(parse_scope_cursor(dashboard.last_id())->streams.empty());
  clock.advance(seconds(5));
  const auto late = new_stream(loop);
  opened->add(late);
  opened->add(late);
  turn();
  CHECK(dashboard.count("stream_open") == 2);
  push(*late, "word ");
  turn();
  auto cursor = parse_scope_cursor(dashboard.last_id());
  REQUIRE(cursor);
  CHECK(cursor->known_until == std::chrono::time_point_cast<milliseconds>(late->info().created_at));
  REQUIRE(cursor->streams.size() == 2);
  CHECK(cursor->streams[0].position == EventId{"epoch1", 0});
  CHECK(cursor->streams[1].id == late->id());
  CHECK(cursor->streams[1].position == EventId{"epoch1", 1});
  push_end(*early);
  push(*late, "word ");
  turn();
  push(*late, "word ");
  turn();
  CHECK(parse_scope_cursor(dashboard.last_id())->streams.size() == 1);
  push_end(*late);
  turn();
  CHECK(dashboard.count("stream_left") == 2);
  CHECK_FALSE(dashboard.peer.ended);
  CHECK(multiplexer.connections() == 1);
  dashboard.peer.close_now();
  turn();
  CHECK(multiplexer.connections() == 0);
}

TEST_CASE_FIXTURE(MultiplexFixture, "a scope carries 64 streams, and announces those without a place") {
  MultiplexRequest request;
  request.opened = std::make_shared<stream::OpenedStreams>(4);
  const auto opened = request.opened;
  Dashboard dashboard;
  subscribe(dashboard, std::move(request));
  const Streams streams = open(65);
  for (const auto& stream : streams) opened->add(stream);
  turn();
  CHECK(dashboard.count("stream_open") == 64);
  CHECK(dashboard.last("stream_omitted")["stream_id"] == streams.back()->id().str());
}

TEST_CASE_FIXTURE(MultiplexFixture, "a shutdown is announced once, and the connection ends within its window") {
  const Streams streams = open(3);
  Dashboard dashboard;
  subscribe(dashboard, list_of(streams));
  multiplexer.drain(seconds(4));
  turn();
  CHECK(dashboard.count("draining") == 1);
  pass(seconds(5));
  dashboard.read();
  CHECK(dashboard.peer.ended);
  CHECK(multiplexer.connections() == 0);
  for (const auto& stream : streams) CHECK(stream->subscribers() == 0);
}

TEST_CASE("streams of several loops reach one socket while their threads run") {
  SystemClock clock;
  runtime::EventLoopGroup loops(clock, 2);
  const BroadcasterOptions options;
  std::vector<std::unique_ptr<Multiplexer>> multiplexers;
  const auto sources_on = [&](const runtime::EventLoop& loop) -> FeedSources& {
    return multiplexers[&loop == &loops.at(0) ? 0 : 1]->sources();
  };
  for (unsigned i = 0; i < 2; ++i)
    multiplexers.push_back(std::make_unique<Multiplexer>(loops.at(i), options, sources_on));
  Streams streams;
  for (unsigned i = 0; i < 6; ++i) streams.push_back(new_stream(loops.at(i % 2)));
  Dashboard list, leaving;
  loops.start();
  for (Dashboard* dashboard : {&list, &leaving}) {
    loops.at(0).post([&, fd = dashboard->peer.server_end] { multiplexers[0]->subscribe(fd, list_of(streams), ""); });
  }
  std::vector<std::thread> producers;
  for (const auto& stream : streams) {
    producers.emplace_back([stream] {
      for (int i = 0; i < 500; ++i) {
        if (!stream->push(Event{TokenStream{"word ", TokenKind::text}, speaker})) return;
      }
      (void)stream->push(Event{TaskCompleted{}, nullptr});
    });
  }
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!list.peer.ended && std::chrono::steady_clock::now() < limit) {
    list.read();
    if (list.data.size() > 200) leaving.peer.close_now();
    std::this_thread::yield();
  }
  for (auto& producer : producers) producer.join();
  CHECK(list.peer.ended);
  for (const auto& stream : streams) CHECK(list.seqs(*stream) == up_to(501));
  loops.stop();
  CHECK(multiplexers[0]->connections() == 0);
}
