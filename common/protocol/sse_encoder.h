// Writes server-sent event frames that no field can break out of.
// Source: WHATWG HTML, 9.2.5 "Parsing an event stream"; CVE-2026-44214 is the fault this guards against.
#pragma once

#include <string>
#include <string_view>

namespace plenum {

// Appends one frame: `id:` unless it is empty, `event:` unless it is empty, one `data:` line for each
// line of data (CR, LF and CRLF end a line), a blank line; LF only. Bytes that may not stand in an id
// ([0-9a-z-]) or in a name ([a-z0-9_]) are left out. Any thread.
void append_frame(std::string& out, std::string_view id, std::string_view event, std::string_view data);
// Appends a `retry:` line, which joins the frame that follows.
void append_retry(std::string& out, unsigned milliseconds);

}  // namespace plenum
