// One complete, validated request, as handlers receive it. A value: any thread.
#pragma once

#include <string>

#include "server/http/message/request_head.h"

namespace plenum::http {

struct Request {
  RequestHead head;
  std::string body;
  bool keep_alive = true;  // the client requests it and the server is not shutting down
};

// The client's X-Request-Id if it is 1 to 128 visible ASCII characters, otherwise a random one.
std::string request_id_of(const RequestHead& head);

}  // namespace plenum::http
