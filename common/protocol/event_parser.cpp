#include <algorithm>
#include <initializer_list>
#include <utility>

#include "common/json/json_access.h"
#include "common/json/json_writer.h"
#include "common/protocol/envelope_fields.h"
#include "common/protocol/event.h"
#include "common/protocol/result_fields.h"

namespace plenum {
namespace {

// A review in a result in a snapshot is nested deeper than a request may be.
constexpr JsonLimits event_limits{.depth_max = 128};

// Moves the text out, so that a token's text is copied only once, by the parser.
std::string take_text(Json& object, std::string_view key) {
  for (auto& [name, member] : object.get_ref<Json::object_t&>()) {
    if (name == key && member.is_string()) return std::move(member.get_ref<std::string&>());
  }
  return {};
}

bool contains(std::initializer_list<std::string_view> names, std::string_view name) {
  for (const std::string_view candidate : names) {
    if (candidate == name) return true;
  }
  return false;
}

// The members that are neither in the envelope nor in `own`: `"a":1,"b":"x"`.
std::string other_members(const Json& json, std::initializer_list<std::string_view> own) {
  std::string text;
  JsonFields fields(text);
  for (const auto& [name, value] : json.get_ref<const Json::object_t&>()) {
    if (is_envelope_field(name) || contains(own, name)) continue;
    std::string member;
    append_json_string(member, name);
    fields.fragment(member.append(":").append(dump_json(value)));
  }
  return text;
}

TaskStarted read_task_started(const Json& json) {
  TaskStarted event;
  event.task = text_at(json, "task");
  event.workflow = text_at(json, "workflow");
  event.members = items_at(json, "members", [](const Json& item) {
    return MemberRef{text_at(item, "id"), text_at(item, "model")};
  });
  event.trace_id = text_at(json, "trace_id");
  return event;
}

TaskProgress read_task_progress(const Json& json) {
  TaskProgress event;
  event.total_chunks = int_at(json, "total_chunks");
  event.completed = int_at(json, "completed");
  event.pending = texts_at(json, "pending");
  event.completed_chunks = texts_at(json, "completed_chunks");
  event.elapsed_ms = count_at(json, "elapsed_ms");
  event.fastest = text_at(json, "fastest");
  event.fastest_latency_ms = number_at(json, "fastest_latency_ms");
  event.estimated_time = real_at(json, "estimated_time");
  if (const Json* cost = member_of(json, "estimated_cost")) event.estimated_cost = cost_from(*cost);
  event.estimate_origin = text_at(json, "estimate_origin");
  if (const Json* cost = member_of(json, "cost")) event.cost = cost_from(*cost);
  return event;
}

ChunkCompleted read_chunk_completed(Json& json) {
  ChunkCompleted event;
  event.status = chunk_status_at(json);
  event.output = take_text(json, "output");
  event.chars = count_at(json, "chars");
  event.sha256 = text_at(json, "sha256");
  event.usage = usage_at(json);
  event.cost = cost_at(json);
  event.latency_ms = count_at(json, "latency_ms");
  event.ttft_ms = number_at(json, "ttft_ms");
  event.finish_reason = text_at(json, "finish_reason");
  event.generation = generation_from(json);
  event.truncated = flag_at(json, "truncated");
  event.repaired_at = count_at(json, "repaired_at");
  event.reasoning = take_text(json, "reasoning");
  event.cached = flag_at(json, "cached");
  event.error = error_at(json);
  event.parsed_ranking = texts_at(json, "parsed_ranking");
  event.label_order = texts_at(json, "label_order");
  if (member_of(json, "found") != nullptr) event.found = flag_at(json, "found");
  event.sources = sources_from(value_at(json, "sources"));
  event.omitted_attachments = texts_at(json, "omitted_attachments");
  return event;
}

Heartbeat read_heartbeat(const Json& json) {
  return {static_cast<std::uint64_t>(std::max<std::int64_t>(0, count_at(json, "last_seq"))), text_at(json, "epoch"),
          task_status_named(text_at(json, "status")).value_or(TaskStatus::initializing)};
}

Snapshot read_snapshot(const Json& json) {
  // On the wire `seq` is in the envelope; it is also part of the state.
  std::string state = "{";
  JsonFields fields(state);
  if (const auto seq = number_at(json, "seq")) fields.number("seq", *seq);
  fields.fragment(other_members(json, {}));
  return {state + '}'};
}

EventPayload read_payload(Json& json, const std::string& name) {
  switch (event_type_named(name)) {
    case EventType::task_started:
      return read_task_started(json);
    case EventType::task_progress:
      return read_task_progress(json);
    case EventType::chunk_started:
      return ChunkStarted{text_at(json, "description"), text_at(json, "kind")};
    case EventType::token_stream:
      return TokenStream{take_text(json, "tokens"),
                         text_at(json, "kind") == "reasoning" ? TokenKind::reasoning : TokenKind::text};
    case EventType::chunk_completed:
      return read_chunk_completed(json);
    case EventType::chunk_reset:
      return ChunkReset{text_at(json, "reason"),
                        text_at(json, "next_member"),
                        text_at(json, "next_model"),
                        usage_at(json),
                        cost_at(json),
                        count_at(json, "latency_ms"),
                        chunk_status_at(json, ChunkStatus::error),
                        generation_from(json)};
    case EventType::metrics_partial:
      return MetricsPartial{text_at(json, "stage"), texts_at(json, "models"), usage_at(json, "tokens"), cost_at(json)};
    case EventType::system_message:
      return SystemMessage{text_at(json, "level"), text_at(json, "code"), text_at(json, "message"),
                           other_members(json, {"level", "code", "message"})};
    case EventType::snapshot:
      return read_snapshot(json);
    case EventType::heartbeat:
      return read_heartbeat(json);
    case EventType::task_completed:
      return TaskCompleted{task_result_from(value_at(json, "result"))};
    case EventType::task_error:
      return TaskError{error_info_from(value_at(json, "error")), task_result_from(value_at(json, "result"))};
    case EventType::task_cancelled:
      return TaskCancelled{text_at(json, "by"), text_at(json, "reason"), task_result_from(value_at(json, "result"))};
    case EventType::unknown:
      break;
  }
  return UnknownEvent{name};
}

EventSource read_source(const Json& json) {
  EventSource source;
  source.chunk = text_at(json, "chunk");
  source.chunk_number = int_at(json, "chunk_number");
  source.agent = text_at(json, "agent");
  source.stage = text_at(json, "stage");
  source.member = text_at(json, "member");
  source.model = text_at(json, "model");
  source.attempt = int_at(json, "attempt");
  return source;
}

}  // namespace

Result<ReceivedEvent> parse_event(std::string_view text) {
  auto parsed = parse_json(text, event_limits);
  if (!parsed) return Failure(std::move(parsed.error()));
  Json& json = *parsed;
  const Json& type = value_at(json, "type");
  if (!type.is_string()) {
    return Failure(Error{ErrorCode::malformed, "an event must be a JSON object with a text in `type`"});
  }
  ReceivedEvent event;
  event.type_name = type.get<std::string>();
  event.stream_id = text_at(json, "stream_id");
  event.seq = static_cast<std::uint64_t>(std::max<std::int64_t>(0, count_at(json, "seq")));
  event.timestamp = text_at(json, "timestamp");
  event.t_ms = count_at(json, "t_ms");
  event.source = read_source(json);
  event.message_id = text_at(json, "message_id");
  event.conversation_id = text_at(json, "conversation_id");
  event.terminal = flag_at(json, "terminal");
  event.payload = read_payload(json, event.type_name);
  return event;
}

}  // namespace plenum
