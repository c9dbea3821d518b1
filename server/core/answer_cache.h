// Answers that were paid for already, by everything that an answer depends on.
#pragma once

#include <optional>
#include <string>

namespace plenum::core {

// Any thread. What is kept are bytes: who puts them in proves when reading that they are whole.
class AnswerCache {
 public:
  virtual ~AnswerCache() = default;
  // Nothing when there is none, or none any more.
  virtual std::optional<std::string> find(const std::string& key) = 0;
  // In place of an earlier one of this key. What has no room is not kept.
  virtual void put(const std::string& key, std::string bytes) = 0;
};

}  // namespace plenum::core
