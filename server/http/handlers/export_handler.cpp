#include "server/http/handlers/export_handler.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/http/handlers/find_stream.h"
#include "server/http/message/content_negotiation.h"
#include "server/http/message/query_params.h"
#include "server/http/shared/stream_renders.h"
#include "server/task/export/export.h"

namespace plenum::http {
namespace {

enum class Format { markdown, json };

// The query beats Accept: a URL that names the format yields the same document for every client.
tl::expected<Format, Response> format_of(const Request& request) {
  const auto query = Query::parse(request.head.query, {"format"});
  if (!query) return tl::unexpected(problem(query.error(), {.status = 400}));
  if (const auto format = query->find("format")) {
    if (*format == "markdown") return Format::markdown;
    if (*format == "json") return Format::json;
    return tl::unexpected(
        problem(Error{ErrorCode::bad_request, "?format= must be markdown or json."}, {.status = 400}));
  }
  const auto accept = request.head.header("accept");
  constexpr std::string_view types[] = {"text/markdown", "application/json"};
  if (const auto best = preferred(accept, types)) return *best == 0 ? Format::markdown : Format::json;
  return tl::unexpected(problem(Error{ErrorCode::bad_request, "This route serves text/markdown and application/json.",
                                      "Accept one of them, or use ?format=markdown or ?format=json."},
                                {.status = 406}));
}

}  // namespace

HandlerResult get_export(const HandlerContext& context, const Request& request, std::string_view id) {
  const auto format = format_of(request);
  if (!format) return format.error();
  const auto stream = find_stream(context, id);
  if (!stream) return stream.error();
  const bool markdown = *format == Format::markdown;
  Response response = markdown ? render_shared(200, "text/markdown; charset=utf-8", "markdown", **stream,
                                               *context.renders, [&] { return task::export_markdown(**stream); })
                               : render_shared(200, "application/json", "export", **stream, *context.renders,
                                               [&] { return dump_json(task::export_json(**stream)); });
  if (response.status() != 200) return response;
  constexpr std::size_t name_characters = 8;  // of the id: enough to distinguish one person's files
  response.header("Vary", "Accept");
  response.header("Content-Disposition",
                  fmt::format("attachment; filename=\"plenum-{}.{}\"", (*stream)->id().str().substr(0, name_characters),
                              markdown ? "md" : "json"));
  return response;
}

}  // namespace plenum::http
