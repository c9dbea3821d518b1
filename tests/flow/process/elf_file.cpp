#include "tests/flow/process/elf_file.h"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/support/failure.h"

namespace plenum::tests {

ElfFile::ElfFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  bytes_.assign(std::istreambuf_iterator<char>(in), {});
  if (bytes_.size() < sizeof(Elf64_Ehdr) || !bytes_.starts_with(ELFMAG) || bytes_[EI_CLASS] != ELFCLASS64) {
    throw Failure(path + " is not a 64-bit ELF file");
  }
}

template <class T>
T ElfFile::at(std::size_t offset) const {
  if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) throw Failure("an ELF file ends too early");
  T value;
  std::memcpy(&value, bytes_.data() + offset, sizeof value);
  return value;
}

template <class F>
void ElfFile::each_segment(F&& f) const {
  const auto head = at<Elf64_Ehdr>(0);
  for (std::size_t i = 0; i < head.e_phnum; ++i) f(at<Elf64_Phdr>(head.e_phoff + i * head.e_phentsize));
}

template <class F>
void ElfFile::each_section(F&& f) const {
  const auto head = at<Elf64_Ehdr>(0);
  for (std::size_t i = 0; i < head.e_shnum; ++i) f(at<Elf64_Shdr>(head.e_shoff + i * head.e_shentsize));
}

template <class F>
void ElfFile::each_dynamic(F&& f) const {
  each_segment([&](const Elf64_Phdr& segment) {
    if (segment.p_type != PT_DYNAMIC) return;
    for (std::size_t done = 0; done < segment.p_filesz; done += sizeof(Elf64_Dyn)) {
      f(at<Elf64_Dyn>(segment.p_offset + done));
    }
  });
}

bool ElfFile::position_independent() const {
  bool pie = false;
  each_dynamic([&](const Elf64_Dyn& entry) { pie |= entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_PIE) != 0; });
  return at<Elf64_Ehdr>(0).e_type == ET_DYN && pie;
}

bool ElfFile::stack_executable() const {
  bool executable = true;  // without a segment the system's default applies
  each_segment([&](const Elf64_Phdr& segment) {
    if (segment.p_type == PT_GNU_STACK) executable = (segment.p_flags & PF_X) != 0;
  });
  return executable;
}

bool ElfFile::full_relro() const {
  bool relro = false, now = false;
  each_segment([&](const Elf64_Phdr& segment) { relro |= segment.p_type == PT_GNU_RELRO; });
  each_dynamic([&](const Elf64_Dyn& entry) {
    now |= entry.d_tag == DT_BIND_NOW || (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_BIND_NOW) != 0);
  });
  return relro && now;
}

// Each property: type, size, then the value. The feature word of x86 has the type 0xc0000002.
std::uint32_t ElfFile::x86_features() const {
  constexpr std::uint32_t x86_feature_1_and = 0xc0000002;
  std::uint32_t features = 0;
  each_segment([&](const Elf64_Phdr& segment) {
    if (segment.p_type != PT_GNU_PROPERTY) return;
    const std::size_t end = segment.p_offset + segment.p_filesz;
    std::size_t next = segment.p_offset + sizeof(Elf64_Nhdr) + sizeof("GNU");
    while (next + 12 <= end) {
      const auto type = at<std::uint32_t>(next), size = at<std::uint32_t>(next + 4);
      if (type == x86_feature_1_and) features = at<std::uint32_t>(next + 8);
      next += 8 + (std::size_t{size} + 7) / 8 * 8;
    }
  });
  return features;
}

std::set<std::string> ElfFile::imports() const {
  std::set<std::string> names;
  const auto head = at<Elf64_Ehdr>(0);
  each_section([&](const Elf64_Shdr& symbols) {
    if (symbols.sh_type != SHT_DYNSYM) return;
    const auto strings = at<Elf64_Shdr>(head.e_shoff + std::size_t{symbols.sh_link} * head.e_shentsize);
    for (std::size_t done = 0; done < symbols.sh_size; done += sizeof(Elf64_Sym)) {
      const auto symbol = at<Elf64_Sym>(symbols.sh_offset + done);
      if (symbol.st_shndx == SHN_UNDEF) names.insert(bytes_.c_str() + strings.sh_offset + symbol.st_name);
    }
  });
  return names;
}

std::size_t ElfFile::count_in_code(std::string_view bytes) const {
  std::size_t count = 0;
  each_segment([&](const Elf64_Phdr& segment) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) return;
    const std::string_view code = std::string_view(bytes_).substr(segment.p_offset, segment.p_filesz);
    for (std::size_t found = code.find(bytes); found != code.npos; found = code.find(bytes, found + bytes.size())) {
      ++count;
    }
  });
  return count;
}

}  // namespace plenum::tests
