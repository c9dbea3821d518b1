// What was made of the chunks, and the small words that all sections share.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/strings.h"
#include "common/json/json_access.h"
#include "server/task/export/export_parts.h"
#include "server/task/export/markdown.h"

namespace plenum::task {
namespace {

Json object_from(const std::string& text) {
  auto parsed = parse_json(text);
  return parsed && parsed->is_object() ? *std::move(parsed) : Json::object();
}

std::string figure(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : "–"; }

std::string list_words(const std::vector<std::string>& words, std::string_view between = " > ") {
  std::string text;
  for (const std::string& word : words) text += std::string(text.empty() ? "" : between) + word;
  return text.empty() ? "–" : inline_text(text);
}

std::string rankings_section(const Json& rankings) {
  if (rankings.empty()) return "";
  std::vector<TableRow> standings, reviews;
  for (const Json& row : items_at(rankings, "standings", [](const Json& item) { return item; })) {
    standings.push_back({fmt::format("{}", standings.size() + 1), inline_text(text_at(row, "member")),
                         inline_text(text_at(row, "label")), figure(real_at(row, "average_rank")),
                         figure(real_at(row, "average_rank_without_self")),
                         fmt::format("{}", int_at(row, "rankings_count"))});
  }
  for (const Json& row : items_at(rankings, "reviews", [](const Json& item) { return item; })) {
    reviews.push_back({inline_text(text_at(row, "member")), list_words(texts_at(row, "ranking"))});
  }
  std::string text = "\n## Rankings\n\n";
  text += table({"Place", "Member", "Label", "Average rank", "Without its own vote", "Rankings"}, standings);
  text += flag_at(rankings, "exclude_self") ? "\nRankings of a member's own answer are ignored.\n" : "";
  return text + "\n" + table({"Ranked by", "Best first"}, reviews);
}

std::string votes_section(const Json& votes) {
  if (votes.empty()) return "";
  std::vector<TableRow> choices, ballots;
  for (const Json& row : items_at(votes, "choices", [](const Json& item) { return item; })) {
    choices.push_back({inline_text(text_at(row, "label")), inline_text(text_at(row, "text")),
                       fmt::format("{}", int_at(row, "votes"))});
  }
  const Json& by_member = value_at(votes, "by_member");
  if (by_member.is_object()) {
    for (const auto& [member, label] : by_member.get_ref<const Json::object_t&>()) {
      ballots.push_back({inline_text(member), label.is_string() ? inline_text(label.get<std::string>()) : "unparsed"});
    }
  }
  const std::string winner = text_at(votes, "winner");
  return "\n## Votes\n\n" + table({"Choice", "Text", "Votes"}, choices) +
         (winner.empty() ? "\nNo winner.\n" : "\nThe winner is " + inline_text(winner) + ".\n") + "\n" +
         table({"Member", "Voted for"}, ballots);
}

// A language comes from a model: anything but a plain name could end the fence line.
std::string_view fence_info(std::string_view language) {
  constexpr std::size_t language_characters_max = 32;
  const bool plain = std::all_of(language.begin(), language.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view("+-#._").find(c) != std::string_view::npos;
  });
  return plain && !language.empty() && language.size() <= language_characters_max ? language : "text";
}

std::string points(std::string_view heading, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string text = fmt::format("\n### {}\n\n", heading);
  for (const std::string& item : items) text += "- " + inline_text(item) + "\n";
  return text;
}

std::string review_section(const Json& review) {
  if (review.empty()) return "";
  std::string text = "\n## Review\n\n";
  text += flag_at(review, "issues_found") ? "Issues were found." : "No issues were found.";
  if (const auto score = real_at(review, "code_quality_score")) text += fmt::format(" Quality score: {:g}.", *score);
  return text + "\n" + points("Critical issues", texts_at(review, "critical_issues")) +
         points("Suggestions", texts_at(review, "suggestions"));
}

std::string judgments_section(const std::string& judgments_json) {
  const auto judgments = parse_json(judgments_json);
  if (!judgments || !judgments->is_array() || judgments->empty()) return "";
  std::vector<TableRow> rows;
  for (const Json& row : *judgments) {
    std::string authors;
    for (const std::string& author : texts_at(row, "authors")) authors += (authors.empty() ? "" : ", ") + author;
    rows.push_back({inline_text(text_at(row, "chunk")), inline_text(text_at(row, "judge")), inline_text(authors),
                    flag_at(row, "own_work") ? "yes" : "no"});
  }
  return "\n## Judgments\n\n" + table({"Chunk", "Judge", "Authors", "Own work"}, rows);
}

std::string member_words(const Json& object) {
  std::string text;
  for (const std::string& member : texts_at(object, "members")) text += (text.empty() ? "" : ", ") + member;
  return text.empty() ? "–" : inline_text(text);
}

std::string evidence_words(const Json& object) {
  std::string text;
  for (const Json& one : items_at(object, "evidence", [](const Json& item) { return item; })) {
    const std::string member = text_at(one, "member");
    text += (text.empty() ? "" : "; ") + (member.empty() ? "" : member + ": ") + text_at(one, "text");
  }
  return text.empty() ? "–" : inline_text(text);
}

std::string consensus_words(const Json& consensus) {
  return fmt::format("{} ({})", inline_text(text_at(consensus, "label")), figure(real_at(consensus, "score")));
}

std::string positions_table(const Json& verdict) {
  std::vector<TableRow> rows;
  for (const Json& row : items_at(verdict, "positions", [](const Json& item) { return item; })) {
    rows.push_back({inline_text(text_at(row, "label")), member_words(row), inline_text(text_at(row, "summary")),
                    evidence_words(row)});
  }
  return "\n" + table({"Position", "Members", "Summary", "Evidence"}, rows);
}

std::string conflicts_table(const Json& verdict) {
  std::vector<TableRow> rows;
  for (const Json& row : items_at(verdict, "conflicts", [](const Json& item) { return item; })) {
    rows.push_back({inline_text(text_at(row, "topic")), list_words(texts_at(row, "position_labels"), " / "),
                    inline_text(text_at(row, "summary")), consensus_words(value_at(row, "consensus"))});
  }
  return rows.empty() ? "" : "\n" + table({"Conflict", "Positions", "Summary", "Consensus"}, rows);
}

std::string minority_table(const Json& verdict) {
  std::vector<TableRow> rows;
  for (const Json& row : items_at(verdict, "minority_reports", [](const Json& item) { return item; })) {
    rows.push_back({member_words(row), inline_text(text_at(row, "claim")), evidence_words(row),
                    inline_text(text_at(row, "why_it_matters"))});
  }
  return rows.empty() ? "" : "\n" + table({"Minority view of", "Claim", "Evidence", "Why it matters"}, rows);
}

std::string verdict_section(const TaskResult& result) {
  const Json verdict = object_from(result.verdict_json);
  if (verdict.empty()) {
    const std::string& why = result.verdict_absent_reason;
    return why.empty() ? "" : fmt::format("\n## Verdict\n\nThere is none ({}).\n", inline_text(why));
  }
  std::string text = "\n## Verdict\n\n" + inline_text(text_at(verdict, "headline")) + "\n";
  const auto paragraph = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += fmt::format("\n**{}:** {}\n", name, value);
  };
  paragraph("Recommendation", inline_text(text_at(verdict, "recommendation")));
  paragraph("Consensus", consensus_words(value_at(verdict, "consensus")));
  text += positions_table(verdict) + conflicts_table(verdict) + minority_table(verdict);
  paragraph("Dissent", inline_text(text_at(verdict, "dissent_summary")));
  return text + points("Caveats", texts_at(verdict, "caveats"));
}

