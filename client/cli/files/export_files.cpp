#include "client/cli/files/export_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace plenum::client {
namespace {

namespace fs = std::filesystem;

bool is_below(const fs::path& path, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first == directory.end();
}

bool is_safe(const fs::path& relative) {
  const std::string& text = relative.native();
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;  // a zero would end the path
  });
  return !text.empty() && !has_control && relative.is_relative() &&
         std::none_of(relative.begin(), relative.end(), [](const fs::path& part) { return part == ".."; });
}

// The absolute path of the file; symbolic links on the way are resolved.
Result<fs::path> target_of(const fs::path& directory, const std::string& path) {
  std::error_code error;
  fs::path target = is_safe(path) ? fs::weakly_canonical(directory / path, error) : fs::path();
  // What is still a link points to nothing: opening it would create a file elsewhere.
  if (target.empty() || error || !is_below(target, directory) || fs::is_symlink(target, error)) {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("the path \"{}\" of the result is not a path below the directory", path),
                         "Export the result with --json, and take the file from it."});
  }
  return target;
}

Result<fs::path> opened(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  const fs::path canonical = error ? fs::path() : fs::canonical(directory, error);
  if (error) {
    return Failure(Error{ErrorCode::usage,
                         fmt::format("{} cannot be used as a directory: {}", directory, error.message()),
                         "Name a directory that can be written."});
  }
  return canonical;
}

}  // namespace

Result<std::vector<std::string>> write_files(const std::string& directory, const std::vector<ResultFile>& files,
                                             Existing existing) {
  const Result<fs::path> base = opened(directory);
  if (!base) return Failure(base.error());
  std::vector<fs::path> targets;
  for (const ResultFile& file : files) {
    const Result<fs::path> target = target_of(*base, file.path);
    if (!target) return Failure(target.error());
    std::error_code error;
    if (existing == Existing::fail && fs::exists(*target, error)) {
      return Failure(
          Error{ErrorCode::usage, fmt::format("{} already exists", target->string()), "Pass --force to overwrite it."});
    }
    if (std::find(targets.begin(), targets.end(), *target) != targets.end()) {
      return Failure(Error{ErrorCode::usage, fmt::format("the result has several files for {}", target->string()),
                           "Export the result with --json, and take the files from it."});
    }
    targets.push_back(*target);
  }
  std::vector<std::string> written;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code error;
    fs::create_directories(targets[i].parent_path(), error);
    const std::string& text = files[i].text;
    const bool ends = text.empty() || text.back() == '\n';
    if (auto done = write_file(targets[i].string(), ends ? text : text + '\n', existing); !done) {
      return Failure(done.error());
    }
    written.push_back(targets[i].string());
  }
  return written;
}

}  // namespace plenum::client
