// Keeps an engine's catalog as its directory is: reads the files again when one changes and when somebody
// asks for it. Files with a fault change nothing but what the engine says of them.
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
#include "server/workflow/planning/task_planner.h"

namespace plenum::workflow {

// What a reading came to.
struct CatalogChange {
  bool asked = false;                // by read_again
  std::size_t workflows = 0;         // in use now
  std::vector<std::string> changed;  // names that are new, gone or different
  std::optional<Error> fault;        // the catalog from before stays in use
};

// Only the owner loop, unless it says otherwise.
class CatalogWatcher final : public runtime::FdHandler {
 public:
  // tell is called on the loop, for readings that were asked for or came to something new. engine and loop
  // must outlive the watch.
  CatalogWatcher(std::string directory, TaskPlanner& engine, runtime::EventLoop& loop,
                 std::function<void(const CatalogChange&)> tell);
  // The loop must have stopped. Waits for a reading that is under way.
  ~CatalogWatcher() override;

  // Also before the loop runs. Where inotify cannot be had the files are read every two seconds instead.
  void start();
  void read_again();                             // any thread
  bool idle() const { return helper_->idle(); }  // any thread: the destructor would not have to wait

  void on_ready(std::uint32_t events) override;

 private:
  enum class Look : std::uint8_t { at_directory, at_files };
  void look(Look at);
  void look_now_and_then();
  void look_soon();
  void seen(Result<Catalog> read);
  bool watches_anew();

  const std::string directory_;                           // set once
  TaskPlanner& planner_;                                  // set once
  runtime::EventLoop& loop_;                              // set once
  const std::function<void(const CatalogChange&)> tell_;  // set once
  int fd_ = -1;                                           // set once by start
  std::atomic<bool> lost_{true};                          // the kernel watches no more
  bool looking_ = false, again_ = false, asked_ = false;  // only the owner loop
  runtime::TimerId soon_ = 0;                             // only the owner loop
  std::optional<std::pair<dev_t, ino_t>> watched_;        // only the helper
  std::atomic<int> watch_{-1};                            // only the helper writes; the loop compares
  std::unique_ptr<runtime::ThreadPool> helper_;           // set once; disks may hang, so no loop reads them
};

}  // namespace plenum::workflow
