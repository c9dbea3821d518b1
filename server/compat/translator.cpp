#include "server/compat/translator.h"

#include <utility>

#include "server/compat/conclave.h"
#include "server/compat/council.h"
#include "server/compat/facilitair.h"
#include "server/compat/llm_sse.h"

namespace plenum::compat {
namespace {

constexpr std::pair<CompatFormat, std::string_view> names[] = {
    {CompatFormat::native, "native"},   {CompatFormat::conclave, "conclave"},
    {CompatFormat::process, "process"}, {CompatFormat::facilitair, "facilitair"},
    {CompatFormat::council, "council"}, {CompatFormat::council_2026, "council-2026"},
};

}  // namespace

std::optional<CompatFormat> compat_format_named(std::string_view name) {
  for (const auto& [format, known] : names) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::string_view name_of(CompatFormat format) {
  for (const auto& [known, name] : names) {
    if (known == format) return name;
  }
  return {};
}

std::string compat_format_names() {
  std::string list;
  for (const auto& [format, name] : names) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

std::unique_ptr<EventTranslator> translator(CompatFormat format) {
  switch (format) {
    case CompatFormat::conclave:
      return std::make_unique<ConclaveTranslator>();
    case CompatFormat::process:
      return std::make_unique<LlmSseTranslator>();
    case CompatFormat::facilitair:
      return std::make_unique<FacilitairTranslator>();
    case CompatFormat::council:
      return std::make_unique<CouncilTranslator>(CouncilVersion::stages);
    case CompatFormat::council_2026:
      return std::make_unique<CouncilTranslator>(CouncilVersion::rounds);
    case CompatFormat::native:
      break;
  }
  return nullptr;
}

}  // namespace plenum::compat
