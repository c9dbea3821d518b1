#include "server/app/workflow_check.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/files/file_reader.h"
#include "common/json/json.h"
#include "server/workflow/definition/workflow_compiler.h"

namespace plenum::app {

namespace {

using workflow::CheckedWorkflow;

constexpr int exit_invalid = 2;
constexpr int exit_unwritten = 1;

// Standard input as well as a file.
Result<std::string> text_of(const std::string& path) {
  return read_file(path == "-" ? "/dev/stdin" : path, "the file", {.bytes_max = workflow::file_bytes_max});
}

// Names must be unique over all files, as in one directory.
CheckedWorkflow checked(const std::string& path, std::map<std::string, std::string>& names) {
  const auto text = text_of(path);
  if (!text) {
    return {std::nullopt, {{{}, text.error().message, text.error().remedy}}};
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
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "plenumd: cannot write to standard output: %s\n", std::strerror(errno));
    return exit_unwritten;
  }
  return all_valid ? 0 : exit_invalid;
}

}  // namespace plenum::app
