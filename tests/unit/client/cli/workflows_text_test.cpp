#include "client/cli/tables/workflows_text.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "client/autostart/launch_plan.h"
#include "common/base/utf8.h"
#include "tests/support/process/temp_dir.h"

using namespace plenum;
using namespace plenum::client;

namespace {

std::string list_with(const std::string& fault) {
  const auto json = parse_json(R"({"workflows":[
      {"name":"single","origin":"built-in single.toml","description":"Sends the task to one member and streams its answer."},
      {"name":"back-translation-of-poems","origin":"/etc/plenum/w.toml","description":"A German translation that was translated back by another \u001b model"}],
      "workflows_error":)" + fault +
                               "}");
  REQUIRE(json);
  return workflows_text(*json);
}

}  // namespace

TEST_CASE("workflows are listed within the width, with their source") {
  const std::string text = list_with("null");
  CHECK(
      text.starts_with("WORKFLOW                   SOURCE    DESCRIPTION\n"
                       "single                     built-in  Sends the task to one member and streams\n"
                       "                                     its answer.\n"
                       "back-translation-of-poems  file      A German"));
  CHECK(text.find('\x1b') == std::string::npos);
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    CHECK(code_points(text.substr(at, end - at)) <= 80);
  }
}

TEST_CASE("an error in the server's files is shown below the table") {
  CHECK(list_with(R"({"code":"workflow_invalid","message":"w.toml:3:1: unknown key"})")
            .find("\nw.toml:3:1: unknown key\n") != std::string::npos);
}

TEST_CASE("plenumd is searched in the directory of the client, then in PATH, and must be executable") {
  const plenum::tests::TempDir own, one, two;
  const std::string self = (own.path() / "plenum").string();
  const std::string path = one.path().string() + "::" + two.path().string();
  CHECK(plenumd_path(self, path) == "");
  one.write("plenumd", "not a program");
  const std::string in_path = two.write("plenumd", "#!/bin/sh\n"), beside = own.write("plenumd", "#!/bin/sh\n");
  for (const std::string& program : {in_path, beside}) ::chmod(program.c_str(), 0755);
  CHECK(plenumd_path(self, path) == beside);
  std::filesystem::remove(beside);
  CHECK(plenumd_path(self, path) == in_path);
  CHECK(plenumd_path("", path) == in_path);
}
