// The document: its head, the task, the chunks. What was made of them is in export_result.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/json/json_access.h"
#include "server/task/export/export.h"
#include "server/task/export/export_parts.h"
#include "server/task/export/markdown.h"

namespace plenum::task {
namespace {

constexpr std::size_t heading_characters_max = 80;
constexpr std::string_view model_text = "markdown";  // what most models write; viewers color it

std::string standing_line(const stream::StreamState& fold) {
  switch (fold.status) {
    case TaskStatus::completed:
      return fold.result && fold.result->degraded
                 ? "**Completed, but degraded:** the result lacks something; see below."
                 : "";
    case TaskStatus::initializing:
    case TaskStatus::running:
      return fmt::format("**Still running:** this is how far the task was at event {}.", fold.last_seq);
    case TaskStatus::cancelled:
      return "**Cancelled:** this is what there was.";
    case TaskStatus::interrupted:
      return "**Interrupted:** the server went away while the task was running. This is what there was.";
    default:
      return "**Failed:** this is what there was.";
  }
}

std::string facts_table(const stream::StreamInfo& facts, const stream::StreamState& fold) {
  std::vector<TableRow> rows;
  const auto row = [&](std::string_view name, std::string value) {
    if (!value.empty()) rows.push_back({std::string(name), std::move(value)});
  };
  row("Stream", facts.id.str());
  row("Workflow", inline_text(facts.spec.workflow));
  row("Status", std::string(name_of(fold.status)));
  row("Chunks", fmt::format("{} of {} ended", fold.progress.completed, fold.progress.total_chunks));
  row("Created", rfc3339(facts.created_at));
  if (fold.started_at) row("Started", rfc3339(*fold.started_at));
  if (fold.finished_at) row("Finished", rfc3339(*fold.finished_at));
  std::string members;
  for (const auto& member : fold.members) members += (members.empty() ? "" : ", ") + inline_text(member.member.id);
  row("Members", members);
  for (const auto& skipped : facts.skipped) row("Skipped", inline_text(skipped.id + ": " + skipped.reason));
  if (facts.spec.options_json != "{}") row("Options", inline_text(facts.spec.options_json));
  row("Message id", inline_text(facts.spec.message_id));
  row("Conversation id", inline_text(facts.spec.conversation_id));
  // While a call is open, what it costs is not known, and so is the sum.
  row("Cost", fold.result            ? cost_text(fold.result->cost)
              : fold.open_chunks > 0 ? "unknown while a call is open; so far " + cost_text(fold.cost)
                                     : cost_text(fold.cost));
  row("Usage", usage_text(fold.result ? fold.result->usage : fold.usage.total()));
  if (fold.result && fold.result->cached) row("Cached", "yes: an earlier answer to the same task");
  row("Degraded", fold.result ? (fold.result->degraded ? "yes" : "no") : "");
  if (fold.result) {
    for (const auto& reason : fold.result->reasons) row("Reason", inline_text(reason));
  }
  if (fold.error) row("Error", error_text(*fold.error));
  return table({"Fact", "Value"}, rows);
}

std::string attachment_text(const Json& attachment) {
  if (member_of(attachment, "media_type") == nullptr) return fenced_text(text_at(attachment, "text"), "text");
  return fmt::format("{}, {} bytes, SHA-256 {}\n", inline_text(text_at(attachment, "media_type")),
                     number_at(attachment, "bytes").value_or(0), inline_text(text_at(attachment, "sha256")));
}

// Attachments as texts of their own: inside JSON their line ends would be unreadable.
std::string context_section(const std::string& context_json) {
  const auto parsed = parse_json(context_json);
  if (!parsed || !parsed->is_object() || parsed->empty()) return "";
  std::string text = "\n## Context\n";
  Json rest = without_data(*parsed);
  std::string attached;
  for (const Json& attachment : items_at(rest, "attachments", [](const Json& item) { return item; })) {
    attached += fmt::format("\n### Attachment: {}\n\n{}", inline_text(text_at(attachment, "name")),
                            attachment_text(attachment));
  }
  if (!attached.empty()) rest.erase("attachments");
  if (!rest.empty()) text += "\n" + fenced_text(rest.dump(2, ' ', false, Json::error_handler_t::replace), "json");
  return text + attached;
}

std::string prior_section(const Prior& prior) {
  if (!prior.stream_id.empty())
    return "\n## Earlier turns\n\nContinues the stream " + inline_text(prior.stream_id) + ".\n";
  if (prior.question.empty()) return "";
  return "\n## Earlier turns\n\n### Question\n\n" + fenced_text(prior.question, model_text) + "\n### Answer\n\n" +
         fenced_text(prior.answer, model_text);
}

std::string partial_words(const stream::ChunkView& chunk, TaskStatus of_the_task) {
  if (chunk.finished) return fmt::format("**Partial:** the text broke off ({}).", status_word(chunk, of_the_task));
  return is_terminal(of_the_task) ? "**Partial:** the task ended before this text did."
                                  : "**Partial:** this text was still being written.";
}

std::string chunk_section(const stream::ChunkView& chunk, TaskStatus of_the_task) {
  const EventSource& source = chunk.source;
  const std::string agent = source.agent.empty() ? "" : " · " + inline_text(source.agent);
  std::string text = fmt::format("\n### {}. {}{}\n\n", source.chunk_number, inline_text(source.chunk), agent);
  std::string facts = fmt::format("{}, attempt {}", status_word(chunk, of_the_task), source.attempt);
  if (!source.stage.empty()) facts += ", stage " + inline_text(source.stage);
  if (!source.member.empty()) facts += ", member " + inline_text(source.member);
  if (!source.model.empty()) facts += ", model " + inline_text(source.model);
  if (chunk.finished) {
    facts += fmt::format(", {}, {}, {}", time_text(chunk.latency_ms), usage_text(chunk.usage), cost_text(chunk.cost));
  }
  text += facts + "\n";
  if (chunk.error) text += "\n**Error:** " + error_text(*chunk.error) + "\n";
  if (!chunk.reasoning.empty()) text += "\n**Reasoning:**\n\n" + fenced_text(chunk.reasoning, "text") + "\n**Text:**\n";
  if (chunk.text.empty()) return text + "\n" + (chunk.finished ? "No text.\n" : "No text yet.\n");
  if (is_partial(chunk)) text += "\n" + partial_words(chunk, of_the_task) + "\n";
  text += "\n" + fenced_text(chunk.text, model_text);
  return chunk.sources.empty() ? text : text + "\n**Sources:**\n\n" + source_list(chunk.sources);
}

// In the order in which the workflow numbers them, not in which they happened to begin.
std::string chunk_sections(const stream::StreamState& fold) {
  if (fold.chunks.empty()) return "\n## Chunks\n\nNone has begun.\n";
  std::vector<const stream::ChunkView*> chunks;
  for (const auto& chunk : fold.chunks) chunks.push_back(&chunk);
  std::stable_sort(chunks.begin(), chunks.end(),
                   [](auto* left, auto* right) { return left->source.chunk_number < right->source.chunk_number; });
  std::string text = "\n## Chunks\n";
  for (const auto* chunk : chunks) text += chunk_section(*chunk, fold.status);
  return text;
}

}  // namespace

std::string export_markdown(const stream::StreamInfo& facts, const stream::StreamState& fold) {
  std::string text = "# " + inline_title(facts.spec.task, heading_characters_max) + "\n\n";
  if (const std::string standing = standing_line(fold); !standing.empty()) text += standing + "\n\n";
  text += facts_table(facts, fold);
  text += "\n## Task\n\n" + fenced_text(facts.spec.task, "text");
  text += context_section(facts.spec.context_json) + prior_section(facts.spec.prior);
  return text + chunk_sections(fold) + result_sections(fold);
}

}  // namespace plenum::task
