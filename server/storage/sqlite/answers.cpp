#include "server/storage/sqlite/answers.h"

#include <memory>
#include <utility>
#include <vector>

#include "server/storage/sqlite/database/answer_table.h"
#include "server/telemetry/log.h"

namespace plenum::storage {

// A cache that cannot be read is empty: it must not keep the server from starting.
void SqliteAnswers::load_answers(const std::function<bool(core::StoredAnswer)>& load) {
  std::vector<std::int64_t> unusable;
  try {
    readers_.with([&](SqliteReader& reader) {
      unusable = reader.each_answer(load);
      return 0;
    });
  } catch (const SqliteFault& fault) {
    log::warning("store: the cached answers cannot be read: {}", error_of(fault).message);
    return;
  }
  if (unusable.empty()) return;
  writer_.change_later([unusable = std::move(unusable)](SqliteTables& tables) {
    for (const std::int64_t id : unusable) tables.answers().remove_row(id);
  });
}

void SqliteAnswers::put_answer(core::StoredAnswer answer) {
  writer_.change_later([answer = std::make_shared<const core::StoredAnswer>(std::move(answer))](SqliteTables& tables) {
    tables.answers().put(*answer);
  });
}

void SqliteAnswers::share_answer(const std::string& key, const StreamId& stream, WallTime now) {
  writer_.change_later([key, stream, now](SqliteTables& tables) { tables.answers().share(key, stream, now); });
}

void SqliteAnswers::remove_answer(const std::string& key) {
  writer_.change_later([key](SqliteTables& tables) { tables.answers().remove(key); });
}

}  // namespace plenum::storage
