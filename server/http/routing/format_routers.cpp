#include "server/http/routing/format_routers.h"

#include "common/protocol/api_paths.h"
#include "server/http/routing/router.h"

namespace plenum::http {

struct FormatRouters::Entry {
  Entry(const HandlerContext& given, const OriginPolicy& policy, compat::CompatFormat format)
      : prefix(std::string(api::as).append(name_of(format))),
        table(routes_of(format)),
        context(in_format(given, format)),
        router(context, policy, table) {}

  static HandlerContext in_format(HandlerContext context, compat::CompatFormat format) {
    context.default_format = format;
    return context;
  }

  const std::string prefix;
  const std::vector<Route> table;
  const HandlerContext context;
  const Router router;
};

FormatRouters::FormatRouters(const HandlerContext& context, const OriginPolicy& policy) {
  using compat::CompatFormat;
  for (const CompatFormat format : {CompatFormat::native, CompatFormat::conclave, CompatFormat::process,
                                    CompatFormat::facilitair, CompatFormat::council, CompatFormat::council_2026}) {
    entries_.emplace_back(context, policy, format);
  }
}

FormatRouters::~FormatRouters() = default;

std::optional<FormatRouters::Match> FormatRouters::find(std::string_view path) const {
  if (!path.starts_with(api::as)) return {};
  for (const Entry& entry : entries_) {
    if (!path.starts_with(entry.prefix)) continue;
    const std::string_view rest = path.substr(entry.prefix.size());
    if (rest.starts_with('/')) return Match{&entry.router, rest};
  }
  return {};
}

}  // namespace plenum::http
