#include "client/cli/render/chunk_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/cli/render/format.h"
#include "client/cli/render/verdict_lines.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/overloaded.h"
#include "common/json/json_access.h"

namespace plenum::client {
namespace {

constexpr const char* dot = " · ";

std::string joined(const std::vector<std::string>& items, std::string_view between) {
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += between;
    text += item;
  }
  return text;
}

std::string sentence(std::string_view text) {
  std::string line = terminal_line(text);
  if (!line.empty() && !line.ends_with('.') && !line.ends_with('!') && !line.ends_with('?')) line += '.';
  return line;
}

// The member or model, unless it is the name already.
std::string member_of(const EventSource& source) {
  const std::string member = terminal_line(source.member.empty() ? source.model : source.member);
  return member == source_name(source) ? "" : member;
}

std::string failure_phrase(const ChunkCompleted& completed, const ChunkEffort& effort) {
  std::string after = " after " + format_duration(effort.duration_ms);
  if (effort.attempts > 1) after += fmt::format(" and {}", format_count(effort.attempts, "attempt"));
  const std::string cause = completed.error ? ": " + format_error(*completed.error) : std::string();
  switch (completed.status) {
    case ChunkStatus::error:
      return "failed" + after + cause;
    case ChunkStatus::timeout:
      return "timed out" + after + cause;
    case ChunkStatus::cancelled:
      return "cancelled" + after;
    default:
      return "skipped" + cause;
  }
}

std::string ending(const ReceivedEvent& terminal, bool degraded, const Style& style) {
  switch (terminal.type()) {
    case EventType::task_completed:
      return degraded ? style.yellow("Done, degraded") : style.green("Done");
    case EventType::task_error:
      return style.red("Failed");
    case EventType::task_cancelled:
      return style.yellow("Cancelled");
    default:
      return "Ended (" + terminal_line(terminal.type_name) + ")";
  }
}

}  // namespace

std::string degraded_line(const ReceivedEvent& terminal, const Style& style) {
  const TaskResult& result = result_of(terminal);
  if (terminal.type() != EventType::task_completed || !result.degraded) return "";
  std::string line = "Degraded:";
  for (const std::string& reason : result.reasons) line += " " + sentence(reason);
  return style.yellow(result.reasons.empty() ? line + " the reason is not known." : line);
}

std::string error_line(const ErrorInfo& error, const Style& style) {
  return style.red("Error: " + format_error(error));
}

std::string format_error(const ErrorInfo& error) {
  std::string words = sentence(error.message.empty() ? error.code : error.message);
  if (!error.remedy.empty()) words += " " + sentence(error.remedy);
  return words;
}

std::string source_name(const EventSource& source) {
  if (!source.agent.empty()) return terminal_line(source.agent);
  return terminal_line(source.member.empty() ? source.chunk : source.member);
}

std::string source_label(const EventSource& source) {
  const std::string member = member_of(source);
  return member.empty() ? source_name(source) : fmt::format("{} ({})", source_name(source), member);
}

std::string heading_line(const EventSource& source, int total_chunks, const Style& style) {
  std::vector<std::string> parts;
  if (!source.stage.empty()) parts.push_back(terminal_line(source.stage));
  if (source.chunk_number > 0) {
    parts.push_back(total_chunks > 0 ? fmt::format("{}/{}", source.chunk_number, total_chunks)
                                     : fmt::format("{}", source.chunk_number));
  }
  if (const std::string member = member_of(source); !member.empty()) parts.push_back(member);
  if (source.attempt > 1) parts.push_back(fmt::format("attempt {}", source.attempt));
  std::string line = style.bold("▸ " + source_name(source));
  if (!parts.empty()) line += style.dim(dot + joined(parts, dot));
  return line;
}

std::string finish_line(const EventSource& source, const ChunkCompleted& completed, const ChunkEffort& effort,
                        std::int64_t reasoning_hidden, const Style& style) {
  std::vector<std::string> parts;
  if (const std::string member = member_of(source); !member.empty()) parts.push_back(member);
  if (completed.status != ChunkStatus::ok) {
    parts.push_back(failure_phrase(completed, effort));
    const std::string line = fmt::format("✗ {}{}{}", source_name(source), dot, joined(parts, dot));
    const bool intended = completed.status == ChunkStatus::cancelled || completed.status == ChunkStatus::skipped;
    return intended ? style.yellow(line) : style.red(line);
  }
  parts.push_back(format_duration(effort.duration_ms));
  if (effort.attempts > 1) parts.push_back(format_count(effort.attempts, "attempt"));
  if (completed.usage.known()) parts.push_back(format_tokens(completed.usage));
  if (completed.cost.usd) parts.push_back(format_cost(completed.cost));
  if (completed.cached) parts.emplace_back("from the cache");
  if (reasoning_hidden > 0) {
    parts.push_back(fmt::format("{} of reasoning not shown", format_count(reasoning_hidden, "character")));
  }
  return style.green("✓ " + source_name(source)) + style.dim(dot + joined(parts, dot));
}

