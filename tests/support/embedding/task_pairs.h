// Pairs of tasks for the semantic cache: 1,000 that ask the same, and 1,000 near misses.
#pragma once

#include <string>
#include <vector>

namespace plenum::tests {

struct TaskPair {
  std::string kind;  // what was changed
  std::string task, other;
  std::string other_conditions{"same"};  // "same", or another context
};

std::vector<TaskPair> paraphrases();
std::vector<TaskPair> near_misses();

}  // namespace plenum::tests
