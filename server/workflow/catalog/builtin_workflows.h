// The catalog's files as they were compiled in.
#pragma once

#include <span>
#include <string_view>

namespace plenum::workflow {

struct CatalogFile {
  std::string_view name;  // without ending
  std::string_view text;
};

std::span<const CatalogFile> catalog_files();

}  // namespace plenum::workflow
