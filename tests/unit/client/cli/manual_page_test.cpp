#include "client/cli/manual/manual_page.h"

#include <doctest/doctest.h>

#include <string>

#include "client/cli/args/command_table.h"
#include "common/text/roff.h"

using namespace plenum;
using namespace plenum::client;

TEST_CASE("the manual has every command and every section of the help") {
  const std::string page = manual_page();
  for (const CommandRow& row : command_rows()) {
    if (row.description[0] == '\0') continue;
    const std::string parent = row.parent[0] == '\0' ? "" : std::string(row.parent) + " ";
    CHECK_MESSAGE(page.find(".SS \"plenum " + parent + row.name + " [OPTIONS]") != std::string::npos, row.name);
  }
  for (const char* section : {"NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXIT CODES", "ENVIRONMENT", "EXAMPLES"}) {
    CHECK_MESSAGE(page.find(std::string(".SH \"") + section + "\"\n") != std::string::npos, section);
  }
  CHECK(page.find("\\fB\\-w,\\-\\-workflow WORKFLOW\\fR\n") != std::string::npos);
  CHECK(page.find("__complete") == std::string::npos);
}

TEST_CASE("text has no meaning for roff") {
  CHECK(roff_escaped("a\\b\n.TH x\n'y -w") == "a\\eb\n\\&.TH x\n\\&'y \\-w");
  RoffPage page("x", 8, "x 1.0");
  page.item("--a \"b\"", ".c");
  CHECK(page.text().find(".TP\n\\fB\\-\\-a \"b\"\\fR\n\\&.c\n") != std::string::npos);
  page.section("a \"b\"");
  CHECK(page.text().ends_with(".SH \"A \\(dqB\\(dq\"\n"));
}
