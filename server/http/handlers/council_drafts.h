// Conversations that a page of LLM Council created and that have no task yet. There, a conversation exists before its
// first message; here, it is the tasks with its id. In memory only: a restart forgets them, and then the page creates
// another one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "server/runtime/guarded.h"

namespace plenum::http {

struct CouncilDraft {
  std::string id;
  std::string title;                 // empty: the default title
  std::vector<std::string> members;  // of its tasks; empty: the default ones
  std::string chairman;              // likewise
  WallTime created_at{};
};

// Any thread.
class CouncilDrafts {
 public:
  // At most this many: the oldest is removed.
  static constexpr std::size_t drafts_max = 1000;

  void add(CouncilDraft draft);
  std::optional<CouncilDraft> find(const std::string& id) const;
  // False if there is none.
  bool rename(const std::string& id, const std::string& title);
  bool remove(const std::string& id);
  // Newest first.
  std::vector<CouncilDraft> all() const;

 private:
  runtime::Guarded<std::vector<CouncilDraft>> drafts_;  // guarded; oldest first
};

}  // namespace plenum::http
