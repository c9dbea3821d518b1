// One whole, judged request, as handlers see it. Any thread.
#pragma once

#include <string>

#include "server/http/message/request_head.h"

namespace plenum::http {

struct Request {
  RequestHead head;
  std::string body;
  bool keep_alive = true;  // the client wants it and the server goes on
};

// The caller's X-Request-Id when it is 1 to 128 visible ASCII characters, otherwise a fresh one.
std::string request_id_of(const RequestHead& head);

}  // namespace plenum::http
