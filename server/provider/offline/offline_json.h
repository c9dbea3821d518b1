// A small JSON value that satisfies a JSON schema, as the answer of a model that would enforce it.
// Source: JSON Schema 2020-12, the keywords that providers support for structured output.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plenum::provider {

// Texts state that no model was called. The same for the same schema and seed; an enumeration is chosen from by the
// seed. `pattern`, conditions and references outside of the schema are not regarded. `{}` if the schema is no object.
std::string offline_json(std::string_view schema_json, std::uint64_t seed);

}  // namespace plenum::provider
