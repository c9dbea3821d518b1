// Follows a stream with any implementation of EventSource. Loaded by Node and by the page of the browsers.

const types = ['task_started', 'task_progress', 'chunk_started', 'token_stream', 'chunk_completed', 'chunk_reset',
  'metrics_partial', 'system_message', 'snapshot', 'heartbeat', 'task_completed', 'task_error', 'task_cancelled'];

// Passes (id, type, terminal) of each event to `record`; resolves after the terminal event. The implementation
// reconnects by itself. After a response other than 200 it must not (WHATWG HTML, 9.2.3), so a new one is made.
export function follow(EventSource, url, record) {
  return new Promise((resolve) => {
    let cursor = '', source;
    const connect = () => {
      source = new EventSource(cursor ? `${url}?last_event_id=${cursor}` : url);
      for (const type of types) {
        source.addEventListener(type, ({ data, lastEventId }) => {
          const event = JSON.parse(data);
          if (event.seq) cursor = lastEventId;
          record(event.seq ? lastEventId : '-', type);
          if (!event.terminal) return;
          source.close();
          resolve();
        });
      }
      source.addEventListener('error', () => {
        if (source.readyState !== 2) return;
        source.close();
        record('-', 'closed');
        setTimeout(connect, 1000);
      });
    };
    connect();
  });
}
