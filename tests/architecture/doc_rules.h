// References between texts: files and headings that a page, a comment or a message names must exist.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/architecture/repository.h"

namespace plenum::tests {

// Whether the repository has this file or folder.
using PathExists = std::function<bool(const std::string& path)>;

// One line for each broken reference: a Markdown link, a file of the repository in code quotes, or
// `docs/page.md, "Heading"` in any text. docs/changelog.md names files of the past and is not read. Pure, but for
// `exists`.
std::vector<std::string> doc_violations(const SourceTree& tree, const PathExists& exists);

}  // namespace plenum::tests
