#include "server/task/export/markdown.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace plenum::task {
namespace {

// `$` begins a formula and `~` strikes out where GitHub renders; `&` begins an entity.
constexpr bool means_markup(char c) { return std::string_view("\\`*_[]<>|~&$#").find(c) != std::string_view::npos; }

// Control characters count as white space: none of them belongs into a line of text.
constexpr bool is_blank(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (!is_blank(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

std::size_t longest_run(std::string_view text, char of) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == of ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

std::string row_line(const TableRow& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

}  // namespace

std::string inline_text(std::string_view text) {
  const std::string line = on_one_line(text);
  std::string out;
  out.reserve(line.size());
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    // At its beginning a line can also be a list item or underline the line above; `1.` is a list item.
    const bool leads = at == 0 && (c == '-' || c == '+' || c == '=');
    const bool ends_number =
        at > 0 && (c == '.' || c == ')') && std::all_of(line.begin(), line.begin() + static_cast<long>(at), is_digit);
    if (means_markup(c) || leads || ends_number) out += '\\';
    out += c;
  }
  return out;
}

std::string inline_title(std::string_view text, std::size_t characters_max) {
  std::string line;
  while (line.empty() && !text.empty()) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    line = on_one_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (code_points(line) <= characters_max) return inline_text(line);
  std::size_t end = 0;
  for (std::size_t characters = 0; characters + 1 < characters_max; ++characters) {
    end += utf8_step(std::string_view(line).substr(end)).bytes;
  }
  return inline_text(line.substr(0, end)) + "…";
}

std::string fenced_text(std::string_view text, std::string_view info) {
  // The character of which the text has the shorter run, so that a text full of one does not make long fences.
  const std::size_t backticks = longest_run(text, '`'), tildes = longest_run(text, '~');
  const std::size_t length = std::max<std::size_t>(3, std::min(backticks, tildes) + 1);
  const std::string fence(length, backticks <= tildes ? '`' : '~');
  std::string out;
  out.reserve(text.size() + 2 * length + info.size() + 3);
  out.append(fence).append(info).append("\n").append(text);
  if (!text.ends_with('\n')) out += '\n';
  return out.append(fence).append("\n");
}

std::string link_to(std::string_view url) {
  const bool is_web = url.starts_with("https://") || url.starts_with("http://");
  const bool closes = std::any_of(url.begin(), url.end(), [](char c) { return is_blank(c) || c == '<' || c == '>'; });
  // In a table a bar would end the cell, and inside <…> no backslash can escape it.
  const bool plain = url.find_first_of("|\\") == url.npos;
  return is_web && !closes && plain ? "<" + std::string(url) + ">" : inline_text(url);
}

std::string source_list(const std::vector<SourceRef>& sources) {
  std::string text;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string title = sources[i].title.empty() ? "" : inline_text(sources[i].title) + " ";
    text += fmt::format("{}. {}{}\n", i + 1, title, link_to(sources[i].url));
  }
  return text;
}

std::string table(const TableRow& head, const std::vector<TableRow>& rows) {
  std::string out = row_line(head) + row_line(TableRow(head.size(), "---"));
  for (const TableRow& row : rows) out += row_line(row);
  return out;
}

}  // namespace plenum::task
