// Attachments of a model call that are no text. Pure data; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "common/protocol/media_type.h"

namespace plenum::core {

struct Attachment {
  std::string name;        // as the caller gave it, one line
  std::string media_type;  // of the table in common/protocol/media_type.h
  AttachmentKind kind = AttachmentKind::image;
  std::string data;         // base64
  std::int64_t tokens = 0;  // estimate of what it adds to a prompt
};
// Megabytes that many requests share; never changed.
using Attachments = std::shared_ptr<const std::vector<Attachment>>;

// A set of kinds: what a provider accepts.
class AttachmentKinds {
 public:
  constexpr AttachmentKinds() = default;
  constexpr AttachmentKinds(std::initializer_list<AttachmentKind> kinds) {
    for (const auto kind : kinds) add(kind);
  }
  constexpr void add(AttachmentKind kind) { (kind == AttachmentKind::image ? image_ : pdf_) = true; }
  constexpr bool contains(AttachmentKind kind) const { return kind == AttachmentKind::image ? image_ : pdf_; }
  constexpr bool operator==(const AttachmentKinds&) const = default;

 private:
  bool image_ = false, pdf_ = false;
};

}  // namespace plenum::core
