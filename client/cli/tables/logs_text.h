// Past tasks with question and answer, for users. Pure: any thread.
#pragma once

#include <string>

#include "common/json/json.h"

namespace plenum::client {

struct LogsShown {
  bool is_terminal = false;  // ids are shortened, texts are filtered
  std::string searched{};    // words; empty: none
};

// tasks: objects with stream_id, created_at, workflow, status, task, answer and cost.
std::string logs_text(const Json& tasks, const LogsShown& shown);

}  // namespace plenum::client
