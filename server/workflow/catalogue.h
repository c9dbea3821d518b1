// The workflows that this server knows.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "server/workflow/workflow.h"

namespace plenum::workflow {

// Const after construction: any thread.
class Catalogue {
 public:
  // The files compiled into the program. Fails only when one of them is wrong, which a test rules out.
  static Result<Catalogue> built_in();
  // The same, with every *.toml of the directory added or put in place of a built-in of that name.
  // The first faulty file fails the whole, with file, line and column. Blocks on the disk.
  static Result<Catalogue> with_directory(const std::string& directory);

  std::shared_ptr<const Workflow> find(std::string_view name) const;
  std::vector<std::shared_ptr<const Workflow>> all() const;  // by name

 private:
  std::map<std::string, std::shared_ptr<const Workflow>, std::less<>> by_name_;
};

}  // namespace plenum::workflow
