#include "tests/support/process/temp_dir.h"

#include <cstdlib>
#include <fstream>

#include "tests/support/failure.h"

namespace plenum::tests {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "plenum-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw Failure("no temporary directory like " + pattern);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(std::string_view name, std::string_view text) const {
  std::filesystem::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

}  // namespace plenum::tests
