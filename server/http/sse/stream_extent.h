// What a stream holds now, as cursors are resolved against it. Any thread; exact on the stream's owner loop.
#pragma once

#include "server/http/sse/cursor.h"
#include "server/stream/stream.h"

namespace plenum::http {

inline StreamExtent extent_of(const stream::Stream& stream) {
  return {stream.encoder().epoch(), stream.first_seq(), stream.head(), stream.finished()};
}

}  // namespace plenum::http
