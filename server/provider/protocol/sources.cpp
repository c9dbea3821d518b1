#include "server/provider/protocol/sources.h"

#include <algorithm>

#include "common/base/utf8.h"
#include "server/provider/protocol/json/json_fields.h"

namespace plenum::protocol {

namespace {

// The members of an object, and of the object in it that holds the address.
void read_source(JsonReader& reader, SourceRef& source, bool nested = false) {  // NOLINT(misc-no-recursion)
  each_member(reader, [&](std::string_view key) {
    if (key == "title") {
      source.title.clear();
      return read_text(reader, source.title);
    }
    if (key == "url" || key == "uri" || key == "source") {
      source.url.clear();
      return read_text(reader, source.url);
    }
    const bool holds_address = key == "url_citation" || key == "web" || key == "retrievedContext";
    holds_address && !nested ? read_source(reader, source, true) : reader.skip();
  });
}

void read_one(JsonReader& reader, std::vector<SourceRef>& sources) {
  SourceRef source;
  if (reader.kind() == JsonReader::Kind::string) {
    read_text(reader, source.url);
  } else {
    read_source(reader, source);
  }
  add_source(sources, source.title, source.url);
}

}  // namespace

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string line;
  for (const char c : repaired_utf8(text)) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() > bytes_max) line = std::string(utf8_prefix(line, bytes_max)) + "…";
  return line;
}

bool is_web_address(std::string_view url) {
  return (url.starts_with("https://") || url.starts_with("http://")) && url.size() <= source_url_bytes_max &&
         std::all_of(url.begin(), url.end(), [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7F; });
}

void add_source(std::vector<SourceRef>& sources, std::string_view title, std::string_view url) {
  if (!is_web_address(url)) return;
  merge_sources(sources, {{one_line(title, source_title_bytes_max), repaired_utf8(url)}}, answer_sources_max);
}

void read_sources(JsonReader& reader, std::vector<SourceRef>& sources) {
  if (reader.kind() != JsonReader::Kind::array) return read_one(reader, sources);
  each_element(reader, [&] { read_one(reader, sources); });
}

}  // namespace plenum::protocol
