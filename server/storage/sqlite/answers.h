// The answer cache in the SQLite file: written by the writer thread together with the events, never waited for.
#pragma once

#include <string>

#include "server/core/answer_cache.h"
#include "server/storage/sqlite/database/reader_pool.h"
#include "server/storage/sqlite/writer/writer.h"

namespace plenum::storage {

class SqliteAnswers final : public core::AnswerStore {
 public:
  // Both must outlive it.
  SqliteAnswers(SqliteReaderPool& readers, SqliteWriter& writer) : readers_(readers), writer_(writer) {}

  void load_answers(const std::function<bool(core::StoredAnswer)>& load) override;
  void put_answer(core::StoredAnswer answer) override;
  void share_answer(const std::string& key, const StreamId& stream, WallTime now) override;
  void remove_answer(const std::string& key) override;

 private:
  SqliteReaderPool& readers_;  // any thread
  SqliteWriter& writer_;       // any thread
};

}  // namespace plenum::storage
