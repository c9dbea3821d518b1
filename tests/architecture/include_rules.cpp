// The tables of layers and libraries, and the checks of every include against them.
#include "tests/architecture/include_rules.h"

#include <algorithm>
#include <optional>
#include <set>

namespace plenum::tests {

namespace {

struct Module {
  std::string_view path;
  int layer;  // modules of one layer do not include each other
  // Sub-folders from the lowest to the highest; "" is the module's own folder. A sub-folder includes lower
  // ones only. Empty: the module has no sub-folders.
  std::vector<std::string_view> order;
};

const std::vector<Module>& modules() {
  static const std::vector<Module> all = {
      {"common", 0, {"base", "text", "files", "json", "sse", "protocol"}},
      {"client",
       1,
       {"api", "settings", "autostart", "cli/terminal", "cli/markdown", "cli/render", "cli/live", "cli/full",
        "cli/tables", "cli/args", "cli/files", "cli/tasks", "cli/completion", "cli/manual", "cli/commands", "cli/tools",
        ""}},
      {"server/core", 1, {}},
      {"server/redaction", 1, {}},
      {"server/runtime", 2, {}},
      {"server/config", 2, {}},
      {"server/provider/protocol", 2, {"json", "answer", "errors", "lists", ""}},
      {"server/compat", 2, {}},
      {"server/telemetry", 2, {}},
      {"server/stream", 3, {}},
      {"server/workflow",
       3,
       {"output", "output/verdict", "kinds", "definition", "catalog", "planning", "run/outputs", "run/state",
        "run/restore", "run"}},
      {"server/provider", 3, {"transport", "prices", "limits", "offline", ""}},
      {"server/storage", 3, {"memory", "sqlite/database", "sqlite/writer", "sqlite"}},
      {"server/task", 4, {"", "export"}},
      {"server/http",
       5,
       {"message", "socket", "sse", "shared", "multiplex", "handlers", "council", "routing", "server"}},
      {"server/app", 6, {}},
      {"server", 7, {""}},
  };
  return all;
}

struct Library {
  std::string_view header;                // a header, or the beginning of its name
  std::vector<std::string_view> allowed;  // path prefixes of the files that may include it
  bool one_file_each;                     // at most one file below each of them
};

const std::vector<Library>& libraries() {
  static const std::vector<Library> all = {
      {"httplib.h", {"server/http/server/"}, true},
      {"curl/", {"server/provider/transport/", "client/api/"}, true},
      {"openssl/", {"common/", "server/provider/transport/", "tests/support/"}, true},
      {"concurrentqueue/", {"server/stream/event_queue.h"}, true},
      {"kainjow/", {"server/workflow/definition/"}, true},
      {"toml++/", {"server/workflow/definition/", "server/config/", "client/settings/"}, false},
      {"sqlite3.h", {"server/storage/sqlite/"}, true},
      {"md4c.h", {"client/cli/markdown/"}, true},
      {"utf8proc.h", {"client/cli/terminal/"}, true},
      {"vterm.h", {"tests/support/terminal/"}, true},
      {"spdlog/", {"server/telemetry/"}, false},
      {"CLI/", {"server/app/", "client/", "tests/"}, false},
      {"doctest/", {"tests/"}, false},
      {"rapidcheck", {"tests/"}, false},
  };
  return all;
}

struct Include {
  int line;
  std::string target;
  bool ours;  // "…" and not <…>
};

std::vector<Include> includes_of(const std::string& text) {
  std::vector<Include> found;
  int number = 0;
  for (const std::string& line : lines_of(text)) {
    ++number;
    std::size_t at = line.find_first_not_of(" \t");
    if (at == std::string::npos || line[at] != '#') continue;
    at = line.find_first_not_of(" \t", at + 1);
    if (at == std::string::npos || !std::string_view(line).substr(at).starts_with("include")) continue;
    const std::size_t open = line.find_first_of("<\"", at);
    const std::size_t close = open == std::string::npos ? open : line.find_first_of(">\"", open + 1);
    if (close != std::string::npos)
      found.push_back({number, line.substr(open + 1, close - open - 1), line[open] == '"'});
  }
  return found;
}

bool is_below(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

// The module with the longest path that holds this folder.
const Module* module_of(std::string_view folder) {
  const Module* found = nullptr;
  for (const Module& module : modules()) {
    if (is_below(folder, module.path) && (found == nullptr || module.path.size() > found->path.size())) found = &module;
  }
  // `server` is the folder of main.cpp alone: a sub-folder without a row is unknown.
  return found != nullptr && found->path == "server" && folder != "server" ? nullptr : found;
}

std::optional<std::size_t> position_in(const Module& module, std::string_view folder) {
  const std::string_view rest = folder.size() == module.path.size() ? "" : folder.substr(module.path.size() + 1);
  if (module.order.empty() && rest.empty()) return 0;
  const auto at = std::find(module.order.begin(), module.order.end(), rest);
  if (at == module.order.end()) return std::nullopt;
  return static_cast<std::size_t>(at - module.order.begin());
}

class IncludeInspector {
 public:
  explicit IncludeInspector(const SourceTree& tree) : tree_(tree) {}

  std::vector<std::string> inspect() {
    for (const auto& [path, text] : tree_) {
      if (!is_source(path)) continue;
      for (const Include& include : includes_of(text)) {
        check_direction(path, include);
        check_library(path, include);
      }
    }
    check_shared_libraries();
    for (const auto& [path, text] : tree_) visit_file(path);
    for (const auto& [folder, targets] : folder_edges_) visit_folder(folder);
    return std::move(violations_);
  }

 private:
  void report(const std::string& path, int line, const std::string& text) {
    violations_.push_back(violation(path, line, text));
  }

  void check_direction(const std::string& path, const Include& include) {
    if (!include.ours) return;
    const std::string from = folder_of(path);
    const std::string to = folder_of(include.target);
    if (from.starts_with("tests") || from == to) return;
    if (to.empty() || include.target.starts_with(".")) {
      return report(path, include.line,
                    "includes " + include.target + "; write the path from the root of the repository");
    }
    folder_edges_[from].insert(to);
    const Module* above = module_of(from);
    const Module* below = module_of(to);
    if (above == nullptr) {
      report(path, include.line,
             "is in " + from + ", which is no module; add a row to tests/architecture/include_rules.cpp");
    } else if (below == nullptr) {
      report(path, include.line, "includes " + include.target + " from " + from + ", but " + to + " is no module");
    } else if (above == below) {
      check_order(path, include, *above, from, to);
    } else {
      check_layers(path, include, *above, *below);
    }
  }

  void check_layers(const std::string& path, const Include& include, const Module& above, const Module& below) {
    const bool crosses = (above.path == "client") != (below.path == "client") && below.path != "common";
    if (crosses) {
      report(path, include.line,
             "includes " + include.target + "; " + std::string(above.path) + " must not depend on " +
                 std::string(below.path));
    } else if (below.layer >= above.layer) {
      report(path, include.line,
             "includes " + std::string(below.layer > above.layer ? "upward" : "sideways") + " from " +
                 std::string(above.path) + " (layer " + std::to_string(above.layer) + ") to " +
                 std::string(below.path) + " (layer " + std::to_string(below.layer) + ")");
    }
  }

  void check_order(const std::string& path, const Include& include, const Module& module, const std::string& from,
                   const std::string& to) {
    const auto above = position_in(module, from);
    const auto below = position_in(module, to);
    if (!above || !below) {
      report(path, include.line,
             "is about " + (above ? to : from) +
                 ", a sub-folder without a place in its module; give it one in "
                 "tests/architecture/include_rules.cpp");
    } else if (*below >= *above) {
      report(path, include.line, "includes upward from " + from + " to " + to + " inside one module");
    }
  }

  void check_library(const std::string& path, const Include& include) {
    for (const Library& library : libraries()) {
      if (!include.target.starts_with(library.header) || path.starts_with("tests/")) continue;
      const auto place = std::find_if(library.allowed.begin(), library.allowed.end(),
                                      [&](std::string_view prefix) { return path.starts_with(prefix); });
      if (place == library.allowed.end()) {
        report(path, include.line,
               "includes " + include.target + ", which only " + places_of(library) + " may include");
      } else if (library.one_file_each) {
        users_[std::string(library.header) + " in " + std::string(*place)].insert(path);
      }
    }
  }

  static std::string places_of(const Library& library) {
    std::string text;
    for (const std::string_view place : library.allowed) text.append(text.empty() ? "" : " or ").append(place);
    return text;
  }

  void check_shared_libraries() {
    for (const auto& [library, files] : users_) {
      if (files.size() < 2) continue;
      for (const std::string& file : files) {
        report(file, 1, "is one of " + std::to_string(files.size()) + " files that include " + library + "; one may");
      }
    }
  }

  // Depth first; a file that is met again while it is still on the path closes a cycle.
  void visit_file(const std::string& path) {
    if (finished_files_.contains(path)) return;
    const auto before = std::find(open_files_.begin(), open_files_.end(), path);
    if (before != open_files_.end())
      return report(path, 1, "is part of an include cycle: " + joined(before, open_files_.end(), path));
    const auto file = tree_.find(path);
    if (file == tree_.end() || !is_source(path)) return;
    open_files_.push_back(path);
    for (const Include& include : includes_of(file->second)) {
      if (include.ours) visit_file(include.target);
    }
    open_files_.pop_back();
    finished_files_.insert(path);
  }

  void visit_folder(const std::string& folder) {
    if (finished_folders_.contains(folder)) return;
    const auto before = std::find(open_folders_.begin(), open_folders_.end(), folder);
    if (before != open_folders_.end()) {
      return report(folder, 1, "is part of a cycle between folders: " + joined(before, open_folders_.end(), folder));
    }
    const auto edges = folder_edges_.find(folder);
    if (edges == folder_edges_.end()) return;
    open_folders_.push_back(folder);
    for (const std::string& target : edges->second) visit_folder(target);
    open_folders_.pop_back();
    finished_folders_.insert(folder);
  }

  using Path = std::vector<std::string>;
  static std::string joined(Path::const_iterator first, Path::const_iterator last, const std::string& end) {
    std::string text;
    for (; first != last; ++first) text += *first + " -> ";
    return text + end;
  }

  const SourceTree& tree_;
  std::vector<std::string> violations_;
  std::map<std::string, std::set<std::string>> users_;         // library and place -> files that include it
  std::map<std::string, std::set<std::string>> folder_edges_;  // folder -> folders that its files include
  Path open_files_, open_folders_;
  std::set<std::string> finished_files_, finished_folders_;
};

}  // namespace

std::vector<std::string> include_violations(const SourceTree& tree) { return IncludeInspector(tree).inspect(); }

}  // namespace plenum::tests
