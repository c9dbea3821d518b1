#include "server/workflow/planning/search_text.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "common/base/utf8.h"
#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/answer_text.h"

namespace plenum::workflow {

namespace {

constexpr std::size_t plain_task_bytes_max = 150;

bool is_blank_character(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; }

// A line end, or a mark with a blank after it; `3.5` and `e.g.x` do not end a sentence.
bool ends_sentence(std::string_view text, std::size_t at) {
  if (text[at] == '\n') return true;
  const bool mark = text[at] == '.' || text[at] == '?' || text[at] == '!';
  return mark && at + 1 < text.size() && is_blank_character(text[at + 1]);
}

std::vector<std::string_view> sentences_of(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!ends_sentence(text, i)) continue;
    parts.push_back(text.substr(start, i + 1 - start));
    start = i + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

// Long texts hold material before or after the question.
std::string core_of(std::string_view text) {
  std::string whole = on_one_line(text);
  if (whole.size() <= plain_task_bytes_max) return whole;
  std::string last, question;
  for (const std::string_view sentence : sentences_of(text)) {
    std::string line = on_one_line(sentence);
    if (line.empty()) continue;
    if (line.ends_with('?')) question = line;
    last = std::move(line);
  }
  const std::string& chosen = question.empty() ? last : question;
  return std::string(utf8_prefix(chosen, query_bytes_max));
}

}  // namespace

bool needs_query(std::string_view task, std::string_view context_json, std::span<const Turn> turns) {
  const bool has_context = context_json.size() > std::string_view("{}").size();
  return has_context || !turns.empty() || task.size() > plain_task_bytes_max ||
         task.find('\n') != std::string_view::npos;
}

std::string search_text(std::string_view task, std::span<const Turn> turns) {
  std::string text = core_of(task);
  if (turns.empty()) return text;
  std::string earlier = core_of(turns.back().question);
  if (earlier.size() + 1 + text.size() > query_bytes_max) return text;
  return earlier + " " + text;
}

}  // namespace plenum::workflow
