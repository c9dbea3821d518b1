#include "server/stream/stored_stream.h"

#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "common/base/utf8.h"
#include "common/json/json_access.h"
#include "common/json/json_writer.h"
#include "common/sse/encoded_frame.h"

namespace plenum::stream {

namespace {

Failure damaged(std::string what) { return Failure(Error{ErrorCode::stream_damaged, std::move(what)}); }

std::string_view chunk_of(std::string_view frame) { return quoted_text_of(frame, "chunk"); }

struct Frame {
  std::uint64_t seq;
  std::string_view text;
};

// One pass over a log: which chunks ended, and which frames are not tokens.
struct LogIndex {
  std::vector<Frame> without_tokens;
  std::unordered_map<std::string_view, std::uint64_t> ended;  // by encoded chunk name
  std::unordered_set<std::string_view> open;                  // chunks without an end

  void add(Frame frame) {
    const std::string_view name = event_name_of(frame.text);
    if (name == name_of(EventType::token_stream)) return;
    without_tokens.push_back(frame);
    if (name == name_of(EventType::chunk_started)) open.insert(chunk_of(frame.text));
    if (name != name_of(EventType::chunk_completed)) return;
    ended[chunk_of(frame.text)] = frame.seq;
    open.erase(chunk_of(frame.text));
  }
  // Whether these are tokens of a chunk whose end, with its complete text, comes later.
  bool is_redundant(Frame frame) const {
    if (event_name_of(frame.text) != name_of(EventType::token_stream)) return false;
    const auto end = ended.find(chunk_of(frame.text));
    return end != ended.end() && end->second > frame.seq;
  }
};

// The frames that determine the state. Most logs have the end of every chunk, and then tokens are not needed.
std::vector<Frame> relevant_frames(const std::vector<core::Frames>& parts) {
  LogIndex log;
  core::each_frame(parts, [&](std::uint64_t seq, std::string_view frame) { log.add({seq, frame}); });
  if (log.open.empty()) return std::move(log.without_tokens);
  std::vector<Frame> relevant;
  core::each_frame(parts, [&](std::uint64_t seq, std::string_view frame) {
    if (!log.is_redundant({seq, frame})) relevant.push_back({seq, frame});
  });
  return relevant;
}

EventStamp stamp_of(const ReceivedEvent& event) {
  EventStamp stamp;
  stamp.seq = event.seq;
  stamp.t_ms = event.t_ms;
  parse_rfc3339(event.timestamp, stamp.time);
  return stamp;
}

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

}  // namespace

core::StoredTask stored_task(const StreamInfo& info, const std::string& epoch) {
  core::StoredTask task;
  task.id = info.id;
  task.epoch = epoch;
  task.info_json = info_json(info);
  task.workflow = info.plan.workflow;
  task.task = info.spec.task;
  task.conversation_id = info.spec.conversation_id;
  task.created_at = task.used_at = info.created_at;
  task.retention = info.retention;
  return task;
}

Result<StreamInfo> info_from(const core::StoredTask& task, WallTime now, SteadyTime steady) {
  const auto json = parse_json(task.info_json, {.depth_max = 96});
  if (!json || !json->is_object()) return damaged("the stored task info is damaged");
  auto request = parse_task_request(dump_json(value_at(*json, "spec")));
  if (!request.spec) return damaged("the stored task is damaged");
  StreamInfo info;
  info.id = task.id;
  info.spec = std::move(*request.spec);
  info.created_at = task.created_at;
  // The wall clock may have been set back since.
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

void reduce_info(core::StoredTask& task) {
  if (const std::string workflow = workflow_of(task); !workflow.empty()) {
    task.info_json = dump_json(Json{{"spec", {{"workflow", workflow}}}});
  }
}

std::string tag_of(const TaskSpec& spec) {
  constexpr std::size_t tag_characters_max = 100;
  if (spec.metadata_json.find("\"tag\"") == std::string::npos) return {};
  const auto metadata = parse_json(spec.metadata_json, {.depth_max = 96});
  std::string tag = metadata && metadata->is_object() ? text_at(*metadata, "tag") : std::string();
  return code_points(tag) <= tag_characters_max ? tag : std::string();
}

Result<ReceivedEvent> event_of_frame(std::string_view frame) {
  const std::string_view data = data_of(frame);
  if (data.empty() || !frame.ends_with("\n\n"))
    return Failure(Error{ErrorCode::malformed, "not a frame of an event log"});
  return parse_event(data);
}

Result<StreamState> rebuild_state(const std::vector<core::Frames>& parts) {
  StreamState state;
  for (const auto& [seq, frame] : relevant_frames(parts)) {
    auto received = event_of_frame(frame);
    if (!received || received->seq != seq) return damaged("an event of the stored log is damaged");
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
