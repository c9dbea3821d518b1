#include "tests/architecture/architecture_rules.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>

namespace plenum::tests {

namespace {

struct Floor {
  std::string_view room;
  int floor;
};
// Rooms on one floor are neighbours: they do not include each other.
constexpr Floor floors[] = {
    {"common", 0},           {"server/core", 1},    {"server/redaction", 1},
    {"server/runtime", 2},   {"server/config", 2},  {"server/provider/protocol", 2},
    {"server/compat", 2},    {"server/stream", 3},  {"server/workflow", 3},
    {"server/provider", 3},  {"server/storage", 3}, {"server/access", 3},
    {"server/telemetry", 3}, {"server/task", 4},    {"server/http", 5},
    {"server/app", 6},       {"server", 7},
};

struct Door {
  std::string_view header;                // or how its name begins
  std::vector<std::string_view> allowed;  // how the paths of the files begin that may include it
  bool one_file_each;                     // only one file behind each of them
};
const std::vector<Door>& doors() {
  static const std::vector<Door> all = {
      {"httplib.h", {"server/http/"}, true},
      {"curl/", {"server/provider/", "client/api/"}, true},
      {"openssl/", {"common/", "tests/support/"}, true},
      {"concurrentqueue/", {"server/stream/event_queue.h"}, true},
      {"kainjow/", {"server/workflow/"}, true},
      {"toml++/", {"server/workflow/", "server/config/"}, false},
      {"sqlite3.h", {"server/storage/"}, true},
      {"hiredis/", {"server/storage/"}, true},
      {"CLI/", {"server/app/", "client/"}, false},
      {"utf8proc.h", {"client/"}, false},
      {"doctest/", {"tests/"}, false},
      {"rapidcheck", {"tests/"}, false},
  };
  return all;
}

// Written in pieces, so that this file does not break its own rules.
const std::vector<std::string>& machine_paths() {
  static const std::vector<std::string> all = {
      "/wo"
      "rk/",
      "/tm"
      "p/",
      "/ho"
      "me/",
      "/ro"
      "ot/",
      "/Us"
      "ers/",
      "/op"
      "t/"};
  return all;
}
const std::vector<std::string>& unfinished_words() {
  static const std::vector<std::string> all = {
      "TO"
      "DO",
      "FIX"
      "ME",
      "XX"
      "X",
      "HA"
      "CK"};
  return all;
}

bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

bool holds_word(const std::string& line, const std::string& word) {
  auto letter = [&](std::size_t i) { return i < line.size() && std::isalnum(static_cast<unsigned char>(line[i])); };
  for (std::size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
    if ((at == 0 || !letter(at - 1)) && !letter(at + word.size())) return true;
  }
  return false;
}

struct Include {
  int line;
  std::string target;
  bool ours;  // "…" and not <…>
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<Include> includes_of(const std::string& text) {
  std::vector<Include> found;
  int number = 0;
  for (const std::string& line : lines_of(text)) {
    ++number;
    std::size_t at = line.find_first_not_of(" \t");
    if (at == std::string::npos || line[at] != '#') continue;
    at = line.find_first_not_of(" \t", at + 1);
    if (at == std::string::npos || !begins(std::string_view(line).substr(at), "include")) continue;
    std::size_t open = line.find_first_of("<\"", at);
    std::size_t close = open == std::string::npos ? open : line.find_first_of(">\"", open + 1);
    if (close != std::string::npos)
      found.push_back({number, line.substr(open + 1, close - open - 1), line[open] == '"'});
  }
  return found;
}

// `server/stream` of `server/stream/stream_state.h`; `server` of `server/main.cpp`.
std::string room_of(const std::string& path) {
  std::size_t first = path.find('/');
  if (!begins(path, "server/") && !begins(path, "client/")) return path.substr(0, first);
  std::size_t second = path.find('/', first + 1);
  return path.substr(0, second == std::string::npos ? first : second);
}

std::optional<int> floor_of(const std::string& room) {
  for (const Floor& floor : floors) {
    if (floor.room == room) return floor.floor;
  }
  return std::nullopt;
}

class Inspector {
 public:
  explicit Inspector(const SourceTree& tree) : tree_(tree) {}

  std::vector<std::string> inspect() {
    for (const auto& [path, text] : tree_) {
      std::vector<Include> includes = includes_of(text);
      for (const Include& include : includes) {
        check_arrow(path, include);
        check_door(path, include);
      }
      check_words(path, text);
      bool header = path.size() > 2 && path.compare(path.size() - 2, 2, ".h") == 0;
      if (header && !begins(text, "//")) say(path, 1, "has no comment that says what it is and who may call it");
    }
    check_crowded_doors();
    check_circles();
    return said_;
  }

