// The catalog that new tasks use; replaced as a whole when workflow files change.
#pragma once

#include <memory>
#include <optional>

#include "common/base/error.h"
#include "server/runtime/guarded.h"
#include "server/workflow/catalog/catalog.h"

namespace plenum::workflow {

// Any thread. A task keeps the workflow that it was planned with.
class CurrentCatalog {
 public:
  explicit CurrentCatalog(std::shared_ptr<const Catalog> catalog);

  std::shared_ptr<const Catalog> get() const;
  // The error of the workflow files as they are now; an earlier catalog is in use. Nothing if they are valid.
  std::optional<Error> error() const;

  // Clears the error.
  void replace(std::shared_ptr<const Catalog> catalog);
  void report_error(Error error);

 private:
  struct State {
    std::shared_ptr<const Catalog> catalog;
    std::optional<Error> error;
  };
  runtime::Guarded<State> state_;  // guarded
};

}  // namespace plenum::workflow
