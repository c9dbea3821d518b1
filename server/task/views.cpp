#include "server/task/views.h"

#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "server/stream/stored_stream.h"
#include "server/task/json_parts.h"

namespace plenum::task {

namespace {

constexpr int poll_after_ms = 1000;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json member_view(const stream::MemberView& member) {
  Json view{{"id", member.member.id},          {"model", member.member.model},
            {"status", member.status},         {"ttft_ms", or_null(member.ttft_ms)},
            {"latency_ms", member.latency_ms}, {"chars", member.chars},
            {"usage", to_json(member.usage)},  {"cost", to_json(member.status == "running" ? Cost{} : member.cost)},
            {"attempt", member.attempt}};
  if (member.error) view["error"] = to_json(*member.error);
  return view;
}

// The fields that list rows and status share, besides the text of the task.
Json standing(const stream::Stream& stream, const stream::StreamState& fold) {
  const auto& facts = stream.info();
  return {{"stream_id", facts.id.str()},
          {"workflow", facts.spec.workflow},
          {"status", name_of(fold.status)},
          {"total_chunks", fold.progress.total_chunks},
          {"chunks_completed", fold.progress.completed},
          {"last_seq", fold.last_seq},
          {"created_at", rfc3339(facts.created_at)},
          {"finished_at", time_or_null(fold.finished_at)},
          {"readers", stream.subscribers()}};
}

void add_text(Json& row, std::string_view task, ListedText text) {
  const std::string_view start = first_characters(task, listed_characters_max);
  const bool cut = text == ListedText::start && start.size() < task.size();
  row["task"] = cut ? start : task;
  row["task_cut"] = cut;
}

}  // namespace

Json chunk_view(const stream::ChunkView& chunk) {
  Json view{{"chunk", chunk.source.chunk},
            {"chunk_number", chunk.source.chunk_number},
            {"agent", chunk.source.agent},
            {"stage", chunk.source.stage},
            {"member", chunk.source.member},
            {"model", chunk.source.model},
            {"status", chunk.finished ? std::string(name_of(chunk.status)) : "running"},
            {"text", chunk.text},
            {"attempt", chunk.source.attempt},
            {"usage", to_json(chunk.usage)}};
  if (!chunk.reasoning.empty()) view["reasoning"] = chunk.reasoning;
  if (!chunk.sources.empty()) view["sources"] = list_of(chunk.sources);
  if (chunk.error) view["error"] = to_json(*chunk.error);
  return view;
}

Json progress_view(const TaskProgress& progress) {
  Json view{{"total_chunks", progress.total_chunks},
            {"completed", progress.completed},
            {"pending", progress.pending},
            {"completed_chunks", progress.completed_chunks},
            {"elapsed_ms", progress.elapsed_ms}};
  if (!progress.fastest.empty()) {
    view["fastest"] = progress.fastest;
    view["fastest_latency_ms"] = or_null(progress.fastest_latency_ms);
  }
  return view;
}

Json accepted_view(const PreparedTask& prepared, milliseconds heartbeat) {
  const auto& facts = prepared.info;
  const std::string id = facts.id.str();
  std::vector<MemberRef> members;
  for (const auto& member : prepared.assignment.members) members.push_back({member.id, member.model});
  return {{"stream_id", id},
          {"status", name_of(TaskStatus::initializing)},
          {"task", facts.spec.task},
          {"workflow", facts.spec.workflow},
          {"created_at", rfc3339(facts.created_at)},
          {"expires_at", rfc3339(facts.created_at + facts.retention)},
          {"memory_expires_at", rfc3339(facts.created_at + facts.memory_ttl)},
          {"events_url", api::with_id(api::events, id)},
          {"status_url", api::with_id(api::status, id)},
          {"cancel_url", api::with_id(api::cancel, id)},
          {"heartbeat_s", std::chrono::ceil<seconds>(heartbeat).count()},
          {"poll_after_ms", poll_after_ms},
          {"members", list_of(members)},
          {"skipped", list_of(facts.skipped)}};
}

Json status_view(const stream::Stream& stream, WallTime now, SteadyTime steady_now) {
  const auto& facts = stream.info();
  return stream.with_state([&](const stream::StreamState& fold) {
    Json members = Json::array();
    for (const auto& member : fold.members) members.push_back(member_view(member));
    Json view = standing(stream, fold);
    view.update({{"task", facts.spec.task},
                 {"current_agent", or_null(fold.current_agent)},
                 {"current_stage", or_null(fold.current_stage)},
                 {"error_message", fold.error ? Json(fold.error->message) : Json(nullptr)},
                 {"error", fold.error ? to_json(*fold.error) : Json(nullptr)},
                 {"estimated_time", or_null(fold.progress.estimated_time)},
                 {"estimated_cost", to_json(fold.progress.estimated_cost.value_or(Cost{}))},
                 {"estimate_origin", or_null(fold.progress.estimate_origin)},
                 {"cost_so_far", to_json(fold.cost)},
                 {"actual_cost", to_json(fold.open_chunks > 0 ? Cost{} : fold.cost)},
                 {"first_seq", stream.first_seq()},
                 {"epoch", stream.encoder().epoch()},
                 {"started_at", time_or_null(fold.started_at)},
                 {"updated_at", rfc3339(fold.last_seq == 0 ? facts.created_at : fold.updated_at)},
                 {"expires_at", rfc3339(stream.expires_at(now, steady_now))},
                 {"memory_expires_at", rfc3339(stream.memory_expires_at(now, steady_now))},
                 {"members", std::move(members)},
                 {"skipped", list_of(facts.skipped)},
                 {"usage", to_json(fold.usage)},
                 {"degraded", fold.result ? fold.result->degraded : false},
                 {"reasons", fold.result ? Json(fold.result->reasons) : Json::array()},
                 {"message_id", or_null(facts.spec.message_id)},
                 {"conversation_id", or_null(facts.spec.conversation_id)},
                 {"poll_after_ms", is_terminal(fold.status) ? 0 : poll_after_ms}});
    return view;
  });
}

Json result_view(const stream::Stream& stream) {
  return stream.with_state([&](const stream::StreamState& fold) {
    Json view{{"stream_id", stream.id().str()}, {"status", name_of(fold.status)}};
    if (fold.error) view["error"] = to_json(*fold.error);
    if (fold.result) view.update(to_json(*fold.result));
    return view;
  });
}

namespace {

Json folded_state(const stream::StreamState& fold) {
  Json chunks = Json::array();
  for (const auto& chunk : fold.chunks) chunks.push_back(chunk_view(chunk));
  return {{"seq", fold.last_seq},
          {"status", name_of(fold.status)},
          {"chunks", std::move(chunks)},
          {"progress", progress_view(fold.progress)}};
}

}  // namespace

Json state_view(const stream::Stream& stream) { return stream.with_state(&folded_state); }

Json snapshot_view(const stream::Stream& stream) {
  return stream.with_state([&](const stream::StreamState& fold) {
    Json view = folded_state(fold);
    if (fold.result) view["result"] = to_json(*fold.result);
    return view;
  });
}

Json summary_view(const stream::TaskListEntry& listed, ListedText text) {
  if (const auto& stream = listed.stream) {
    Json row = stream->with_state([&](const stream::StreamState& fold) { return standing(*stream, fold); });
    add_text(row, stream->info().spec.task, text);
    return row;
  }
  const core::StoredTask& task = listed.stored;
  Json row{{"stream_id", task.id.str()},
           {"workflow", stream::workflow_of(task)},
           {"status", name_of(task.status)},
           {"total_chunks", task.total_chunks},
           {"chunks_completed", task.chunks_completed},
           {"last_seq", task.last_seq},
           {"created_at", rfc3339(task.created_at)},
           {"finished_at", time_or_null(task.finished_at)},
           {"readers", 0}};
  add_text(row, task.task, text);
  return row;
}

// One character more than is shown, as the sign that there are more.
void reduce_to_summary(core::StoredTask& task) {
  task.task = std::string(first_characters(task.task, listed_characters_max + 1));
  stream::reduce_info(task);
}

}  // namespace plenum::task
