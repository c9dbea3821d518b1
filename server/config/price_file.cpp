#include "server/config/price_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "server/config/file_errors.h"
#include "server/config/price_tables.h"

namespace plenum::config {

namespace {

constexpr std::string_view file_keys[] = {"version", "date", "vendors"};
constexpr std::string_view vendor_keys[] = {"source", "models"};

// Only the shape of YYYY-MM-DD: the date is shown and compared, not computed with.
bool is_date(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00";
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '-' ? text[i] != '-' : !digit) return false;
  }
  const std::string_view month = text.substr(5, 2), day = text.substr(8, 2);
  return month >= "01" && month <= "12" && day >= "01" && day <= "31";
}

class PriceFileReader {
 public:
  PriceFileReader(std::string_view path, FileErrors& errors) : errors_(errors) { file_.info.path = path; }

  PriceFile read(const toml::table& root) {
    read_head(root);
    for (const auto& [key, node] : root) {
      if (key == "vendors") read_vendors(node);
      if (std::find(std::begin(file_keys), std::end(file_keys), key.str()) == std::end(file_keys)) {
        errors_.unknown_key(key, "a key of a price file", file_keys);
      }
    }
    if (file_.vendors.empty()) errors_.add(root.source(), "the price file has no [vendors.NAME.models]");
    return std::move(file_);
  }

 private:
  void read_head(const toml::table& root) {
    const auto version = root["version"].value<std::int64_t>();
    if (!version || *version < 1) {
      errors_.add(root.source(), "version must be the number of this edition of the prices, at least 1");
    }
    file_.info.version = version.value_or(0);
    const auto date = root["date"].value<std::string>();
    if (!date || !is_date(*date)) {
      errors_.add(root.source(), "date must be the day on which the prices were read, such as \"2026-11-26\"");
    }
    file_.info.date = date.value_or("");
  }

  void read_vendors(const toml::node& node) {
    const auto* vendors = node.as_table();
    if (vendors == nullptr) {
      return errors_.add(node.source(),
                         fmt::format("vendors must contain tables such as [vendors.openai], not {}", type_name(node)));
    }
    for (const auto& [name, value] : *vendors) {
      if (const auto* vendor = value.as_table()) {
        read_vendor(name, *vendor);
      } else {
        errors_.add(value.source(), fmt::format("vendors.{} must be a table, not {}", name.str(), type_name(value)));
      }
    }
  }

  void read_vendor(const toml::key& name, const toml::table& table) {
    VendorPrices vendor;
    vendor.vendor = name.str();
    for (const auto& [key, node] : table) {
      const auto* models = key == "models" ? node.as_table() : nullptr;
      const auto* source = key == "source" ? node.as_string() : nullptr;
      if (models != nullptr) {
        read_models(vendor, *models);
      } else if (source != nullptr) {
        vendor.source = source->get();
      } else if (key == "models" || key == "source") {
        errors_.add(node.source(), fmt::format("{} of vendors.{} must be {}, not {}", key.str(), vendor.vendor,
                                               key == "models" ? "a table" : "a string", type_name(node)));
      } else {
        errors_.unknown_key(key, "a key of a vendor", vendor_keys);
      }
    }
    file_.vendors.push_back(std::move(vendor));
  }

  void read_models(VendorPrices& vendor, const toml::table& models) {
    for (const auto& [name, node] : models) {
      auto row = read_price_row(errors_, name.str(), fmt::format("{}/{}", vendor.vendor, name.str()), node);
      if (!row) continue;
      if (row->model.empty() || row->model == "*") {
        errors_.add(name.source(), fmt::format("\"{}\" is not a model: name one model in each row", row->model));
        continue;
      }
      row->origin = file_.info.path.empty() ? core::PriceOrigin::built_in : core::PriceOrigin::file;
      row->date = file_.info.date;
      vendor.models.push_back(std::move(*row));
    }
  }

  FileErrors& errors_;
  PriceFile file_;
};

}  // namespace

const VendorPrices* PriceFile::find(std::string_view vendor) const {
  const auto found =
      std::find_if(vendors.begin(), vendors.end(), [vendor](const VendorPrices& row) { return row.vendor == vendor; });
  return found == vendors.end() ? nullptr : &*found;
}

Result<PriceFile> parse_price_file(std::string_view path, std::string_view text) {
  FileErrors errors(path.empty() ? "the built-in price file" : path);
  PriceFile file;
  try {
    file = PriceFileReader(path, errors).read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    errors.add(error.source(), std::string(error.description()));
  }
  const auto lines = errors.take();
  if (lines.empty()) return file;
  return Failure(Error{ErrorCode::config_invalid, fmt::format("{}", fmt::join(lines, "\n")),
                       "Correct the price file; docs/providers.md describes its format."});
}

}  // namespace plenum::config
