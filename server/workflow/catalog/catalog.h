// A set of workflows by name: the built-in ones and those of `workflows_dir`.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "server/workflow/definition/workflow.h"

namespace plenum::workflow {

// Immutable after construction; any thread.
class Catalog {
 public:
  // The built-in workflows. Fails only if one of them is invalid, which a test rules out.
  static Result<Catalog> built_in();
  // The same, with every *.toml of the directory added or put in position of a built-in of that name.
  // The first faulty file fails the whole, with file, line and column. Blocks on the disk.
  static Result<Catalog> with_directory(const std::string& directory);

  std::shared_ptr<const Workflow> find(std::string_view name) const;
  std::vector<std::shared_ptr<const Workflow>> all() const;  // by name

 private:
  std::map<std::string, std::shared_ptr<const Workflow>, std::less<>> by_name_;
};

}  // namespace plenum::workflow
