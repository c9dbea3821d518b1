// The field tables of the protocol pages, and the comparison of JSON with them. Not thread-safe.
// The form of a table is stated in docs/protocol-objects.md.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"

namespace plenum::tests {

struct FieldRow {
  std::string name;  // empty: all fields of the object in `types`
  bool optional = false;
  std::vector<std::string> types;  // alternatives: `text`, `list of text`, `object:task-row`, `map of object:price`
  bool operator==(const FieldRow&) const = default;
};

// The rows of one object, in the order of the page, and its examples.
struct DocumentedObject {
  std::vector<FieldRow> rows;
  std::vector<std::string> examples;
};

class FieldTables {
 public:
  // Adds the tables and examples of a page. An object has the name of its heading, as in a link: `task-row`. The fields
  // of a message code are the object `code:queued`.
  void add_page(std::string_view markdown);

  // Compares a value with the tables of these objects together; what differs goes to problems().
  void check(const std::vector<std::string>& objects, const Json& value);
  // The same for every event or control frame of a stream.
  void check_event(const Json& event);
  // Every example agrees with the table above it.
  void check_examples();

  const std::set<std::string>& problems() const { return problems_; }
  // `object.field` of every row that no value had.
  std::set<std::string> unseen() const;

 private:
  void check_value(const std::string& where, const std::vector<std::string>& types, const Json& value);
  bool matches(const std::string& where, const std::string& type, const Json& value);
  // The rows of the objects by field name, those of included objects too, each with the object that has it.
  std::map<std::string, std::pair<std::string, const FieldRow*>> rows_of(const std::vector<std::string>& objects);

  std::map<std::string, DocumentedObject> objects_;
  std::set<std::string> problems_, seen_;
};

}  // namespace plenum::tests