 private:
  void say(const std::string& path, int line, const std::string& what) {
    said_.push_back(path + ":" + std::to_string(line) + ": " + what);
  }

  void check_arrow(const std::string& path, const Include& include) {
    if (!include.ours) return;
    std::string from = room_of(path), to = room_of(include.target);
    if (from == "tests" || from == to) return;
    bool client = begins(from, "client");
    if (include.target.find('/') == std::string::npos || begins(include.target, ".")) {
      say(path, include.line, "includes " + include.target + "; write the path from the root of the repository");
    } else if (client && to != "common" && !begins(to, "client")) {
      say(path, include.line, "points from " + from + " to " + to + "; the client stands on common alone");
    } else if (!client) {
      check_floors(path, include, from, to);
    }
  }

  void check_floors(const std::string& path, const Include& include, const std::string& from, const std::string& to) {
    std::optional<int> above = floor_of(from), below = floor_of(to);
    if (!above) {
      say(path, include.line,
          "stands in room " + from + ", which has no floor; give it one in tests/architecture/architecture_rules.cpp");
    } else if (!below) {
      say(path, include.line, "points from " + from + " to " + to + ", which is no room of the server");
    } else if (*below >= *above) {
      say(path, include.line,
          "points " + std::string(*below > *above ? "up" : "sideways") + " from " + from + " (floor " +
              std::to_string(*above) + ") to " + to + " (floor " + std::to_string(*below) + ")");
    }
  }

  void check_door(const std::string& path, const Include& include) {
    for (const Door& door : doors()) {
      if (!begins(include.target, door.header) || begins(path, "tests/")) continue;
      auto inside =
          std::find_if(door.allowed.begin(), door.allowed.end(), [&](auto place) { return begins(path, place); });
      if (inside == door.allowed.end()) {
        say(path, include.line, "includes " + include.target + ", whose door is " + places(door));
      } else if (door.one_file_each) {
        behind_[std::string(door.header) + " in " + std::string(*inside)].insert(path);
      }
    }
  }

  static std::string places(const Door& door) {
    std::string text;
    for (std::string_view place : door.allowed) text.append(text.empty() ? "" : " or ").append(place);
    return text;
  }

  void check_crowded_doors() {
    for (const auto& [door, files] : behind_) {
      for (auto file = files.begin(); files.size() > 1 && file != files.end(); ++file) {
        say(*file, 1,
            "is one of " + std::to_string(files.size()) + " files that include " + door + "; one is the door");
      }
    }
  }

  void check_words(const std::string& path, const std::string& text) {
    int number = 0;
    for (const std::string& line : lines_of(text)) {
      ++number;
      for (const std::string& place : machine_paths()) {
        if (line.find(place) != std::string::npos) say(path, number, "names a path of one machine: " + place);
      }
      for (const std::string& word : unfinished_words()) {
        if (holds_word(line, word)) say(path, number, "holds " + word + "; finish it or write an issue");
      }
      bool may_sleep = !begins(path, "tests/") || begins(path, "tests/support/");
      if (!may_sleep && line.find(std::string("sleep_") + "for") != std::string::npos) {
        say(path, number, "sleeps; wait for what is to happen, with a deadline");
      }
    }
  }

  void check_circles() {
    for (const auto& [path, text] : tree_) follow(path);
  }

  // Depth first; a file that is met again while it is still on the trail closes a circle.
  void follow(const std::string& path) {
    if (done_.count(path) != 0) return;
    auto before = std::find(trail_.begin(), trail_.end(), path);
    if (before != trail_.end()) {
      std::string circle;
      for (auto step = before; step != trail_.end(); ++step) circle += *step + " -> ";
      say(path, 1, "is part of a circle: " + circle + path);
      return;
    }
    auto file = tree_.find(path);
    if (file == tree_.end()) return;
    trail_.push_back(path);
    for (const Include& include : includes_of(file->second)) {
      if (include.ours) follow(include.target);
    }
    trail_.pop_back();
    done_.insert(path);
  }

  const SourceTree& tree_;
  std::vector<std::string> said_;
  std::map<std::string, std::set<std::string>> behind_;  // door -> files that went through it
  std::vector<std::string> trail_;
  std::set<std::string> done_;
};

}  // namespace

std::vector<std::string> architecture_violations(const SourceTree& tree) { return Inspector(tree).inspect(); }

SourceTree read_source_tree(const std::string& root) {
  SourceTree tree;
  for (const char* top : {"common", "server", "client", "tests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(root) / top)) {
      std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp")) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      tree[std::filesystem::relative(entry.path(), root).generic_string()] = text.str();
    }
  }
  return tree;
}

}  // namespace plenum::tests
