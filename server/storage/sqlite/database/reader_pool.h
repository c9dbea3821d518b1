// Read-only connections, opened on demand and reused.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/runtime/guarded.h"
#include "server/storage/sqlite/database/reader.h"

namespace plenum::storage {

// Any thread.
class SqliteReaderPool {
 public:
  explicit SqliteReaderPool(std::string path) : path_(std::move(path)) {}

  // Calls read with a connection inside one read transaction: every query sees the same snapshot. Throws what read
  // throws; the connection is then closed.
  template <class F>
  auto with(F&& read) -> decltype(read(std::declval<SqliteReader&>())) {
    std::unique_ptr<SqliteReader> reader = acquire();
    reader->db().execute("BEGIN");
    auto result = read(*reader);
    reader->db().execute("COMMIT");
    release(std::move(reader));
    return result;
  }
  // Closes the idle connections.
  void close();

 private:
  std::unique_ptr<SqliteReader> acquire();
  void release(std::unique_ptr<SqliteReader> reader);

  const std::string path_;                                             // set once
  runtime::Guarded<std::vector<std::unique_ptr<SqliteReader>>> idle_;  // guarded
};

}  // namespace plenum::storage