std::string readiness_section(const Json& readiness) {
  if (readiness.empty()) return "";
  std::string text = "\n## Readiness\n\n" + inline_text(text_at(readiness, "status")) + "\n";
  const auto reasons = texts_at(readiness, "reasons");
  if (!reasons.empty()) text += "\n";
  for (const std::string& reason : reasons) text += "- " + inline_text(reason) + "\n";
  return text;
}

std::string rounds_section(const std::string& rounds_json) {
  const auto rounds = parse_json(rounds_json);
  if (!rounds || !rounds->is_array() || rounds->empty()) return "";
  std::vector<TableRow> rows;
  for (const Json& row : *rounds) {
    std::string chunks;
    for (const Json& chunk : items_at(row, "chunks", [](const Json& item) { return item; })) {
      chunks += (chunks.empty() ? "" : ", ") + text_at(chunk, "chunk");
      if (const std::string status = text_at(chunk, "status"); status != "ok") chunks += " (" + status + ")";
    }
    const auto similarity = real_at(row, "similarity");
    rows.push_back({fmt::format("{}", number_at(row, "round").value_or(0)), inline_text(chunks),
                    similarity ? fmt::format("{:.3f}", *similarity) : "", inline_text(text_at(row, "ended"))});
  }
  return "\n## Rounds\n\n" + table({"Round", "Chunks", "Similarity", "Ended"}, rows);
}

std::string files_section(const std::vector<ResultFile>& files) {
  std::string text;
  for (const ResultFile& file : files) {
    text += "\n### " + inline_text(file.path) + "\n\n" + fenced_text(file.text, fence_info(file.language));
  }
  return text.empty() ? text : "\n## Files\n" + text;
}

