#include "common/protocol/event.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/strings.h"
#include "common/json/json_writer.h"
#include "common/protocol/envelope_fields.h"

namespace plenum {
namespace {

constexpr std::array<std::string_view, 14> event_names = {
    "task_started",   "task_progress",   "chunk_started",  "token_stream", "chunk_completed",
    "chunk_reset",    "metrics_partial", "system_message", "snapshot",     "heartbeat",
    "task_completed", "task_error",      "task_cancelled", "unknown"};
static_assert(event_names.size() == std::variant_size_v<EventPayload>);
static_assert(event_names.size() == static_cast<std::size_t>(EventType::unknown) + 1);

void append_decimal(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

// Whether the payload has a stage, which replaces that of the source.
bool names_stage(const Event& event) {
  const auto* metrics = std::get_if<MetricsPartial>(&event.payload);
  return metrics != nullptr && !metrics->stage.empty();
}

void add_source(JsonFields& fields, const EventSource& source, bool with_stage = true) {
  fields.text_if("chunk", source.chunk);
  if (source.chunk_number != 0) fields.number("chunk_number", source.chunk_number);
  fields.text_if("agent", source.agent);
  if (with_stage) fields.text_if("stage", source.stage);
  fields.text_if("member", source.member);
  fields.text_if("model", source.model);
  if (source.attempt != 0) fields.number("attempt", source.attempt);
}

// Replaces line ends between JSON tokens, which would end the data line. Strings in JSON contain none.
std::string on_one_line(std::string json) {
  for (char& c : json) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return json;
}

// The end of the member that starts at `at`: before a comma or the end of the enclosing object.
std::size_t value_end(std::string_view json, std::size_t at) {
  bool in_string = false;
  for (int depth = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth-- == 0) break;
    } else if (c == ',' && depth == 0) {
      break;
    }
  }
  return std::min(at, json.size());
}

// Adds the members of a JSON object that are not in the envelope, so that no name is repeated. Scanned without a
// parser, because a snapshot can have megabytes and is encoded on the owner loop.
void add_members(JsonFields& fields, std::string_view object, bool has_seq) {
  std::size_t at = object.find('{');
  while (at < object.size() && object[at] != '}') {
    const std::size_t start = object.find('"', at);
    if (start == std::string_view::npos) return;
    const std::size_t end = value_end(object, start);
    const std::string_view member = object.substr(start, end - start);
    const std::string_view name = member.substr(1, member.find('"', 1) - 1);
    if (name == "seq" ? !has_seq : !is_envelope_field(name)) fields.fragment(member);
    at = end;
  }
}

void add_usage(JsonFields& fields, std::string_view key, const Usage& usage) {
  fields.raw(key, dump_json(to_json(usage)));
}
void add_generation(JsonFields& fields, const Generation& generation) {
  Json json = Json::object();
  add_generation(json, generation);
  for (const auto& [name, value] : json.items()) fields.raw(name, dump_json(value));
}
void add_cost(JsonFields& fields, const Cost& cost) { fields.raw("cost", dump_json(to_json(cost))); }

// Writes the payload of each event, in the order of docs/protocol.md, "Events".
struct PayloadWriter {
  JsonFields& fields;
  const EventStamp& stamp;

