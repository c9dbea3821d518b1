#include "tests/architecture/repository.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace plenum::tests {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view tops[] = {"common", "server", "client", "tests", "docs", "scripts", ".github", ".ci"};
constexpr std::string_view data_folders[] = {"tests/data/", "tests/fuzz/corpus/", "tests/mutation/"};
// The list itself holds every word that it bans.
constexpr std::string_view word_list = "tests/architecture/banned_words.txt";

bool is_data(const std::string& path) {
  for (const std::string_view folder : data_folders) {
    if (path.starts_with(folder)) return true;
  }
  return path == word_list;
}

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

SourceTree read_source_tree(const std::string& root) {
  SourceTree tree;
  for (const std::string_view top : tops) {
    if (!fs::exists(fs::path(root) / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / top)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = fs::relative(entry.path(), root).generic_string();
      if (!is_data(path)) tree[path] = text_of(entry.path());
    }
  }
  for (const char* name : {"README.md", "CMakeLists.txt"}) tree[name] = text_of(fs::path(root) / name);
  return tree;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool is_header(std::string_view path) { return path.ends_with(".h"); }
bool is_source(std::string_view path) { return is_header(path) || path.ends_with(".cpp"); }
bool is_markdown(std::string_view path) { return path.ends_with(".md"); }

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string violation(const std::string& path, int line, const std::string& text) {
  return path + ":" + std::to_string(line) + ": " + text;
}

}  // namespace plenum::tests
