#include "server/task/export/export.h"

#include <nlohmann/json.hpp>

#include "common/base/base64.h"
#include "common/base/sha256.h"
#include "common/json/json_access.h"
#include "server/task/export/export_parts.h"
#include "server/task/json_parts.h"
#include "server/task/views.h"

namespace plenum::task {
namespace {

constexpr int export_version = 1;

// The body that would ask for this task again; the workflow stands there also when it is the default, and attachments
// that are no text have their size and hash instead of their data.
Json spec_json(const TaskSpec& spec) {
  auto body = parse_json(task_request_body(spec));
  Json json = body ? *std::move(body) : Json::object();
  json["workflow"] = spec.workflow;
  if (json.contains("context")) json["context"] = without_data(std::move(json["context"]));
  return json;
}

Json chunk_json(const stream::ChunkView& chunk, TaskStatus of_the_task) {
  Json json = chunk_view(chunk);
  json["status"] = status_word(chunk, of_the_task);
  json["partial"] = is_partial(chunk);
  json["cost"] = to_json(chunk.finished ? chunk.cost : Cost{});
  json["ttft_ms"] = chunk.ttft_ms ? Json(*chunk.ttft_ms) : Json(nullptr);
  json["latency_ms"] = chunk.finished ? Json(chunk.latency_ms) : Json(nullptr);
  return json;
}

stream::StreamState state_of(const stream::Stream& stream) {
  return stream.with_state([](const stream::StreamState& fold) { return fold; });
}

}  // namespace

Json without_data(Json context) {
  Json* attachments = context.is_object() && context.contains("attachments") ? &context["attachments"] : nullptr;
  if (attachments == nullptr || !attachments->is_array()) return context;
  for (Json& attachment : *attachments) {
    if (member_of(attachment, "data") == nullptr) continue;
    const auto bytes = base64_decoded(text_at(attachment, "data"));
    attachment.erase("data");
    attachment["bytes"] = bytes ? Json(bytes->size()) : Json(nullptr);
    attachment["sha256"] = bytes ? Json(sha256_hex(*bytes)) : Json(nullptr);
  }
  return context;
}

bool is_partial(const stream::ChunkView& chunk) { return !chunk.finished || chunk.status != ChunkStatus::ok; }

std::string_view status_word(const stream::ChunkView& chunk, TaskStatus of_the_task) {
  if (chunk.finished) return name_of(chunk.status);
  return name_of(is_terminal(of_the_task) ? TaskStatus::interrupted : TaskStatus::running);
}

Json export_json(const stream::StreamInfo& facts, const stream::StreamState& fold) {
  Json members = Json::array(), chunks = Json::array();
  for (const auto& member : fold.members) members.push_back(to_json(member.member));
  for (const auto& chunk : fold.chunks) chunks.push_back(chunk_json(chunk, fold.status));
  return {{"format", "plenum-export"},
          {"version", export_version},
          {"stream_id", facts.id.str()},
          {"trace_id", facts.trace_id},
          {"status", name_of(fold.status)},
          {"created_at", rfc3339(facts.created_at)},
          {"started_at", time_or_null(fold.started_at)},
          {"updated_at", rfc3339(fold.last_seq == 0 ? facts.created_at : fold.updated_at)},
          {"finished_at", time_or_null(fold.finished_at)},
          {"last_seq", fold.last_seq},
          {"spec", spec_json(facts.spec)},
          {"members", std::move(members)},
          {"skipped", list_of(facts.skipped)},
          {"degraded", fold.result && fold.result->degraded},
          {"reasons", fold.result ? Json(fold.result->reasons) : Json::array()},
          {"error", fold.error ? to_json(*fold.error) : Json(nullptr)},
          {"usage", to_json(fold.usage)},
          {"cost", to_json(fold.open_chunks > 0 ? Cost{} : fold.cost)},
          {"progress", progress_view(fold.progress)},
          {"chunks", std::move(chunks)},
          {"result", fold.result ? to_json(*fold.result) : Json(nullptr)}};
}

Json export_json(const stream::Stream& stream) { return export_json(stream.info(), state_of(stream)); }

std::string export_markdown(const stream::Stream& stream) { return export_markdown(stream.info(), state_of(stream)); }

}  // namespace plenum::task