  void operator()(const TaskStarted& event) const {
    Json members = Json::array();
    for (const MemberRef& member : event.members) members.push_back(to_json(member));
    fields.text("task", event.task).text("workflow", event.workflow).raw("members", dump_json(members));
    fields.text_if("trace_id", event.trace_id);
  }
  void operator()(const TaskProgress& event) const {
    fields.number("total_chunks", event.total_chunks).number("completed", event.completed);
    fields.texts("pending", event.pending).texts("completed_chunks", event.completed_chunks);
    fields.number("elapsed_ms", event.elapsed_ms).text_if("fastest", event.fastest);
    if (event.fastest_latency_ms) fields.number("fastest_latency_ms", *event.fastest_latency_ms);
    if (event.estimated_time) fields.real("estimated_time", *event.estimated_time);
    if (event.estimated_cost) fields.raw("estimated_cost", dump_json(to_json(*event.estimated_cost)));
    fields.text_if("estimate_origin", event.estimate_origin);
    if (event.cost) fields.raw("cost", dump_json(to_json(*event.cost)));
  }
  void operator()(const ChunkStarted& event) const {
    fields.text_if("description", event.description);
    fields.text_if("kind", event.kind);
  }
  void operator()(const TokenStream& event) const {
    fields.text("tokens", event.tokens).raw("kind", event.kind == TokenKind::text ? R"("text")" : R"("reasoning")");
  }
  void operator()(const ChunkCompleted& event) const {
    fields.text("status", name_of(event.status)).text("output", event.output).number("chars", event.chars);
    fields.text_if("sha256", event.sha256);
    add_usage(fields, "usage", event.usage);
    add_cost(fields, event.cost);
    fields.number("latency_ms", event.latency_ms);
    if (event.ttft_ms) {
      fields.number("ttft_ms", *event.ttft_ms);
    } else {
      fields.raw("ttft_ms", "null");
    }
    fields.text_if("finish_reason", event.finish_reason);
    add_generation(fields, event.generation);
    if (event.truncated) fields.flag("truncated", true);
    if (event.repaired_at > 0) fields.number("repaired_at", event.repaired_at);
    fields.text_if("reasoning", event.reasoning);
    fields.flag("cached", event.cached);
    if (event.error) fields.raw("error", dump_json(to_json(*event.error)));
    if (!event.parsed_ranking.empty()) fields.texts("parsed_ranking", event.parsed_ranking);
    if (!event.label_order.empty()) fields.texts("label_order", event.label_order);
    if (!event.omitted_attachments.empty()) fields.texts("omitted_attachments", event.omitted_attachments);
    if (event.found) fields.flag("found", *event.found);
    if (!event.found && event.sources.empty()) return;
    Json sources = Json::array();
    for (const SourceRef& source : event.sources) sources.push_back(to_json(source));
    fields.raw("sources", dump_json(sources));
  }
  void operator()(const ChunkReset& event) const {
    fields.text("reason", event.reason).text_if("next_member", event.next_member);
    fields.text_if("next_model", event.next_model);
    add_usage(fields, "usage", event.usage);
    add_cost(fields, event.cost);
    fields.number("latency_ms", event.latency_ms).text("status", name_of(event.status));
    add_generation(fields, event.generation);
  }
  void operator()(const MetricsPartial& event) const {
    fields.text_if("stage", event.stage).texts("models", event.models);
    add_usage(fields, "tokens", event.tokens);
    add_cost(fields, event.cost);
  }
  void operator()(const SystemMessage& event) const {
    fields.text("level", event.level).text("code", event.code).text_if("message", event.message);
    fields.fragment(on_one_line(event.fields_json));
  }
  void operator()(const Snapshot& event) const { add_members(fields, on_one_line(event.state_json), stamp.seq != 0); }
  void operator()(const Heartbeat& event) const {
    fields.text("ts", rfc3339(stamp.time)).number("last_seq", static_cast<std::int64_t>(event.last_seq));
    fields.text("epoch", event.epoch).text("status", name_of(event.status));
  }
  void operator()(const TaskCompleted& event) const { fields.raw("result", dump_json(to_json(event.result))); }
  void operator()(const TaskError& event) const {
    fields.raw("error", dump_json(to_json(event.error))).raw("result", dump_json(to_json(event.result)));
  }
  void operator()(const TaskCancelled& event) const {
    fields.text("by", event.by).text("reason", event.reason).raw("result", dump_json(to_json(event.result)));
  }
  void operator()(const UnknownEvent&) const {}
};

}  // namespace

std::string_view name_of(EventType type) { return event_names[static_cast<std::size_t>(type)]; }

EventType event_type_named(std::string_view name) {
  for (std::size_t i = 0; i < event_names.size(); ++i) {
    if (event_names[i] == name) return static_cast<EventType>(i);
  }
  return EventType::unknown;
}

std::string source_fields(const EventSource& source) {
  std::string text;
  JsonFields fields(text);
  add_source(fields, source);
  return text;
}

EventEncoder::EventEncoder(const StreamId& stream, std::string epoch, std::string message_id,
                           std::string conversation_id)
    : epoch_(std::move(epoch)) {
  // Part of the id line: any other byte could end the line or corrupt the client's cursor.
  std::erase_if(epoch_, [](char c) { return !is_lower_alphanumeric(c); });
  JsonFields(stream_fields_).text("stream_id", stream.str());
  JsonFields(caller_fields_).text_if("message_id", message_id).text_if("conversation_id", conversation_id);
}

void EventEncoder::append_frame(std::string& out, const Event& event, const EventStamp& stamp) const {
  if (stamp.seq != 0) {
    out.append("id: ").append(epoch_).push_back('-');
    append_decimal(out, stamp.seq);
    out.push_back('\n');
  }
  out.append("event: ").append(name_of(event.type())).append("\ndata: ");
  append_json(out, event, stamp);
  out.append("\n\n");
}

void EventEncoder::append_json(std::string& out, const Event& event, const EventStamp& stamp) const {
  out.append(R"({"v":1,"type":")").append(name_of(event.type())).append("\",").append(stream_fields_);
  if (stamp.seq != 0) {
    out.append(R"(,"seq":)");
    append_decimal(out, stamp.seq);
  }
  out.append(R"(,"timestamp":")").append(rfc3339(stamp.time)).push_back('"');
  JsonFields fields(out, false);
  fields.number("t_ms", stamp.t_ms);
  if (event.source) add_source(fields, *event.source, !names_stage(event));
  fields.fragment(caller_fields_);
  std::visit(PayloadWriter{fields, stamp}, event.payload);
  if (event.terminal()) fields.raw("terminal", "true");
  out.push_back('}');
}

}  // namespace plenum
