#include "tests/architecture/doc_rules.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

namespace plenum::tests {

namespace {

constexpr std::string_view changelog = "docs/changelog.md";
// The tests of these rules name pages that do not exist.
constexpr std::string_view own_folder = "tests/architecture/";

// The text of a heading without its code quotes.
std::string plain(std::string heading) {
  heading.erase(std::remove(heading.begin(), heading.end(), '`'), heading.end());
  return heading;
}

// GitHub's anchor of a heading: lower case, punctuation dropped, blanks as hyphens.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == '-' || c == '_' || u >= 0x80) anchor += static_cast<char>(std::tolower(u));
    if (c == ' ') anchor += '-';
  }
  return anchor;
}

struct Page {
  std::set<std::string> headings;
  std::set<std::string> anchors;
};

std::map<std::string, Page> pages_of(const SourceTree& tree) {
  std::map<std::string, Page> pages;
  for (const auto& [path, text] : tree) {
    if (!is_markdown(path)) continue;
    Page& page = pages[path];
    for (const std::string& line : lines_of(text)) {
      const auto marks = line.find_first_not_of('#');
      if (marks == 0 || marks == std::string::npos || line[marks] != ' ') continue;
      const std::string heading = plain(line.substr(marks + 1));
      page.headings.insert(heading);
      page.anchors.insert(anchor_of(heading));
    }
  }
  return pages;
}

// `docs/../README.md` as `README.md`.
std::string normalized(const std::string& path) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : path + "/") {
    if (c != '/') {
      part += c;
      continue;
    }
    if (part == ".." && !parts.empty())
      parts.pop_back();
    else if (part != "." && part != ".." && !part.empty())
      parts.push_back(part);
    part.clear();
  }
  std::string text;
  for (const std::string& one : parts) text.append(text.empty() ? "" : "/").append(one);
  return text;
}

class DocInspector {
 public:
  DocInspector(const SourceTree& tree, const PathExists& exists)
      : tree_(tree), exists_(exists), pages_(pages_of(tree)) {}

  std::vector<std::string> inspect() {
    for (const auto& [path, text] : tree_) {
      if (path == changelog || path.starts_with(own_folder)) continue;
      check_headings(path, text);
      if (!is_markdown(path)) continue;
      int number = 0;
      bool code_block = false;
      for (const std::string& line : lines_of(text)) {
        ++number;
        if (line.find("```") != std::string::npos) code_block = !code_block;
        if (code_block) continue;
        check_links(path, number, line);
        check_files(path, number, line);
      }
    }
    return std::move(violations_);
  }

 private:
  void report(const std::string& path, int line, const std::string& text) {
    violations_.push_back(violation(path, line, text));
  }

  // `docs/page.md, "Heading"`, also when a comment or a string breaks the line in between.
  void check_headings(const std::string& path, const std::string& text) {
    static const std::regex reference("(docs/[a-z-]+\\.md)(?:,\\s*(?://\\s*)?\"([^\"\\n]+)\")?");
    int number = 1;
    std::size_t counted = 0;
    for (std::sregex_iterator at(text.begin(), text.end(), reference), end; at != end; ++at) {
      const auto position = static_cast<std::size_t>(at->position());
      number += static_cast<int>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                            text.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
      counted = position;
      const auto page = pages_.find((*at)[1]);
      if (page == pages_.end()) {
        report(path, number, "names " + (*at)[1].str() + ", which does not exist");
      } else if ((*at)[2].matched && !page->second.headings.contains((*at)[2])) {
        report(path, number,
               "names the heading \"" + (*at)[2].str() + "\", which " + (*at)[1].str() + " does not have");
      }
    }
  }

  void check_links(const std::string& path, int number, const std::string& line) {
    static const std::regex link(R"(\]\(([^)\s]+)\))");
    for (std::sregex_iterator at(line.begin(), line.end(), link), end; at != end; ++at) {
      const std::string target = (*at)[1];
      if (target.find("://") != std::string::npos || target.starts_with("mailto:")) continue;
      const auto hash = target.find('#');
      const std::string file = hash == 0 ? path : normalized(folder_of(path) + "/" + target.substr(0, hash));
      if (!exists_(file)) {
        report(path, number, "links to " + target + ", which does not exist");
      } else if (hash != std::string::npos) {
        const auto page = pages_.find(file);
        if (page != pages_.end() && !page->second.anchors.contains(target.substr(hash + 1))) {
          report(path, number, "links to " + target + ", but " + file + " has no such heading");
        }
      }
    }
  }

  // A path below one of the source folders, in code quotes.
  void check_files(const std::string& path, int number, const std::string& line) {
    static const std::regex quoted("`((?:server|client|common|tests|scripts|docs)/[A-Za-z0-9_./-]+)`");
    for (std::sregex_iterator at(line.begin(), line.end(), quoted), end; at != end; ++at) {
      const std::string file = (*at)[1];
      if (!exists_(file)) report(path, number, "names " + file + ", which does not exist");
    }
  }

  const SourceTree& tree_;
  const PathExists& exists_;
  const std::map<std::string, Page> pages_;
  std::vector<std::string> violations_;
};

}  // namespace

std::vector<std::string> doc_violations(const SourceTree& tree, const PathExists& exists) {
  return DocInspector(tree, exists).inspect();
}

}  // namespace plenum::tests
