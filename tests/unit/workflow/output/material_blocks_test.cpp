#include "server/workflow/output/material_blocks.h"

#include <doctest/doctest.h>

namespace plenum::workflow {

TEST_CASE("a block names its text, its label and that it is incomplete") {
  const MaterialBlocks blocks("seed");
  const std::string block = blocks.around("text", {"answer", "B", true});
  const std::string tag = block.substr(1, block.find(' ') - 1);
  CHECK(tag.starts_with("answer-"));
  CHECK(block == "<" + tag + " id=\"B\" incomplete=\"true\">\ntext\n</" + tag + ">");
  CHECK(blocks.around("text\n", {"code"}).find("text\n</code-") != std::string::npos);
  CHECK(blocks.around("", {"code"}) == "");
}

TEST_CASE("the rule names the boundary of the blocks, which depends on the seed alone") {
  const MaterialBlocks one("one"), same("one"), other("other");
  CHECK(one.rule() == same.rule());
  CHECK(one.rule() != other.rule());
  const std::string block = one.around("x", {"a"});
  const std::string boundary = block.substr(3, 12);
  CHECK(one.rule().find("-" + boundary) != std::string::npos);
}

}  // namespace plenum::workflow
