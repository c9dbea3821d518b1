// What can follow the words of an incomplete command line: commands, options and their fixed values, read from the
// parser; for other values, what they are. Pure: any thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace plenum::client {

struct Candidate {
  std::string value;
  std::string description{};
  bool operator==(const Candidate&) const = default;
};

// Values that only the file system or a server knows.
enum class ValueKind : unsigned char {
  none,
  files,
  directories,
  tasks,
  workflows,
  councils,
  members,
  providers,
  conversations,
};

struct Completion {
  std::vector<Candidate> candidates;  // whole words; each begins with the last word
  ValueKind kind = ValueKind::none;   // of further values
  std::string prefix;                 // of the last word, before the value: `--member=a,`
  std::string typed;                  // the beginning of the value
};

// words: after the program name, up to the cursor; the last one is to be completed and may be empty.
Completion completion_of(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace plenum::client
