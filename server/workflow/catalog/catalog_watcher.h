// Reloads the workflow files when one of them changes and on request. Invalid files leave the current catalog
// in use and set its error.
// Source: inotify(7).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/result.h"
#include "server/runtime/event_loop.h"
#include "server/runtime/thread_pool.h"
#include "server/workflow/catalog/current_catalog.h"

namespace plenum::workflow {

// The result of a reload.
struct CatalogChange {
  bool requested = false;            // by reload()
  std::size_t workflows = 0;         // in use now
  std::vector<std::string> changed;  // names of added, removed and modified workflows
  std::optional<Error> error;        // set: the previous catalog stays in use
};

// Loop thread only, unless a member states otherwise.
class CatalogWatcher final : public runtime::FdHandler {
 public:
  // on_change is called on the loop for requested reloads and for reloads with a new result. catalog and loop
  // must outlive the watcher.
  CatalogWatcher(std::string directory, CurrentCatalog& catalog, runtime::EventLoop& loop,
                 std::function<void(const CatalogChange&)> on_change);
  // The loop must have stopped. Waits for a reload in progress.
  ~CatalogWatcher() override;

  // May be called before the loop runs. Without inotify the files are read every two seconds.
  void start();
  void reload();                                 // any thread
  bool idle() const { return reader_->idle(); }  // any thread: whether the destructor returns at once

  void on_ready(std::uint32_t events) override;

 private:
  enum class Scan : std::uint8_t { directory, files };
  void scan(Scan what);
  void scan_periodically();
  void schedule_scan();
  void apply(Result<Catalog> read);
  bool rewatch_if_replaced();

  const std::string directory_;                                // set once
  CurrentCatalog& catalog_;                                    // set once
  runtime::EventLoop& loop_;                                   // set once
  const std::function<void(const CatalogChange&)> on_change_;  // set once
  int fd_ = -1;                                                // set once by start
  std::atomic<bool> watch_lost_{true};                         // any thread: the kernel has no watch any more
  bool scanning_ = false;                                      // owner loop only
  bool scan_pending_ = false;                                  // owner loop only
  bool requested_ = false;                                     // owner loop only
  runtime::TimerId scan_timer_ = 0;                            // owner loop only
  std::optional<std::pair<dev_t, ino_t>> watched_;             // reader thread only
  std::atomic<int> watch_{-1};                                 // written by the reader thread; the loop compares
  std::unique_ptr<runtime::ThreadPool> reader_;                // set once; disks may hang, so no loop reads them
};

}  // namespace plenum::workflow
