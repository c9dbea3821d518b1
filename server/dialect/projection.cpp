#include "server/dialect/projection.h"

#include "server/dialect/projections.h"

namespace plenum::dialect {

std::optional<Vocabulary> vocabulary_named(std::string_view name) {
  if (name == "native") return Vocabulary::native;
  if (name == "conclave") return Vocabulary::conclave;
  if (name == "process") return Vocabulary::process;
  if (name == "council") return Vocabulary::council;
  return std::nullopt;
}

std::unique_ptr<Projection> projection(Vocabulary vocabulary) {
  switch (vocabulary) {
    case Vocabulary::conclave:
      return std::make_unique<ConclaveProjection>();
    case Vocabulary::process:
      return std::make_unique<ProcessProjection>();
    case Vocabulary::council:
      return std::make_unique<CouncilProjection>();
    case Vocabulary::native:
      break;
  }
  return nullptr;
}

}  // namespace plenum::dialect
