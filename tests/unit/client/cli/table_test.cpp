#include "client/cli/tables/table.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "client/cli/render/format.h"
#include "client/cli/tables/short_ids.h"
#include "client/cli/terminal/display_width.h"
#include "common/base/clock.h"

using namespace plenum;
using namespace plenum::client;

namespace {

const Table models{{{"NAME"}, {"TASKS", true}, {"DESCRIPTION"}},
                   {{"meta-llama/Llama-3.3-70B-Instruct-Turbo", "12", "answers questions in many languages"},
                    {"日本語モデル", "3", "short"}}};

std::size_t widest(const std::string& text) {
  std::size_t widest = 0;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != text.npos; at = end + 1) {
    widest = std::max(widest, display_width(text.substr(at, end - at)));
  }
  return widest;
}

}  // namespace

TEST_CASE("a table that fits has aligned columns, in a file always") {
  CHECK(table_text(models, columns_of_file) ==
        "NAME                                     TASKS  DESCRIPTION\n"
        "meta-llama/Llama-3.3-70B-Instruct-Turbo     12  answers questions in many languages\n"
        "日本語モデル                                 3  short\n");
  CHECK(table_text(models, 83) == table_text(models, columns_of_file));
}

TEST_CASE("the last column is wrapped before anything else changes") {
  CHECK(table_text(models, 75) ==
        "NAME                                     TASKS  DESCRIPTION\n"
        "meta-llama/Llama-3.3-70B-Instruct-Turbo     12  answers questions in many\n"
        "                                                languages\n"
        "日本語モデル                                 3  short\n");
}

TEST_CASE("on a narrow terminal a row is a block, and no name is cut") {
  CHECK(table_text(models, 40) ==
        "meta-llama/Llama-3.3-70B-Instruct-Turbo\n"
        "  TASKS        12\n"
        "  DESCRIPTION  answers questions in many\n"
        "               languages\n"
        "日本語モデル\n"
        "  TASKS        3\n"
        "  DESCRIPTION  short\n");
}

TEST_CASE("no line of a table is wider than the terminal, unless a single name is") {
  for (std::size_t columns = 39; columns < 100; ++columns) {
    CAPTURE(columns);
    CHECK(widest(table_text(models, columns)) <= columns);
  }
}

TEST_CASE("ids are shortened to what identifies them in the list") {
  using Ids = std::vector<std::string>;
  CHECK(short_ids({}).empty());
  CHECK(short_ids({"6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f"}) == Ids{"6f1c2d3e"});
  CHECK(short_ids({"6f1c2d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f", "6f1c2d3e-8a4c-4c5d-9e6f-7a8b9c0d1e2f"}) ==
        Ids{"6f1c2d3e-8a4b", "6f1c2d3e-8a4c"});
}

TEST_CASE("times are local, with the year only when it is another one") {
  WallTime now;
  REQUIRE(parse_rfc3339("2026-11-27T00:00:00.000Z", now));
  REQUIRE(::setenv("TZ", "Europe/Berlin", 1) == 0);
  ::tzset();
  CHECK(format_local_time("2026-11-21T06:37:30.123Z", now) == "11-21 07:37");
  CHECK(format_local_time("2025-07-21T06:37:30.123Z", now) == "2025-07-21 08:37");
  CHECK(format_local_time("", now).empty());
  REQUIRE(::unsetenv("TZ") == 0);
  ::tzset();
}
