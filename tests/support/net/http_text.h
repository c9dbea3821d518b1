// Takes HTTP/1.1 messages out of bytes that came from a socket. For tests: lenient, and no model for a server.
#pragma once

#include <map>
#include <string>

namespace plenum::tests {

// Cuts one whole request off the front of buffered; false, and nothing changed, while it is not all there.
bool take_request(std::string& buffered, std::string& method, std::string& path,
                  std::map<std::string, std::string>& headers, std::string& body);

// Cuts a head, blank line included, off the front of buffered: its first line and its headers, names in
// lower case. False while it is not all there.
bool take_head(std::string& buffered, std::string& first_line, std::map<std::string, std::string>& headers);

// Undoes Transfer-Encoding: chunked, however the bytes arrive. Not thread-safe.
class ChunkedBody {
 public:
  // Moves the payload of what is whole from buffered to out.
  void feed(std::string& buffered, std::string& out);
  bool ended() const { return ended_; }

 private:
  std::size_t left_ = 0;  // of the current chunk, with the CRLF behind it
  bool ended_ = false;
};

std::string lower_case(std::string text);

}  // namespace plenum::tests
