// The header lines of every request to one provider, including the key.
#pragma once

#include <string_view>
#include <vector>

#include "server/redaction/secret.h"

struct curl_slist;

namespace plenum::provider {

// Wiped on destruction. Const after construction, but only for transfers of one loop.
class RequestHeaders {
 public:
  // The line of the key starts with `key_header`; an empty `key` adds no such line. `more` are further lines.
  RequestHeaders(std::string_view key_header, const redaction::Secret& key, const std::vector<std::string_view>& more);
  ~RequestHeaders();
  RequestHeaders(const RequestHeaders&) = delete;
  RequestHeaders& operator=(const RequestHeaders&) = delete;

  curl_slist* list() const { return list_; }

 private:
  void add(std::string_view before, std::string_view secret = {});

  curl_slist* list_ = nullptr;
};

}  // namespace plenum::provider
