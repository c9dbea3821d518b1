#include "server/workflow/catalog/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/workflow/catalog/builtin_workflows.h"
#include "server/workflow/definition/workflow_compiler.h"

namespace plenum::workflow {

namespace {

namespace fs = std::filesystem;

Error unreadable(const std::string& path, std::string_view why) {
  return {ErrorCode::workflow_invalid, fmt::format("{}: {}", path, why),
          "Check that the path exists and that this user may read it."};
}

Result<std::vector<fs::path>> workflow_files_in(const std::string& directory) {
  std::error_code error;
  std::vector<fs::path> paths;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".toml") paths.push_back(entry->path());
  }
  if (error) return Failure(unreadable(directory, error.message()));
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<std::string> text_of(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (error) return Failure(unreadable(path.string(), error.message()));
  if (bytes > file_bytes_max) {
    return Failure(
        error_of(path.string(), {{},
                                 fmt::format("the file has {} bytes", bytes),
                                 fmt::format("A workflow file holds at most {} MiB.", file_bytes_max >> 20)}));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) return Failure(unreadable(path.string(), "cannot be read"));
  return text;
}

}  // namespace

Result<Catalog> Catalog::built_in() {
  Catalog catalog;
  for (const BuiltinWorkflow& file : builtin_workflows()) {
    auto workflow = load_workflow(file.text, fmt::format("built-in {}.toml", file.name));
    if (!workflow) return Failure(std::move(workflow.error()));
    std::string name = workflow->name;
    catalog.by_name_[std::move(name)] = std::make_shared<const Workflow>(std::move(*workflow));
  }
  return catalog;
}

Result<Catalog> Catalog::with_directory(const std::string& directory) {
  auto catalog = built_in();
  if (!catalog) return catalog;
  const auto paths = workflow_files_in(directory);
  if (!paths) return Failure(paths.error());
  std::map<std::string, std::string, std::less<>> read;  // name -> path
  for (const fs::path& path : *paths) {
    const auto text = text_of(path);
    if (!text) return Failure(text.error());
    auto workflow = load_workflow(*text, path.string());
    if (!workflow) return Failure(std::move(workflow.error()));
    std::string name = workflow->name;
    const auto [earlier, is_new] = read.emplace(name, path.string());
    if (!is_new) {
      return Failure(
          Error{ErrorCode::workflow_invalid,
                fmt::format("{}:1:1: the name \"{}\" is already used by {}", path.string(), name, earlier->second),
                "Use a unique name for every workflow."});
    }
    catalog->by_name_[std::move(name)] = std::make_shared<const Workflow>(std::move(*workflow));
  }
  return catalog;
}

std::shared_ptr<const Workflow> Catalog::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const Workflow>> Catalog::all() const {
  std::vector<std::shared_ptr<const Workflow>> workflows;
  for (const auto& [name, workflow] : by_name_) workflows.push_back(workflow);
  return workflows;
}

}  // namespace plenum::workflow
