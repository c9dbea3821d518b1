// Writes server-sent event frames. No field can inject lines.
// Source: WHATWG HTML, 9.2.5 "Parsing an event stream"; prevents CVE-2026-44214.
#pragma once

#include <string>
#include <string_view>

namespace plenum {

// Appends one frame: `id:` and `event:` unless empty, one `data:` line per line of data (CR, LF and CRLF end a line), a
// blank line; LF only. Bytes that are not allowed in an id ([0-9a-z-]) or in a name ([a-z0-9_]) are omitted. Any
// thread.
void append_frame(std::string& out, std::string_view id, std::string_view event, std::string_view data);
// Appends a `retry:` line, which becomes part of the next frame.
void append_retry(std::string& out, unsigned milliseconds);

}  // namespace plenum
