#include "server/http/message/etag.h"

#include "server/http/message/header_syntax.h"

namespace plenum::http {
namespace {

std::string_view opaque(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag;
}

}  // namespace

bool tag_matches(std::string_view if_none_match, std::string_view tag) {
  bool found = false;
  each_item(if_none_match, [&](std::string_view item) {
    found = item == "*" || opaque(item) == opaque(tag);
    return !found;
  });
  return found;
}

}  // namespace plenum::http
