#include "client/cli/tables/councils_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace plenum;
using namespace plenum::client;

TEST_CASE("a council is listed with its members, chairman, judge, workflow and the names of its personas") {
  const auto json = parse_json(R"({"councils":[
      {"name":"review","description":"Two vendors.","members":["a/1","b/2#poet"],"chairman":"a/1","judge":"b/2",
       "workflow":"council","personas":{"poet":"You rhyme."},"of_workflow":null},
      {"name":"own","members":["c/3 \u001b[31m"],"of_workflow":"drafts"}]})");
  const std::string text = councils_text(json.value());
  CHECK(
      text.starts_with("review\n"
                       "             Two vendors.\n"
                       "  members    a/1, b/2#poet\n"
                       "  chairman   a/1\n"
                       "  judge      b/2\n"
                       "  workflow   council\n"
                       "  personas   poet\n"
                       "\n"
                       "own (of the workflow drafts)\n"
                       "  members    c/3 "));
  CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("a server without councils shows how to define one") {
  CHECK(councils_text(parse_json(R"({"councils":[]})").value()).find("[councils.review]") != std::string::npos);
}
