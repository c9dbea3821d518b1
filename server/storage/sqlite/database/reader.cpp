#include "server/storage/sqlite/database/reader.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/json/json.h"
#include "server/storage/sqlite/database/journal_record.h"

namespace plenum::storage {

namespace {

constexpr std::size_t title_bytes_max = 4096;  // of the text from which the title of a conversation is made

// The parameter in `? IN (-1, streams.status)`. -1: any.
std::int64_t status_of(const core::TaskQuery& query) {
  return query.status ? static_cast<std::int64_t>(*query.status) : -1;
}

// The words as a JSON array, for json_each().
std::string word_list(std::string_view words) {
  Json list = Json::array();
  each_word(words, [&](std::string_view word) {
    list.push_back(std::string(word));
    return true;
  });
  return dump_json(list);
}

}  // namespace

Statement& SqliteReader::prepared(std::unique_ptr<Statement>& statement, const char* sql) {
  if (!statement) statement = std::make_unique<Statement>(db_, sql);
  return *statement;
}

std::vector<TaskRow> SqliteReader::tasks(Statement& rows, const core::TaskQuery& query) {
  std::vector<TaskRow> found;
  std::size_t bytes = 0;
  while (bytes <= query.bytes_max && rows.step()) {
    TaskRow row = read_task(rows);
    const std::string_view task = rows.bytes(task_columns), answer = rows.bytes(task_columns + 1);
    row.intact &= rows.integer(task_columns + 2) == texts_checksum(row.ordinal, task, answer);
    row.task.task = task;
    if (query.reduce && row.intact) query.reduce(row.task);
    bytes += row.task.task.size();
    found.push_back(std::move(row));
  }
  return found;
}

std::optional<TaskRow> SqliteReader::task(const StreamId& id) {
  StatementScope row(prepared(task_, "SELECT " PLENUM_TASK_COLUMNS " FROM streams WHERE id = ?"));
  row->bind_blob(id.bytes());
  if (!row->step()) return std::nullopt;
  return read_task(*task_);
}

std::vector<TaskRow> SqliteReader::page(const core::TaskQuery& query, std::int64_t before) {
  StatementScope rows(prepared(
      page_, "SELECT " PLENUM_TASK_COLUMNS
             ", texts.task, texts.answer, texts.sum FROM streams JOIN texts USING (ordinal) WHERE streams.ordinal < ? "
             "AND ? IN (-1, streams.status) ORDER BY streams.ordinal DESC LIMIT ?"));
  rows->bind(before).bind(status_of(query)).bind(static_cast<std::int64_t>(query.limit));
  return tasks(*page_, query);
}

std::vector<TaskRow> SqliteReader::matching(const std::string& match, const core::TaskQuery& query,
                                            std::int64_t before) {
  StatementScope rows(prepared(
      matching_, "SELECT " PLENUM_TASK_COLUMNS
                 ", texts.task, texts.answer, texts.sum FROM search JOIN streams ON streams.ordinal = search.rowid "
                 "JOIN texts ON texts.ordinal = search.rowid WHERE search MATCH ? AND search.rowid < ? "
                 "AND ? IN (-1, streams.status) ORDER BY search.rowid DESC LIMIT ?"));
  rows->bind(match).bind(before).bind(status_of(query)).bind(static_cast<std::int64_t>(query.limit));
  return tasks(*matching_, query);
}

std::vector<TaskRow> SqliteReader::unfinished() {
  StatementScope rows(prepared(unfinished_,
                               "SELECT " PLENUM_TASK_COLUMNS
                               ", texts.task, texts.answer, texts.sum FROM streams JOIN texts USING (ordinal) "
                               "WHERE streams.finished_at IS NULL ORDER BY streams.ordinal"));
  return tasks(*unfinished_, {.bytes_max = std::numeric_limits<std::size_t>::max()});
}

std::vector<StreamId> SqliteReader::expired(WallTime now, std::size_t limit) {
  StatementScope rows(
      prepared(expired_,
               "SELECT id FROM streams WHERE finished_at IS NOT NULL AND used_at + retention_s * 1000 <= ? "
               "ORDER BY used_at + retention_s * 1000 LIMIT ?"));
  rows->bind(ms_of(now)).bind(static_cast<std::int64_t>(limit));
  std::vector<StreamId> ids;
  while (rows->step()) {
    if (const auto id = StreamId::from_bytes(rows->bytes(0))) ids.push_back(*id);
  }
  return ids;
}

std::int64_t SqliteReader::bytes_of_tasks() {
  const std::int64_t pages = db_.integer("PRAGMA page_count") - db_.integer("PRAGMA freelist_count");
  return pages * db_.integer("PRAGMA page_size") - db_.integer("SELECT total(length(data)) FROM journal") -
         db_.integer("SELECT total(length(bytes) + length(vector)) FROM answers");
}

std::vector<StreamId> SqliteReader::oldest(std::int64_t bytes, std::size_t limit) {
  StatementScope rows(
      prepared(oldest_,
               "SELECT id, (SELECT sum(length(bytes)) FROM segments WHERE stream = ordinal) FROM streams "
               "WHERE finished_at IS NOT NULL ORDER BY ordinal LIMIT ?"));
  rows->bind(static_cast<std::int64_t>(limit));
  std::vector<StreamId> ids;
  while (bytes > 0 && rows->step()) {
    if (const auto id = StreamId::from_bytes(rows->bytes(0))) ids.push_back(*id);
    bytes -= rows->integer(1);
  }
  return ids;
}

std::optional<Turn> SqliteReader::texts(std::int64_t ordinal) {
  StatementScope row(prepared(texts_, "SELECT task, answer, sum FROM texts WHERE ordinal = ?"));
  row->bind(ordinal);
  if (!row->step() || row->integer(2) != texts_checksum(ordinal, row->bytes(0), row->bytes(1))) return std::nullopt;
  return Turn{std::string(row->bytes(0)), std::string(row->bytes(1))};
}

core::SharedText SqliteReader::workflow(const TaskRow& row) {
  if (!row.workflow) return nullptr;
  core::SharedText& known = workflows_[*row.workflow];
  if (known) return known;
  StatementScope source(prepared(workflow_, "SELECT source FROM workflows WHERE key = ?"));
  source->bind(*row.workflow);
  if (!source->step() || workflow_key(source->bytes(0)) != *row.workflow) return nullptr;
  return known = std::make_shared<const std::string>(source->bytes(0));
}

std::vector<std::int64_t> SqliteReader::turns_of(const std::string& conversation, std::size_t limit) {
  StatementScope rows(
      prepared(turns_,
               "SELECT ordinal FROM streams WHERE conversation = ? AND conversation <> '' AND status = ? "
               "ORDER BY ordinal DESC LIMIT ?"));
  rows->bind(conversation)
      .bind(static_cast<std::int64_t>(TaskStatus::completed))
      .bind(static_cast<std::int64_t>(limit));
  std::vector<std::int64_t> ordinals;
  while (rows->step()) ordinals.push_back(rows->integer(0));
  std::reverse(ordinals.begin(), ordinals.end());
  return ordinals;
}

core::StoredConversation SqliteReader::conversation_from(const Statement& row) {
  core::StoredConversation found;
  found.id = row.bytes(0);
  const std::int64_t newest = row.integer(1);
  // A damaged title is not sent; the conversation then has its default title.
  if (row.integer(3) == title_checksum(found.id, row.bytes(2))) found.title = row.bytes(2);
  {
    StatementScope id(prepared(id_of_, "SELECT id FROM streams WHERE ordinal = ?"));
    id->bind(newest);
    if (id->step()) found.newest = StreamId::from_bytes(id->bytes(0)).value_or(StreamId());
  }
  StatementScope counts(
      prepared(conversation_counts_,
               "SELECT count(*), total(status = ?), min(created_at), max(max(created_at, coalesce(finished_at, 0))), "
               "min(ordinal) FROM streams WHERE conversation = ? AND conversation <> ''"));
  counts->bind(static_cast<std::int64_t>(TaskStatus::completed)).bind(found.id);
  if (!counts->step()) return found;
  found.tasks = static_cast<std::size_t>(counts->integer(0));
  found.completed = static_cast<std::size_t>(counts->integer(1));
  found.created_at = time_of(counts->integer(2));
  found.updated_at = time_of(counts->integer(3));
  // A title needs the start only; a page of whole tasks can be large.
  if (const auto first = texts(counts->integer(4))) found.first_task = utf8_prefix(first->question, title_bytes_max);
  return found;
}

std::vector<core::StoredConversation> SqliteReader::conversations(const std::string& match, std::string_view words,
                                                                  std::size_t limit, std::int64_t before) {
  Statement& rows =
      match.empty()
          ? prepared(conversations_,
                     "SELECT id, newest, title, sum FROM conversations WHERE newest < ? ORDER BY newest DESC LIMIT ?")
          : prepared(matching_conversations_,
                     "SELECT id, newest, title, sum FROM conversations WHERE newest < ? AND (id IN (SELECT "
                     "streams.conversation FROM search JOIN streams ON streams.ordinal = search.rowid "
                     "WHERE search MATCH ?) OR (title <> '' AND NOT EXISTS (SELECT 1 FROM json_each(?) "
                     "WHERE instr(lower(title), lower(value)) = 0))) ORDER BY newest DESC LIMIT ?");
  StatementScope scope(rows);
  std::string list;
  if (!match.empty()) list = word_list(words);
  rows.bind(before);
  if (!match.empty()) rows.bind(match).bind(list);
  rows.bind(static_cast<std::int64_t>(limit));
  std::vector<core::StoredConversation> found;
  while (rows.step()) {
    found.push_back(conversation_from(rows));
    if (found.back().tasks == 0) found.pop_back();  // deleted between two statements
  }
  return found;
}

std::optional<core::StoredConversation> SqliteReader::conversation(const std::string& id) {
  StatementScope row(prepared(conversation_, "SELECT id, newest, title, sum FROM conversations WHERE id = ?"));
  row->bind(id);
  if (!row->step()) return std::nullopt;
  auto found = conversation_from(*conversation_);
  if (found.tasks == 0) return std::nullopt;
  return found;
}

std::vector<core::ConversationTask> SqliteReader::conversation_tasks(const core::ConversationTaskQuery& query,
                                                                     std::int64_t after) {
  StatementScope rows(prepared(conversation_tasks_,
                               "SELECT " PLENUM_TASK_COLUMNS
                               ", texts.task, texts.answer, texts.sum FROM streams JOIN texts USING (ordinal) "
                               "WHERE streams.conversation = ? AND streams.conversation <> '' "
                               "AND streams.ordinal > ? ORDER BY streams.ordinal LIMIT ?"));
  rows->bind(query.conversation_id).bind(after).bind(static_cast<std::int64_t>(query.limit));
  std::vector<core::ConversationTask> found;
  std::size_t bytes = 0;
  while (bytes < query.bytes_max && rows->step()) {
    TaskRow row = read_task(*conversation_tasks_);
    const std::string_view task = rows->bytes(task_columns), answer = rows->bytes(task_columns + 1);
    bytes += task.size() + answer.size();
    if (!found.empty() && bytes > query.bytes_max) break;
    core::ConversationTask one;
    one.intact = row.intact && rows->integer(task_columns + 2) == texts_checksum(row.ordinal, task, answer);
    one.task = std::move(row.task);
    one.task.task = task;
    if (query.reduce && one.intact) query.reduce(one.task);
    one.answer = answer;
    found.push_back(std::move(one));
  }
  return found;
}

std::vector<std::string> SqliteReader::comparisons(const core::ComparisonQuery& query) {
  StatementScope rows(
      prepared(comparisons_,
               "SELECT ordinal, workflow, tag, data, sum FROM comparisons WHERE finished_at >= ? "
               "AND (? = 0 OR workflow = ?) AND (? = 0 OR tag = ?) ORDER BY finished_at DESC, ordinal DESC LIMIT ?"));
  rows->bind(query.since ? ms_of(*query.since) : std::numeric_limits<std::int64_t>::min())
      .bind(query.workflow.empty() ? 0 : 1)
      .bind(query.workflow)
      .bind(query.tag.empty() ? 0 : 1)
      .bind(query.tag)
      .bind(static_cast<std::int64_t>(query.limit));
  std::vector<std::string> newest;
  std::size_t bytes = 0;
  while (rows->step()) {
    core::Comparison comparison{std::string(rows->bytes(1)), std::string(rows->bytes(2)), std::string(rows->bytes(3))};
    if (rows->integer(4) != comparison_checksum(rows->integer(0), comparison)) continue;
    bytes += comparison.json.size();
    if (bytes > query.bytes_max) break;
    newest.push_back(std::move(comparison.json));
  }
  std::reverse(newest.begin(), newest.end());
  return newest;
}

std::vector<core::Frames> SqliteReader::segments(const TaskRow& row, bool& complete) {
  StatementScope rows(
      prepared(segments_, "SELECT first_seq, lengths, bytes, sum FROM segments WHERE stream = ? ORDER BY first_seq"));
  rows->bind(row.ordinal);
  std::vector<core::Frames> parts;
  std::uint64_t next = 1;
  while (rows->step()) {
    const std::int64_t first = rows->integer(0);
    const std::string_view lengths = rows->bytes(1), bytes = rows->bytes(2);
    auto ends = ends_from(lengths, bytes.size());
    const bool intact = rows->integer(3) == segment_checksum(row.task.id.bytes(), first, lengths, bytes) && ends &&
                        static_cast<std::uint64_t>(first) == next;
    if (!intact) {
      complete = false;
      break;
    }
    parts.push_back({next, std::string(bytes), std::move(*ends)});
    next = parts.back().last_seq() + 1;
  }
  return parts;
}

// Once per process: the statements are not cached.
std::vector<std::int64_t> SqliteReader::each_answer(const std::function<bool(core::StoredAnswer)>& load) {
  std::vector<std::int64_t> ids, unusable;
  Statement order(db_, "SELECT id FROM answers ORDER BY used_at DESC, id DESC");  // sorting whole rows would copy them
  while (order.step()) ids.push_back(order.integer(0));
  Statement rows(db_, "SELECT " PLENUM_ANSWER_COLUMNS " FROM answers WHERE id = ?");
  Statement owners(db_, "SELECT stream FROM answer_owners WHERE answer = ?");
  for (const std::int64_t id : ids) {
    StatementScope scope(rows);
    scope->bind(id);
    if (!scope->step()) continue;
    AnswerRow row = read_answer(rows);
    bool loaded = false;
    if (row.answer) {
      StatementScope of(owners);
      of->bind(row.id);
      while (of->step()) {
        const auto stream = StreamId::from_bytes(of->bytes(0));
        if (stream && *stream != row.answer->streams.front()) row.answer->streams.push_back(*stream);
      }
      loaded = load(*std::move(row.answer));
    }
    if (!loaded) unusable.push_back(row.id);
  }
  return unusable;
}

bool SqliteReader::has_tombstone(const StreamId& id, WallTime now) {
  StatementScope row(prepared(tombstone_, "SELECT 1 FROM tombstones WHERE id = ? AND until > ?"));
  row->bind_blob(id.bytes()).bind(ms_of(now));
  return row->step();
}

std::optional<SqliteReader::KeyRow> SqliteReader::response_for(const std::string& key) {
  StatementScope row(
      prepared(response_, "SELECT body_sha256, stream, answer, created_at, sum FROM keys WHERE key = ?"));
  row->bind(key);
  if (!row->step()) return std::nullopt;
  const auto stream = StreamId::from_bytes(row->bytes(1));
  KeyRow found;
  found.response = {key, std::string(row->bytes(0)), stream.value_or(StreamId()), std::string(row->bytes(2))};
  found.created_at = time_of(row->integer(3));
  found.intact = stream && row->integer(4) == key_checksum(key, row->bytes(0), row->bytes(1), row->bytes(2));
  return found;
}

}  // namespace plenum::storage
