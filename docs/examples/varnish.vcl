# Varnish in front of plenumd at 127.0.0.1:8080. Complete: varnishd -F -a :8000 -f "$PWD/varnish.vcl"
vcl 4.1;

backend plenum {
  .host = "127.0.0.1";
  .port = "8080";
  .first_byte_timeout = 90s;     # above the longest long poll (?wait=60)
  .between_bytes_timeout = 60s;  # four heartbeats (heartbeat_ms, 15 s)
  .probe = {
    .url = "/readyz";
    .interval = 2s;
    .window = 3;
    .threshold = 1;
  }
}

# Nothing is cached. Event streams are piped: `pass` holds back the first events until further ones arrive.
sub vcl_recv {
  if (req.http.Accept ~ "text/event-stream" || req.url ~ "/(stream/events|message/stream|api/process)\b") {
    return (pipe);
  }
  return (pass);
}

sub vcl_pipe {
  set bereq.http.Connection = "close";  # a pipe serves one request
}

sub vcl_backend_response {
  set beresp.uncacheable = true;
  return (deliver);
}
