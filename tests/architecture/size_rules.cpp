#include "tests/architecture/size_rules.h"

#include <regex>
#include <set>

namespace plenum::tests {

namespace {

// The classes that a source file defines methods of: `Run` in `void Run::start(…) {` and in `Run::Run(`.
// Types begin with a capital letter and namespaces do not.
std::set<std::string> classes_defined_in(const std::string& text) {
  static const std::regex method(R"(^[A-Za-z][^=;(]*?\b([A-Z]\w*)(?:::[A-Z]\w*)*::(?:~?\w+|operator[^\s(]*)\(.*)");
  static const std::regex constructor(R"(^([A-Z]\w*)(?:::[A-Z]\w*)*::~?[A-Z]\w*\(.*)");
  std::set<std::string> found;
  for (const std::string& line : lines_of(text)) {
    if (line.find("::") == std::string::npos || line.find('(') == std::string::npos) continue;
    std::smatch match;
    if (std::regex_match(line, match, constructor) || std::regex_match(line, match, method)) found.insert(match[1]);
  }
  return found;
}

void check_folders(const SourceTree& tree, std::vector<std::string>& violations) {
  std::map<std::string, std::size_t> files;
  for (const auto& [path, text] : tree) {
    if (is_source(path)) ++files[folder_of(path)];
  }
  for (const auto& [folder, count] : files) {
    if (count <= folder_files_max) continue;
    violations.push_back(violation(folder, 1,
                                   "holds " + std::to_string(count) + " files; more than " +
                                       std::to_string(folder_files_max) + " are two subjects: split the folder"));
  }
}

void check_classes(const SourceTree& tree, std::vector<std::string>& violations) {
  std::map<std::string, std::set<std::string>> sources;  // folder and class -> files
  for (const auto& [path, text] : tree) {
    if (!path.ends_with(".cpp") || path.starts_with("tests/")) continue;
    for (const std::string& name : classes_defined_in(text)) sources[folder_of(path) + " " + name].insert(path);
  }
  for (const auto& [key, files] : sources) {
    if (files.size() <= class_sources_max) continue;
    const std::string name = key.substr(key.find(' ') + 1);
    std::string list;
    for (const std::string& file : files) list.append(list.empty() ? "" : ", ").append(file);
    violations.push_back(violation(*files.begin(), 1,
                                   "class " + name + " is implemented in " + std::to_string(files.size()) +
                                       " source files (" + list + "): split the class, not the file"));
  }
}

}  // namespace

std::vector<std::string> size_violations(const SourceTree& tree) {
  std::vector<std::string> violations;
  check_folders(tree, violations);
  check_classes(tree, violations);
  return violations;
}

}  // namespace plenum::tests
