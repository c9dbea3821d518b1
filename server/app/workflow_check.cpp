#include "server/app/workflow_check.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/utf8.h"
#include "common/json/json.h"
#include "server/workflow/definition/workflow_compiler.h"

namespace plenum::app {

namespace {

using workflow::CheckedWorkflow;

constexpr int exit_invalid = 2;

// Reads one byte more than the limit, to detect a file that is too large. Nothing, with errno, on failure.
std::optional<std::string> text_of(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) return std::nullopt;
  std::string text(workflow::file_bytes_max + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file));
  const int failed = std::ferror(file) != 0 ? errno : 0;  // a directory can be opened but not read
  if (file != stdin) std::fclose(file);
  errno = failed;
  return failed == 0 ? std::optional(std::move(text)) : std::nullopt;
}

// Names must be unique over all files, as in one directory.
CheckedWorkflow checked(const std::string& path, std::map<std::string, std::string>& names) {
  const auto text = text_of(path);
  if (!text) {
    return {std::nullopt,
            {{{}, fmt::format("cannot be read: {}", std::strerror(errno)), "Check the path and its permissions."}}};
  }
  CheckedWorkflow found = workflow::check_workflow(*text, path);
  if (!found.workflow) return found;
  const auto [earlier, is_new] = names.emplace(found.workflow->name, path);
  if (is_new) return found;
  return {std::nullopt,
          {{{},
            fmt::format("the name \"{}\" is taken by {}", earlier->first, earlier->second),
            "Give each workflow a unique name."}}};
}

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string text_view(const std::string& path, const CheckedWorkflow& file) {
  if (const auto& workflow = file.workflow) {
    return fmt::format("ok  {}: {}, {}{}, version {}\n", workflow->name, count(workflow->steps.size(), "step"),
                       count(workflow->roles.size(), "role"), workflow->per_member ? " and every member" : "",
                       workflow->version);
  }
  std::string text;
  for (const auto& fault : file.faults) {
    text += error_of(path, fault).message + "\n  " + fault.remedy + "\n";
  }
  if (file.faults.size() == workflow::diagnostics_max) text += fmt::format("{}: there may be more errors\n", path);
  return repaired_utf8(text);
}

Json json_view(const std::string& path, const CheckedWorkflow& file) {
  Json view{{"file", repaired_utf8(path)}, {"ok", file.workflow.has_value()}};
  if (const auto& workflow = file.workflow) {
    view["name"] = workflow->name;
    view["steps"] = workflow->steps.size();
    view["roles"] = workflow->roles;
    view["version"] = workflow->version;
    return view;
  }
  view["faults"] = Json::array();
  for (const auto& fault : file.faults) {
    view["faults"].push_back(Json{{"line", fault.position.line},
                                  {"column", fault.position.column},
                                  {"what", repaired_utf8(fault.what)},
                                  {"remedy", repaired_utf8(fault.remedy)}});
  }
  return view;
}

}  // namespace

int check_workflows(const std::vector<std::string>& files, bool json) {
  std::map<std::string, std::string> names;  // name to path
  Json list = Json::array();
  bool all_valid = true;
  for (const std::string& path : files) {
    const CheckedWorkflow file = checked(path, names);
    all_valid &= file.workflow.has_value();
    if (json) {
      list.push_back(json_view(path, file));
    } else {
      std::fputs(text_view(path, file).c_str(), stdout);
    }
  }
  if (json) std::puts(dump_json(Json{{"files", std::move(list)}}).c_str());
  const bool written = std::fflush(stdout) == 0;
  return all_valid && written ? 0 : exit_invalid;
}

}  // namespace plenum::app
