// What a test reads of an ELF program: how it was compiled and linked. 64-bit, the byte order of this machine.
// Source: elf(5); System V ABI, AMD64 supplement (program properties).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace plenum::tests {

class ElfFile {
 public:
  explicit ElfFile(const std::string& path);  // throws Failure

  bool position_independent() const;
  bool stack_executable() const;
  // Relocations are complete before main, and read-only afterwards.
  bool full_relro() const;
  // Of the x86 property note: bit 0 is IBT, bit 1 SHSTK. 0 without a note.
  std::uint32_t x86_features() const;
  // Dynamic symbols that the program takes from libraries.
  std::set<std::string> imports() const;
  // How often these bytes occur in its code.
  std::size_t count_in_code(std::string_view bytes) const;

 private:
  template <class T>
  T at(std::size_t offset) const;
  template <class F>
  void each_segment(F&& f) const;
  template <class F>
  void each_section(F&& f) const;
  template <class F>
  void each_dynamic(F&& f) const;

  std::string bytes_;
};

}  // namespace plenum::tests
