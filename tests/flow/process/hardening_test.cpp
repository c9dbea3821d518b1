// How the server's program is compiled and linked. Release builds only: the flags belong to them.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/flow/process/elf_file.h"
#include "tests/support/deadline.h"

namespace plenum::tests {

TEST_CASE("the server is position-independent, its relocations are read-only and its stack is not executable" *
          doctest::skip(!release_build())) {
  const ElfFile program(PLENUMD_PATH);
  CHECK(program.position_independent());
  CHECK(program.full_relro());
  CHECK_FALSE(program.stack_executable());
}

TEST_CASE("the server checks its stack, the bounds of C functions and those of the standard library" *
          doctest::skip(!release_build())) {
  const auto imports = ElfFile(PLENUMD_PATH).imports();
  CHECK(imports.contains("__stack_chk_fail"));
  CHECK(std::any_of(imports.begin(), imports.end(), [](const std::string& name) {
    return name.starts_with("__") && name.ends_with("_chk");  // _FORTIFY_SOURCE
  }));
  CHECK(std::any_of(imports.begin(), imports.end(), [](const std::string& name) {
    return name.find("glibcxx_assert_fail") != std::string::npos;  // _GLIBCXX_ASSERTIONS
  }));
}

#if defined(__x86_64__)
TEST_CASE("the server is compiled for shadow stacks and indirect branch tracking, and probes large stack frames" *
          doctest::skip(!release_build())) {
  const ElfFile program(PLENUMD_PATH);
  constexpr std::uint32_t shadow_stack = 2;
  CHECK((program.x86_features() & shadow_stack) != 0);
  CHECK(program.count_in_code("\xf3\x0f\x1e\xfa") > 1000);                        // endbr64: -fcf-protection
  CHECK(program.count_in_code(std::string_view("\x48\x83\x0c\x24\x00", 5)) > 0);  // orq $0,(%rsp): a stack probe
}
#endif

}  // namespace plenum::tests
