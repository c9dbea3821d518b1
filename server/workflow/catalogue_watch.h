// Keeps an engine's catalogue as its directory is: reads the files again when one changes and when somebody
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

#include "common/error.h"
#include "common/result.h"
#include "server/runtime/event_loop.h"
#include "server/runtime/helpers.h"
#include "server/workflow/engine.h"

namespace plenum::workflow {

// What a reading came to.
struct CatalogueNews {
  bool asked = false;                // by read_again
  std::size_t workflows = 0;         // in use now
  std::vector<std::string> changed;  // names that are new, gone or different
  std::optional<Error> fault;        // the catalogue from before stays in use
};

// Only the home loop, unless it says otherwise.
class CatalogueWatch final : public runtime::FdHandler {
 public:
  // tell is called on the loop, for readings that were asked for or came to something new. engine and loop
  // must outlive the watch.
  CatalogueWatch(std::string directory, Engine& engine, runtime::EventLoop& loop,
                 std::function<void(const CatalogueNews&)> tell);
  // The loop must have stopped. Waits for a reading that is under way.
  ~CatalogueWatch() override;

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
  void seen(Result<Catalogue> read);
  bool watches_anew();

  const std::string directory_;                           // set once
  Engine& engine_;                                        // set once
  runtime::EventLoop& loop_;                              // set once
  const std::function<void(const CatalogueNews&)> tell_;  // set once
  int fd_ = -1;                                           // set once by start
  std::atomic<bool> lost_{true};                          // the kernel watches no more
  bool looking_ = false, again_ = false, asked_ = false;  // only the home loop
  runtime::TimerId soon_ = 0;                             // only the home loop
  std::optional<std::pair<dev_t, ino_t>> watched_;        // only the helper
  std::atomic<int> watch_{-1};                            // only the helper writes; the loop compares
  std::unique_ptr<runtime::Helpers> helper_;              // set once; disks may hang, so no loop reads them
};

}  // namespace plenum::workflow
