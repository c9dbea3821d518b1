#include "server/provider/transport/request_headers.h"

#include <string.h>

#include <string>

#include "server/provider/transport/curl_engine.h"

namespace plenum::provider {

RequestHeaders::RequestHeaders(std::string_view key_header, const redaction::Secret& key,
                               const std::vector<std::string_view>& more) {
  add("Content-Type: application/json");
  add("Accept: text/event-stream");
  add("Expect:");  // without this, libcurl waits a second for 100-continue before a large body
  for (const auto line : more) add(line);
  if (!key.empty()) add(key_header, key.reveal());
}

RequestHeaders::~RequestHeaders() {
  for (auto* line = list_; line != nullptr; line = line->next) explicit_bzero(line->data, strlen(line->data));
  curl_slist_free_all(list_);
}

void RequestHeaders::add(std::string_view before, std::string_view secret) {
  std::string line;
  line.reserve(before.size() + secret.size());  // no second copy of the key by growing
  line.append(before).append(secret);
  list_ = curl_slist_append(list_, line.c_str());
  explicit_bzero(line.data(), line.size());
}

}  // namespace plenum::provider
