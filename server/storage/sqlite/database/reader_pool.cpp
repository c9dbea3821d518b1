#include "server/storage/sqlite/database/reader_pool.h"

#include <utility>

namespace plenum::storage {

std::unique_ptr<SqliteReader> SqliteReaderPool::acquire() {
  auto reader = idle_.with([](auto& idle) -> std::unique_ptr<SqliteReader> {
    if (idle.empty()) return nullptr;
    auto last = std::move(idle.back());
    idle.pop_back();
    return last;
  });
  return reader ? std::move(reader) : std::make_unique<SqliteReader>(path_);
}

void SqliteReaderPool::release(std::unique_ptr<SqliteReader> reader) {
  idle_.with([&](auto& idle) { idle.push_back(std::move(reader)); });
}

void SqliteReaderPool::close() {
  idle_.with([](auto& idle) { idle.clear(); });
}

}  // namespace plenum::storage
