// Submits a task and follows its event stream to the end. Standard library only.
//
//	PLENUM_URL=http://127.0.0.1:8080 go run docs/examples/follow.go "What is a plenum?"
//
// Standard error shows the text while it is written. Exit status: 0 completed, 1 failed.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type accepted struct {
	EventsURL  string `json:"events_url"`
	HeartbeatS int    `json:"heartbeat_s"`
}

type event struct {
	Type, Code, Tokens string
	From, To           int
	Terminal           bool
	Chunks             []struct{ Text string }
	Result             struct{ Answer string }
	Error              *struct{ Message string }
}

// A response with a 4xx status: repeating the request cannot help.
type refused struct{ problem string }

func (r refused) Error() string { return r.problem }

func do(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode < 400 {
		return response, err
	}
	defer response.Body.Close()
	problem, _ := io.ReadAll(response.Body)
	if response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests {
		return nil, refused{string(problem)}
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	time.Sleep(time.Duration(seconds) * time.Second)
	return nil, fmt.Errorf("status %d: %s", response.StatusCode, problem)
}

func submit(server, task string) (reply accepted, err error) {
	body, _ := json.Marshal(map[string]string{"task": task})
	key := make([]byte, 16)
	if _, err = rand.Read(key); err != nil {
		return reply, err
	}
	for attempt := 1; attempt <= 5; attempt++ {
		request, err := http.NewRequest("POST", server+"/api/stream/task", bytes.NewReader(body))
		if err != nil {
			return reply, err
		}
		request.Header.Set("Content-Type", "application/json")
		// All attempts have the same key: if only the response was lost, the task does not run twice.
		request.Header.Set("Idempotency-Key", fmt.Sprintf("%x", key))
		response, err := do(request)
		if err == nil {
			err = json.NewDecoder(response.Body).Decode(&reply)
			response.Body.Close()
		}
		if _, final := err.(refused); err == nil || final || attempt == 5 {
			return reply, err
		}
		time.Sleep(time.Second)
	}
	return reply, err
}

// The place in the stream, over all connections.
type follower struct {
	url     string
	silence time.Duration // a live connection has at least a heartbeat in this time
	cursor  string
	retry   time.Duration
}

// Reads one connection. Calls handle for every event exactly once; done means that the last one was terminal.
func (f *follower) connect(handle func(event)) (done bool, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	watchdog := time.AfterFunc(f.silence, cancel)
	defer watchdog.Stop()
	request, err := http.NewRequestWithContext(ctx, "GET", f.url, nil)
	if err != nil {
		return false, err
	}
	if f.cursor != "" {
		request.Header.Set("Last-Event-ID", f.cursor)
	}
	response, err := do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()

	lines := bufio.NewReader(response.Body) // not a Scanner: the terminal event can exceed its limit
	var id, data string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return false, err // a line or frame that is cut off is dropped
		}
		watchdog.Reset(f.silence)
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "retry":
			if ms, err := strconv.Atoi(value); err == nil {
				f.retry = time.Duration(ms) * time.Millisecond
			}
		case "id":
			id = value
		case "data":
			data = value
		case "":
			if id != "" {
				f.cursor = id
			}
			var e event
			if data != "" && json.Unmarshal([]byte(data), &e) == nil {
				handle(e)
			}
			if e.Terminal {
				return true, nil
			}
			id, data = "", ""
		}
	}
}

func main() {
	server := os.Getenv("PLENUM_URL")
	if server == "" {
		server = "http://127.0.0.1:8080"
	}
	reply, err := submit(server, os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	f := follower{server + reply.EventsURL, 3 * time.Duration(reply.HeartbeatS) * time.Second, "", 2 * time.Second}
	var last event
	for {
		done, err := f.connect(func(e event) {
			last = e
			switch {
			case e.Type == "token_stream":
				fmt.Fprint(os.Stderr, e.Tokens)
			case e.Code == "gap":
				fmt.Fprintf(os.Stderr, "[events %d to %d are gone]\n", e.From, e.To)
			case e.Type == "snapshot": // follows a gap: the texts so far
				for _, chunk := range e.Chunks {
					fmt.Fprint(os.Stderr, chunk.Text)
				}
			}
		})
		if done {
			break
		}
		if _, final := err.(refused); final { // unknown or deleted stream
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		time.Sleep(f.retry)
	}
	fmt.Println(last.Result.Answer)
	if last.Error != nil {
		fmt.Fprintf(os.Stderr, "\n%s\n", last.Error.Message)
	}
	if last.Type != "task_completed" {
		os.Exit(1)
	}
}
