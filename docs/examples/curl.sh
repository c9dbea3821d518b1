#!/usr/bin/env bash
# Submits a task, follows its event stream to the end and prints the answer. Needs curl and jq.
#   PLENUM_URL=http://127.0.0.1:8080 docs/examples/curl.sh "What is a plenum?"
# Standard error shows the text while it is written. Exit status: 0 completed, 1 failed.
set -euo pipefail
server=${PLENUM_URL:-http://127.0.0.1:8080}
body=$(jq -cn --arg task "${1:?usage: curl.sh TASK}" '{task: $task}')

# All attempts have the same key: if only the response was lost, the server does not run the task twice.
key=$(cat /proc/sys/kernel/random/uuid)
for attempt in 1 2 3 4 5; do
  code=0 # --retry: after 429 and 503, with the delay of Retry-After
  accepted=$(curl -sS --fail-with-body --retry 5 -H 'Content-Type: application/json' \
    -H "Idempotency-Key: $key" --data-binary "$body" "$server/api/stream/task") || code=$?
  case $code in 0) break ;; 22) printf '%s\n' "$accepted" >&2; exit 1 ;; esac
  [ "$attempt" -lt 5 ] || exit 1
  sleep 1
done
events=$server$(jq -r .events_url <<<"$accepted")
silence=$((3 * $(jq -r .heartbeat_s <<<"$accepted"))) # a live connection has a heartbeat in this time

cursor='' retry=2000
on_event() {
  if [ -n "$id" ]; then cursor=$id; fi
  case $event in
    token_stream) jq -j .tokens <<<"$data" >&2 ;;
    snapshot) jq -j '.chunks[].text' <<<"$data" >&2 ;; # follows a gap: the texts so far
    system_message) jq -r 'select(.code == "gap") | "[events \(.from) to \(.to) are gone]"' <<<"$data" >&2 ;;
    heartbeat) ;; # nothing to do: its arrival is the message
  esac
  # A JSON string cannot contain this text: its quotes would be escaped.
  [[ $data == *'"terminal":true'* ]] || return 0
  jq -r '.result.answer // ""' <<<"$data"
  jq -r '.error // empty | "\n" + .message' <<<"$data" >&2
  [ "$event" = task_completed ] && exit 0
  exit 1
}

while true; do
  id='' event='' data='' status=''
  # -i puts the response head in front of the events. A line or frame that is cut off is dropped.
  while IFS= read -r line; do
    case $line in
      HTTP/*) status=${line#* } status=${status%% *} ;;
      retry:*) retry=${line#retry: } ;;
      id:*) id=${line#id: } ;;
      event:*) event=${line#event: } ;;
      data:*) data=${line#data: } ;;
      '{'*) [[ $status != 4* ]] || { printf '%s\n' "$line" >&2; exit 1; } ;; # unknown or deleted stream
      '') [ -z "$data" ] || on_event; id='' event='' data='' ;;
    esac
  done < <(curl -sNi --speed-limit 1 --speed-time "$silence" ${cursor:+-H "Last-Event-ID: $cursor"} "$events")
  sleep "$((retry / 1000)).$(printf %03d $((retry % 1000)))"
done
