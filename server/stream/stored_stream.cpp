#include "server/stream/stored_stream.h"

#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "common/json/json_access.h"
#include "common/json/json_writer.h"
#include "common/protocol/encoded_frame.h"

namespace plenum::stream {

namespace {

Failure damaged(std::string what) { return Failure(Error{ErrorCode::stream_damaged, std::move(what)}); }

std::string_view chunk_of(std::string_view frame) { return quoted_text_of(frame, "chunk"); }

// A log looked through once: who spoke to the end, and which frames are no tokens.
struct Overview {
  struct Place {
    std::uint64_t seq;
    std::string_view frame;
  };
  std::vector<Place> others;                                  // all but tokens
  std::unordered_map<std::string_view, std::uint64_t> ended;  // by the chunk's name as it is encoded
  std::unordered_set<std::string_view> open;                  // chunks, when the log breaks off

  void look_at(Place place) {
    const std::string_view name = event_name_of(place.frame);
    if (name == name_of(EventType::token_stream)) return;
    others.push_back(place);
    if (name == name_of(EventType::chunk_started)) open.insert(chunk_of(place.frame));
    if (name != name_of(EventType::chunk_completed)) return;
    ended[chunk_of(place.frame)] = place.seq;
    open.erase(chunk_of(place.frame));
  }
  // Whether these are tokens of a chunk whose end, with the whole text, is behind them.
  bool is_told_later(Place place) const {
    if (event_name_of(place.frame) != name_of(EventType::token_stream)) return false;
    const auto end = ended.find(chunk_of(place.frame));
    return end != ended.end() && end->second > place.seq;
  }
};

// The frames that say all that the log says: most logs have the end of every chunk, and then need no token.
std::vector<Overview::Place> telling_frames(const std::vector<core::Frames>& parts) {
  Overview log;
  core::each_frame(parts, [&](std::uint64_t seq, std::string_view frame) { log.look_at({seq, frame}); });
  if (log.open.empty()) return std::move(log.others);
  std::vector<Overview::Place> telling;
  core::each_frame(parts, [&](std::uint64_t seq, std::string_view frame) {
    if (!log.is_told_later({seq, frame})) telling.push_back({seq, frame});
  });
  return telling;
}

EventStamp stamp_of(const ReceivedEvent& event) {
  EventStamp stamp;
  stamp.seq = event.seq;
  stamp.t_ms = event.t_ms;
  parse_rfc3339(event.timestamp, stamp.time);
  return stamp;
}

}  // namespace

std::string info_json(const StreamInfo& info) {
  Json skipped = Json::array();
  for (const auto& member : info.skipped) skipped.push_back(to_json(member));
  std::string json = "{";
  JsonFields(json)
      .raw("spec", task_request_body(info.spec))
      .raw("skipped", dump_json(skipped))
      .text("trace_id", info.trace_id)
      .raw("plan", info.plan.json.empty() ? "{}" : info.plan.json);
  return json + '}';
}

Result<StreamInfo> info_from(const core::StoredTask& task, WallTime now, SteadyTime steady) {
  const auto json = parse_json(task.info_json, {.depth_max = 96});
  if (!json || !json->is_object()) return damaged("what was accepted cannot be read");
  auto request = parse_task_request(dump_json(value_at(*json, "spec")));
  if (!request.spec) return damaged("the task cannot be read");
  StreamInfo info;
  info.id = task.id;
  info.spec = std::move(*request.spec);
  info.created_at = task.created_at;
  // The wall clock may have been set back meanwhile.
  info.accepted = steady - std::max(now - task.created_at, milliseconds(0));
  info.trace_id = text_at(*json, "trace_id");
  info.skipped = items_at(*json, "skipped", [](const Json& item) {
    return SkippedMember{text_at(item, "id"), text_at(item, "reason")};
  });
  info.plan = {dump_json(value_at(*json, "plan")), task.workflow};
  info.retention = task.retention;
  return info;
}

std::string workflow_of(const core::StoredTask& task) {
  const auto json = parse_json(task.info_json, {.depth_max = 96});
  if (!json || !json->is_object()) return {};
  const std::string workflow = text_at(value_at(*json, "spec"), "workflow");
  return workflow.empty() ? TaskSpec().workflow : workflow;
}

Result<ReceivedEvent> event_of_frame(std::string_view frame) {
  const std::string_view data = data_of(frame);
  if (data.empty() || !frame.ends_with("\n\n"))
    return Failure(Error{ErrorCode::malformed, "this is no frame of an event log"});
  return parse_event(data);
}

Result<StreamState> rebuild_state(const std::vector<core::Frames>& parts) {
  StreamState state;
  for (const auto& [seq, frame] : telling_frames(parts)) {
    auto received = event_of_frame(frame);
    if (!received || received->seq != seq) return damaged("an event of the log cannot be read");
    Event event{std::move(received->payload), nullptr};
    if (!received->source.chunk.empty()) event.source = std::make_shared<const EventSource>(received->source);
    state.apply(event, stamp_of(*received));
  }
  return state;
}

void change_epoch(core::Frames& frames, std::string_view from, std::string_view to) {
  const std::string before = "id: " + std::string(from) + '-';
  std::uint32_t begin = 0;
  for (const std::uint32_t end : frames.ends) {
    if (std::string_view(frames.bytes).substr(begin, before.size()) == before) {
      frames.bytes.replace(begin + 4, to.size(), to);
    }
    begin = end;
  }
}

}  // namespace plenum::stream