std::string sources_section(const std::vector<SourceRef>& sources) {
  return sources.empty() ? "" : "\n## Sources\n\n" + source_list(sources);
}

std::string answer_sections(const TaskResult* result, TaskStatus status) {
  if (result == nullptr) return "\n## Answer\n\nThere is none yet.\n";
  std::string text;
  // Templates put blanks around what they include: texts that differ in nothing else are equal.
  const bool is_synthesis = !result->synthesis.empty() && trimmed(result->synthesis) == trimmed(result->answer);
  if (!result->synthesis.empty() && !is_synthesis) {
    text += "\n## Synthesis\n\n" + fenced_text(result->synthesis, "markdown");
  }
  if (result->answer.empty()) return text + fmt::format("\n## Answer\n\nThere is none ({}).\n", name_of(status));
  text += "\n## Answer\n\n";
  if (is_synthesis) text += "It is the synthesis.\n\n";
  return text + fenced_text(result->answer, "markdown");
}

// The requested model, and the one that answered if it has another name.
std::string answering_model(const Receipt& receipt) {
  const std::string& actual = receipt.generation.model;
  if (actual.empty() || actual == receipt.model) return inline_text(receipt.model);
  return fmt::format("{} (answered by {})", inline_text(receipt.model), inline_text(actual));
}

std::string answering_provider(const Receipt& receipt) {
  const std::string& upstream = receipt.generation.provider;
  if (upstream.empty()) return inline_text(receipt.provider);
  return fmt::format("{} (forwarded to {})", inline_text(receipt.provider), inline_text(upstream));
}

std::string receipts_section(const std::vector<Receipt>& receipts) {
  if (receipts.empty()) return "";
  std::vector<TableRow> rows;
  for (const Receipt& receipt : receipts) {
    rows.push_back({inline_text(receipt.chunk), inline_text(receipt.member), answering_model(receipt),
                    answering_provider(receipt), fmt::format("{}", receipt.attempt),
                    std::string(name_of(receipt.status)), usage_text(receipt.usage), cost_text(receipt.cost),
                    time_text(receipt.latency_ms), inline_text(receipt.finish_reason),
                    inline_text(receipt.generation.id), inline_text(receipt.generation.request_id),
                    inline_text(receipt.generation.started_at), inline_text(receipt.generation.parameters_json),
                    inline_text(receipt.generation.prompt_version), inline_text(receipt.generation.error_class)});
  }
  return "\n## Receipts\n\nOne row for every call, those that failed included.\n\n" +
         table({"Chunk", "Member", "Model", "Provider", "Attempt", "Status", "Usage", "Cost", "Time", "Ended with",
                "Response id", "Request id", "Started", "Parameters", "Prompt", "Error class"},
               rows);
}

}  // namespace

std::string cost_text(const Cost& cost) {
  if (!cost.usd || cost.origin == CostOrigin::unknown) return "unknown";
  return fmt::format("\\${:.6f} ({})", *cost.usd, cost.origin == CostOrigin::reported ? "reported" : "estimated");
}

std::string usage_text(const Usage& usage) {
  if (!usage.known()) return "usage unknown";
  const auto count = [](const std::optional<std::int64_t>& tokens) {
    return tokens ? fmt::format("{}", *tokens) : std::string("?");
  };
  return fmt::format("{} tokens ({} in, {} out; reported)", count(usage.total_tokens), count(usage.prompt_tokens),
                     count(usage.completion_tokens));
}

std::string time_text(std::int64_t ms) { return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000.0); }

std::string error_text(const ErrorInfo& error) {
  std::string text = error.message;
  if (!text.empty() && !text.ends_with('.')) text += '.';
  if (!error.remedy.empty()) text += " " + error.remedy;
  return inline_text(fmt::format("{} ({})", text, error.code));
}

std::string result_sections(const stream::StreamState& fold) {
  const TaskResult* result = fold.result ? &*fold.result : nullptr;
  std::string text;
  if (result != nullptr) {
    text += rankings_section(object_from(result->rankings_json)) + votes_section(object_from(result->votes_json));
    text += review_section(object_from(result->review_json)) + judgments_section(result->judgments_json);
    text += verdict_section(*result) + readiness_section(object_from(result->readiness_json));
    text += rounds_section(result->rounds_json);
    text += sources_section(result->sources);
  }
  text += answer_sections(result, fold.status);
  return result != nullptr ? text + files_section(result->files) + receipts_section(result->receipts) : text;
}

}  // namespace plenum::task
