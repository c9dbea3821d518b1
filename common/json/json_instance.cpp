// The only instantiation of the JSON type: the precompiled header declares it extern, so that no other
// file spends time on its members.
#include <nlohmann/json.hpp>

template class nlohmann::basic_json<nlohmann::ordered_map>;