std::vector<std::string> source_lines(const ChunkCompleted& completed, const Style& style) {
  std::vector<std::string> lines;
  for (const SourceRef& source : completed.sources) {
    const std::string title = source.title.empty() ? "" : terminal_line(source.title) + " ";
    lines.push_back(style.dim(fmt::format("  [{}] {}{}", lines.size() + 1, title, terminal_line(source.url))));
  }
  return lines;
}

std::string plan_line(const TaskProgress& progress, const Style& style) {
  std::vector<std::string> parts{format_count(progress.total_chunks, "chunk")};
  if (progress.estimated_time) {
    parts.push_back("about " + format_duration(static_cast<std::int64_t>(*progress.estimated_time * 1000)));
  }
  if (progress.estimated_cost) {
    parts.push_back(format_cost(*progress.estimated_cost));
    if (progress.estimate_origin == "prices" && progress.estimated_cost->usd.value_or(0) > 0)
      parts.back() += " from prices";
  }
  return style.dim("Plan: " + joined(parts, dot));
}

const TaskResult& result_of(const ReceivedEvent& terminal) {
  static const TaskResult empty;  // an end event of a newer server
  return std::visit(Overloaded{[](const TaskCompleted& event) -> const TaskResult& { return event.result; },
                               [](const TaskError& event) -> const TaskResult& { return event.result; },
                               [](const TaskCancelled& event) -> const TaskResult& { return event.result; },
                               [](const auto&) -> const TaskResult& { return empty; }},
                    terminal.payload);
}

namespace {

// `Rounds: 3, converged (similarity 0.94)`, for each group of rounds; empty without any.
std::vector<std::string> rounds_lines(const std::string& rounds_json) {
  std::vector<std::string> lines;
  const auto rounds = parse_json(rounds_json);
  if (!rounds || !rounds->is_array()) return lines;
  for (std::size_t i = 0; i < rounds->size(); ++i) {
    const Json& row = (*rounds)[i];
    const bool last = i + 1 == rounds->size() || number_at((*rounds)[i + 1], "round") == 0;
    if (!last) continue;
    std::string line = fmt::format("Rounds: {}", number_at(row, "round").value_or(0));
    std::string why = text_at(row, "ended");
    std::replace(why.begin(), why.end(), '_', ' ');
    if (!why.empty() && why != "rounds done") line += ", " + terminal_line(why);
    if (const auto similarity = real_at(row, "similarity")) line += fmt::format(" (similarity {:.2f})", *similarity);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string cache_phrase(const TaskResult& result) {
  if (!result.cache || !result.cache->similarity) return "from the cache";
  return fmt::format("from the cache, similarity {:.3f} to {}", *result.cache->similarity,
                     terminal_line(result.cache->stream_id));
}

}  // namespace

std::vector<std::string> summary_lines(const ReceivedEvent& terminal, int chunks, const Style& style) {
  const TaskResult& result = result_of(terminal);
  std::vector<std::string> lines = verdict_lines(result);
  for (const SkippedMember& member : result.skipped) {
    lines.push_back(style.yellow(fmt::format("Without {}: {}", terminal_line(member.id), sentence(member.reason))));
  }
  for (const std::string& line : rounds_lines(result.rounds_json)) lines.push_back(style.dim(line));
  if (terminal.type() == EventType::task_completed) {  // other end events have their own reason
    for (const std::string& reason : result.reasons) lines.push_back(style.yellow("Degraded: " + sentence(reason)));
  }
  if (const auto* failed = std::get_if<TaskError>(&terminal.payload)) lines.push_back(error_line(failed->error, style));
  if (terminal.type() == EventType::task_cancelled) {
    const auto& cancelled = std::get<TaskCancelled>(terminal.payload);
    std::string line = "Cancelled";
    if (!cancelled.by.empty()) line += " by " + terminal_line(cancelled.by);
    if (!cancelled.reason.empty()) line += ": " + sentence(cancelled.reason);
    lines.push_back(style.yellow(line));
  }
  std::vector<std::string> parts;
  if (!result.workflow.empty()) parts.push_back(terminal_line(result.workflow));
  parts.push_back(format_count(chunks, "chunk"));
  parts.push_back(format_duration(terminal.t_ms));
  parts.push_back(format_tokens(result.usage));
  parts.push_back(format_cost(result.cost));
  if (result.cached) parts.push_back(cache_phrase(result));
  lines.push_back(ending(terminal, result.degraded, style) + style.dim(dot + joined(parts, dot)));
  return lines;
}

}  // namespace plenum::client
