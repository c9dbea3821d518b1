// The routers of the path prefixes /as/<dialect>: below it are the routes of that system and all others, and every
// stream has that format. A client of another system needs only another base URL.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/handlers/handler_context.h"
#include "server/http/routing/origin_policy.h"
#include "server/http/routing/route_table.h"

namespace plenum::http {

class Router;

// Const after construction: any thread.
class FormatRouters {
 public:
  // The policy must outlive the routers; the context is copied.
  FormatRouters(const HandlerContext& context, const OriginPolicy& policy);
  ~FormatRouters();
  FormatRouters(const FormatRouters&) = delete;
  FormatRouters& operator=(const FormatRouters&) = delete;

  struct Match {
    const Router* router;
    std::string_view path;  // without the prefix; points into the path of the request
  };
  // Absent for a path without the prefix of a known dialect.
  std::optional<Match> find(std::string_view path) const;

 private:
  struct Entry;
  std::list<Entry> entries_;  // addresses do not change
};

}  // namespace plenum::http
