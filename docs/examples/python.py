#!/usr/bin/env python3
"""Submits a task and follows its event stream to the end. Standard library only.

    PLENUM_URL=http://127.0.0.1:8080 python3 docs/examples/python.py "What is a plenum?"

Standard error shows the text while it is written. Exit status: 0 completed, 1 failed.
"""
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

SERVER = os.environ.get("PLENUM_URL", "http://127.0.0.1:8080")
CONNECTION_ERRORS = (OSError, http.client.HTTPException)  # includes timeouts and cut bodies


def submit(task):
    request = urllib.request.Request(SERVER + "/api/stream/task", json.dumps({"task": task}).encode(), {
        "Content-Type": "application/json",
        # All attempts have the same key: if only the response was lost, the task does not run twice.
        "Idempotency-Key": str(uuid.uuid4()),
    })
    for attempt in range(1, 6):
        wait = 1
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429 or attempt == 5:
                raise SystemExit(error.read().decode())
            wait = int(error.headers.get("Retry-After", 1))
        except (*CONNECTION_ERRORS, ValueError) as error:  # ValueError: a body that was cut off
            if attempt == 5:
                raise SystemExit(f"{SERVER}: {error}")
        time.sleep(wait)


def frames(response):
    """Yields the fields of each whole frame; a frame that is cut off is dropped."""
    fields = {}
    for line in response:
        if not line.endswith(b"\n"):
            return
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        else:
            if "data" in fields:
                yield fields
            fields = {}


def follow(accepted):
    """Yields every event exactly once, over as many connections as it takes; the last one is terminal."""
    cursor, retry_ms = None, 2000
    while True:
        request = urllib.request.Request(SERVER + accepted["events_url"])
        if cursor:
            request.add_header("Last-Event-ID", cursor)
        try:
            # A live connection has at least a heartbeat within the timeout.
            with urllib.request.urlopen(request, timeout=3 * accepted["heartbeat_s"]) as response:
                for frame in frames(response):
                    retry_ms = int(frame.get("retry", retry_ms))
                    cursor = frame.get("id", cursor)  # control frames have no id
                    event = json.loads(frame["data"])
                    yield event
                    if event.get("terminal"):
                        return
        except urllib.error.HTTPError as error:
            if error.code < 500:  # unknown or deleted stream
                raise SystemExit(error.read().decode())
        except CONNECTION_ERRORS:
            pass
        time.sleep(retry_ms / 1000)


def show(text):
    print(text, end="", file=sys.stderr, flush=True)


for event in follow(submit(sys.argv[1])):
    if event["type"] == "token_stream":
        show(event["tokens"])
    elif event.get("code") == "gap":
        show(f"[events {event['from']} to {event['to']} are gone]\n")
    elif event["type"] == "snapshot":  # follows a gap: the texts so far
        show("".join(chunk["text"] for chunk in event["chunks"]))

print(event.get("result", {}).get("answer") or "")
if "error" in event:
    show(f"\n{event['error']['message']}\n")
sys.exit(event["type"] != "task_completed")
