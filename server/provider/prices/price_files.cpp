#include "server/provider/prices/price_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace plenum::provider {

namespace {

constexpr std::uintmax_t bytes_max = 4 * 1024 * 1024;

Failure unreadable(const std::string& path, std::string_view why) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("prices_file: {} {}", path, why),
                       "Check the setting prices_file, or remove it to use the built-in prices."});
}

}  // namespace

Result<config::PriceFile> read_price_file(const std::string& path) {
  if (path.empty()) return config::parse_price_file("", built_in_prices());
  std::error_code error;
  // Reading a pipe or a device might never end.
  if (!std::filesystem::is_regular_file(path, error)) return unreadable(path, "is not a file");
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > bytes_max) return unreadable(path, fmt::format("is larger than {} MiB", bytes_max >> 20));
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) return unreadable(path, "cannot be read");
  return config::parse_price_file(path, text);
}

}  // namespace plenum::provider
