// Finds the blocks of an answer, then their paths.
#include "server/workflow/output/code_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/strings.h"

namespace plenum::workflow {

namespace {

constexpr std::size_t path_bytes_max = 200;

// A line that opens or closes a fenced block.
struct FenceLine {
  char mark = 0;  // 0: none
  std::size_t length = 0;
  std::string_view info;  // only a line without it closes a block
};

FenceLine fence_line(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == std::string_view::npos || indent > 3) return {};
  const char mark = line[indent];
  if (mark != '`' && mark != '~') return {};
  const std::size_t end = std::min(line.find_first_not_of(mark, indent), line.size());
  const std::string_view info = trimmed(line.substr(end));
  if (end - indent < 3 || (mark == '`' && info.find('`') != std::string_view::npos)) return {};
  return {mark, end - indent, info};
}

struct Line {
  std::size_t begin = 0, end = 0;  // without the line end
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back({at, end});
    at = end + 1;
  }
  return lines;
}

struct Block {
  std::size_t open = 0, close = 0;  // lines; close is the number of lines if the block is not closed
  std::string_view info;
};

// How a fence with an info string inside a block is read.
enum class Nesting { ignored, opens_another };

std::vector<Block> blocks_of(std::string_view text, const std::vector<Line>& lines, Nesting nesting) {
  std::vector<Block> blocks;
  std::vector<FenceLine> open;  // innermost last
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const FenceLine fence = fence_line(text.substr(lines[i].begin, lines[i].end - lines[i].begin));
    if (fence.mark == 0) continue;
    if (open.empty()) {
      open.push_back(fence);
      blocks.push_back({i, lines.size(), fence.info});
    } else if (fence.info.empty() && fence.mark == open.back().mark && fence.length >= open.back().length) {
      open.pop_back();
      if (open.empty()) blocks.back().close = i;
    } else if (nesting == Nesting::opens_another && !fence.info.empty() && fence.mark == open.back().mark &&
               fence.length == open.back().length) {
      open.push_back(fence);
    }
  }
  return blocks;
}

// Inner blocks first: a Markdown file that shows commands must not end at its first example. If a block stays open
// then, the answer is read by CommonMark.
std::vector<Block> blocks_of(std::string_view text, const std::vector<Line>& lines) {
  auto nested = blocks_of(text, lines, Nesting::opens_another);
  if (nested.empty() || nested.back().close < lines.size()) return nested;
  auto plain = blocks_of(text, lines, Nesting::ignored);
  return plain.empty() || plain.back().close == lines.size() ? nested : plain;
}

bool is_path_char(char c) {
  return is_alphanumeric(c) || (c & 0x80) != 0 || std::string_view("._-/@+()[]").find(c) != std::string_view::npos;
}

constexpr std::string_view known_names[] = {"Dockerfile", "Makefile", "LICENSE",    "README",
                                            "Procfile",   "Gemfile",  "Jenkinsfile"};

// A path with an extension or a directory, or a known name.
bool looks_like_path(std::string_view text) {
  if (text.empty() || text.size() > path_bytes_max) return false;
  if (!std::all_of(text.begin(), text.end(), is_path_char)) return false;
  if (text.find("//") != std::string_view::npos || text.ends_with('/')) return false;
  const std::string_view name = text.substr(text.rfind('/') + 1);  // npos + 1 is 0
  if (std::find(std::begin(known_names), std::end(known_names), name) != std::end(known_names)) return true;
  const std::size_t dot = name.rfind('.');
  const bool extension = dot != std::string_view::npos && dot + 1 < name.size() && !is_digit(name[dot + 1]);
  return extension || (text.find('/') != std::string_view::npos && !name.empty());
}

// The path in a line of prose that holds little else: `**src/a.py**`, `### a.py`, `File: a.py`, `1. a.py:`.
std::string_view path_in_line(std::string_view line) {
  constexpr std::string_view decoration = " \t\r*`#_:\"'>-";
  line = trimmed(line, decoration);
  if (const auto colon = line.rfind(": "); colon != std::string_view::npos) {
    const std::string_view label = line.substr(0, colon);
    if (label.size() <= 20 && label.find('.') == std::string_view::npos)
      line = trimmed(line.substr(colon + 1), decoration);
  }
  if (const auto number = line.find(". "); number != std::string_view::npos && number <= 2 && is_digit(line.front())) {
    line = trimmed(line.substr(number + 1), decoration);
  }
  // `src/a.py` (new)
  const std::string_view word = trimmed(line.substr(0, line.find(' ')), decoration);
  const std::string_view rest = word.size() < line.size() ? trimmed(line.substr(line.find(' ')), decoration) : "";
  const bool remark = rest.empty() || (rest.front() == '(' && rest.back() == ')');
  return remark && looks_like_path(word) ? word : std::string_view();
}

struct Info {
  std::string_view language, path;
};

// `python`, `python src/a.py`, `python:src/a.py`, `python title="src/a.py"`, `src/a.py`.
Info read_info(std::string_view info) {
  Info found;
  const std::string_view first = info.substr(0, info.find_first_of(" \t{"));
  if (const auto colon = first.find(':'); colon != std::string_view::npos) {
    found.language = first.substr(0, colon);
    if (looks_like_path(first.substr(colon + 1))) found.path = first.substr(colon + 1);
    return found;
  }
  found.language = first;
  if (first.find('.') != std::string_view::npos && looks_like_path(first)) found = {{}, first};
  each_word(info.substr(first.size()), [&](std::string_view word) {
    for (const std::string_view key : {"title=", "filename=", "file=", "path=", "name="}) {
      if (word.starts_with(key)) word.remove_prefix(key.size());
    }
    word = trimmed(word, "\"'{}");
    if (found.path.empty() && looks_like_path(word)) found.path = word;
    return true;
  });
  return found;
}

