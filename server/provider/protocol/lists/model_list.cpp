// One reader for all vendors: they differ in the names of a few members, and none of these has two meanings.
#include "server/provider/protocol/lists/model_list.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "common/base/percent.h"
#include "common/base/utf8.h"
#include "server/provider/protocol/json/json_fields.h"

namespace plenum::protocol {

namespace {

using core::ProviderKind;

constexpr std::size_t name_bytes_max = 200;
constexpr std::size_t cursor_bytes_max = 500;
constexpr double price_usd_max = 1;                      // of one token; more is an error of the list
constexpr std::string_view resource_prefix = "models/";  // Gemini names resources

// Text models, where the list has types at all (Together).
constexpr std::string_view text_types[] = {"", "model", "chat", "language", "code", "base", "fine-tuned"};
constexpr std::string_view gemini_method = "generateContent";

bool is_usable_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && repaired_utf8(name) == name &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; });
}

// OpenRouter writes prices as text, and -1 where they depend on the model that it chooses.
void read_price(JsonReader& reader, std::optional<double>& out) {
  double usd = -1;
  if (reader.kind() == JsonReader::Kind::string) {
    std::string text;
    read_text(reader, text);
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), usd);
    if (fault != std::errc() || end != text.data() + text.size()) usd = -1;
  } else {
    read_real(reader, usd);
  }
  if (std::isfinite(usd) && usd >= 0 && usd <= price_usd_max) out = usd;
}

void read_tokens(JsonReader& reader, std::int64_t& out) {
  std::optional<std::int64_t> tokens;
  read_count(reader, tokens);
  if (tokens && *tokens > 0 && *tokens <= std::numeric_limits<std::int32_t>::max()) out = *tokens;
}

// Whether the list of texts at the cursor contains `wanted`; true if it is no list.
bool read_contains(JsonReader& reader, std::string_view wanted) {
  if (reader.kind() != JsonReader::Kind::array) {
    reader.skip();
    return true;
  }
  bool found = false;
  each_element(reader, [&] {
    std::string text;
    read_text(reader, text);
    found |= text == wanted;
  });
  return found;
}

void read_flag(JsonReader& reader, bool& out) {
  if (reader.kind() != JsonReader::Kind::boolean) return reader.skip();
  reader.read_boolean(out);
}

class PageReader {
 public:
  PageReader(ProviderKind kind, std::string_view json) : kind_(kind), reader_(json) {}

  Result<ModelPage> read() {
    if (reader_.kind() == JsonReader::Kind::array) {
      read_models();
    } else {
      each_member(reader_, [this](std::string_view key) { read_member(key); });
    }
    if (!reader_.finished() || !has_list_) {
      return Failure(Error{ErrorCode::malformed, "the response is not a list of models"});
    }
    if (has_more_) page_.next = last_id_;
    if (!page_token_.empty()) page_.next = page_token_;
    if (page_.next.size() > cursor_bytes_max) page_.next.clear();
    return std::move(page_);
  }

 private:
  void read_member(std::string_view key) {
    if (key == "data" || key == "models") return read_models();
    if (key == "has_more") return kind_ == ProviderKind::anthropic ? read_flag(reader_, has_more_) : reader_.skip();
    if (key == "last_id") return read_text(reader_, last_id_);
    if (key == "nextPageToken") return read_text(reader_, page_token_);
    reader_.skip();
  }

  void read_models() {
    has_list_ |= reader_.kind() == JsonReader::Kind::array;
    each_element(reader_, [this] {
      core::ListedModel model;
      std::string type;
      bool usable = true;
      each_member(reader_, [&](std::string_view key) { read_model(key, model, type, usable); });
      if (model.id.starts_with(resource_prefix)) model.id.erase(0, resource_prefix.size());
      usable &= std::find(std::begin(text_types), std::end(text_types), type) != std::end(text_types);
      if (!usable || !is_usable_name(model.id) || page_.models.size() == core::ModelList::models_max) return;
      page_.models.push_back(std::move(model));
    });
  }

  // Ollama's own list has `name` only, Gemini's names are resources; all others have an `id`.
  void read_model(std::string_view key, core::ListedModel& model, std::string& type, bool& usable) {
    if (key == "id" || key == "name") {
      std::string name;
      read_text(reader_, name);
      if (key == "id" || model.id.empty()) model.id = std::move(name);
      return;
    }
    if (key == "type") return read_text(reader_, type);
    if (key == "active") return read_flag(reader_, usable);
    if (key == "supportedGenerationMethods") {
      usable &= read_contains(reader_, gemini_method);
      return;
    }
    if (key == "capabilities") {
      return each_member(reader_, [&](std::string_view part) {
        part == "completion_chat" ? read_flag(reader_, usable) : reader_.skip();
      });
    }
    if (key == "architecture") {
      return each_member(reader_, [&](std::string_view part) {
        if (part != "output_modalities") return reader_.skip();
        usable &= read_contains(reader_, "text");
      });
    }
    if (kind_ != ProviderKind::openrouter) return reader_.skip();
    if (key == "pricing") return read_prices(model);
    if (key == "context_length") return read_tokens(reader_, model.context);
    if (key == "top_provider") {
      return each_member(reader_, [&](std::string_view part) {
        part == "max_completion_tokens" ? read_tokens(reader_, model.max_output) : reader_.skip();
      });
    }
    reader_.skip();
  }

  void read_prices(core::ListedModel& model) {
    each_member(reader_, [&](std::string_view part) {
      if (part == "prompt") return read_price(reader_, model.prompt_usd);
      if (part == "completion") return read_price(reader_, model.completion_usd);
      if (part == "input_cache_read") return read_price(reader_, model.cache_read_usd);
      if (part == "input_cache_write") return read_price(reader_, model.cache_write_usd);
      if (part == "request") return read_price(reader_, model.request_usd);
      reader_.skip();
    });
  }

  const ProviderKind kind_;
  JsonReader reader_;
  ModelPage page_;
  std::string last_id_, page_token_;
  bool has_more_ = false;
  bool has_list_ = false;
};

}  // namespace

bool lists_models(ProviderKind kind) { return kind != ProviderKind::offline && !core::is_search(kind); }

std::string model_list_path(ProviderKind kind, std::string_view cursor) {
  std::string path = "/models";
  if (kind == ProviderKind::anthropic) path += "?limit=1000";
  if (kind == ProviderKind::gemini) path += "?pageSize=1000";
  if (cursor.empty()) return path;
  if (kind == ProviderKind::anthropic) path += "&after_id=" + percent_encoded(cursor);
  if (kind == ProviderKind::gemini) path += "&pageToken=" + percent_encoded(cursor);
  return path;
}

Result<ModelPage> parse_model_page(ProviderKind kind, std::string_view json) { return PageReader(kind, json).read(); }

}  // namespace plenum::protocol
