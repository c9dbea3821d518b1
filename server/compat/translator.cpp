#include "server/compat/translator.h"

#include "server/compat/translators.h"

namespace plenum::compat {

std::optional<CompatFormat> compat_format_named(std::string_view name) {
  if (name == "native") return CompatFormat::native;
  if (name == "conclave") return CompatFormat::conclave;
  if (name == "process") return CompatFormat::process;
  if (name == "council") return CompatFormat::council;
  return std::nullopt;
}

std::unique_ptr<EventTranslator> translator(CompatFormat format) {
  switch (format) {
    case CompatFormat::conclave:
      return std::make_unique<ConclaveTranslator>();
    case CompatFormat::process:
      return std::make_unique<LlmSseTranslator>();
    case CompatFormat::council:
      return std::make_unique<CouncilTranslator>();
    case CompatFormat::native:
      break;
  }
  return nullptr;
}

}  // namespace plenum::compat