// The path in a comment on the first line: `# path: src/a.py`, `// src/a.ts`, `<!-- index.html -->`.
std::string_view path_in_comment(std::string_view line) {
  line = trimmed(line);
  bool comment = false;
  for (const std::string_view start : {"#!", "//", "#", "--", ";", "/*", "<!--", "%"}) {
    if (!line.starts_with(start)) continue;
    if (start == "#!") return {};
    line.remove_prefix(start.size());
    comment = true;
    break;
  }
  if (!comment) return {};
  for (const std::string_view end : {"*/", "-->"}) {
    if (line.ends_with(end)) line.remove_suffix(end.size());
  }
  return path_in_line(line);
}

// Relative, without `..`; empty if nothing is left.
std::string safe_path(std::string_view path) {
  std::string safe;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (!part.empty() && part != "." && part != "..") safe.append(safe.empty() ? "" : "/").append(part);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return safe;
}

struct Extension {
  std::string_view language, extension;
};
constexpr Extension extensions[] = {{"python", "py"},   {"py", "py"},       {"javascript", "js"},
                                    {"js", "js"},       {"jsx", "jsx"},     {"typescript", "ts"},
                                    {"ts", "ts"},       {"tsx", "tsx"},     {"c", "c"},
                                    {"cpp", "cpp"},     {"c++", "cpp"},     {"csharp", "cs"},
                                    {"cs", "cs"},       {"go", "go"},       {"golang", "go"},
                                    {"rust", "rs"},     {"rs", "rs"},       {"java", "java"},
                                    {"kotlin", "kt"},   {"swift", "swift"}, {"ruby", "rb"},
                                    {"rb", "rb"},       {"php", "php"},     {"sh", "sh"},
                                    {"bash", "sh"},     {"shell", "sh"},    {"zsh", "sh"},
                                    {"sql", "sql"},     {"html", "html"},   {"css", "css"},
                                    {"json", "json"},   {"yaml", "yaml"},   {"yml", "yaml"},
                                    {"toml", "toml"},   {"xml", "xml"},     {"ini", "ini"},
                                    {"markdown", "md"}, {"md", "md"},       {"dockerfile", "dockerfile"},
                                    {"lua", "lua"},     {"r", "r"},         {"scala", "scala"},
                                    {"haskell", "hs"},  {"perl", "pl"},     {"diff", "diff"},
                                    {"cmake", "cmake"}};

std::string name_after(std::string_view language) {
  const std::string lowered = lower_case(language);
  for (const Extension& row : extensions) {
    if (row.language == lowered) return fmt::format("main.{}", row.extension);
  }
  return "main.txt";
}

std::string unique_path(std::string path, std::set<std::string>& used) {
  const std::size_t slash = path.rfind('/');
  std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || dot == 0 || (slash != std::string::npos && dot < slash)) dot = path.size();
  std::string candidate = path;
  for (int number = 2; !used.insert(candidate).second; ++number) {
    candidate = fmt::format("{}-{}{}", path.substr(0, dot), number, path.substr(dot));
  }
  return candidate;
}

std::size_t longest_run(std::string_view text, char of) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == of ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

class FileFinder {
 public:
  explicit FileFinder(std::string_view text) : text_(text), lines_(lines_of(text)) {}

  std::vector<CodeFile> run() {
    std::vector<CodeFile> files;
    std::size_t after = 0;  // the line behind the block before
    for (const Block& block : blocks_of(text_, lines_)) {
      files.push_back(file_of(block, after));
      after = std::min(block.close + 1, lines_.size());
    }
    return files;
  }

 private:
  std::string_view line(std::size_t i) const { return text_.substr(lines_[i].begin, lines_[i].end - lines_[i].begin); }

  CodeFile file_of(const Block& block, std::size_t after) {
    const Info info = read_info(block.info);
    CodeFile found;
    found.complete = block.close < lines_.size();
    found.file.language = info.language;
    if (block.open + 1 < block.close) {
      const std::size_t begin = lines_[block.open + 1].begin;
      found.file.text = text_.substr(begin, lines_[block.close - 1].end - begin);
    }
    std::string_view path = info.path;
    for (std::size_t i = block.open; path.empty() && i > after;) {
      if (is_blank(line(--i))) continue;
      path = path_in_line(line(i));
      break;
    }
    if (path.empty() && block.open + 1 < block.close) path = path_in_comment(line(block.open + 1));
    std::string safe = safe_path(path);
    found.file.path = unique_path(safe.empty() ? name_after(info.language) : std::move(safe), used_);
    return found;
  }

  const std::string_view text_;
  const std::vector<Line> lines_;
  std::set<std::string> used_;
};

}  // namespace

std::vector<CodeFile> parse_code_files(std::string_view answer) { return FileFinder(answer).run(); }

std::string render_code_files(std::span<const ResultFile> files) {
  std::string text;
  for (const ResultFile& file : files) {
    const std::string fence(std::max<std::size_t>(3, longest_run(file.text, '`') + 1), '`');
    text += fmt::format("{}**{}**\n\n{}{}\n{}{}{}\n", text.empty() ? "" : "\n", file.path, fence, file.language,
                        file.text, file.text.empty() ? "" : "\n", fence);
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<ResultFile> merge_code_files(std::span<const ResultFile> earlier, std::span<const ResultFile> later) {
  std::vector<ResultFile> merged(earlier.begin(), earlier.end());
  for (const ResultFile& file : later) {
    const auto same =
        std::find_if(merged.begin(), merged.end(), [&](const ResultFile& one) { return one.path == file.path; });
    if (same == merged.end()) {
      merged.push_back(file);
    } else {
      *same = file;
    }
  }
  return merged;
}

}  // namespace plenum::workflow
