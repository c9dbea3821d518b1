// Submits a task and follows its event stream to the end. Java 17; the only library is Gson (Debian: libgoogle-gson-java).
//   PLENUM_URL=http://127.0.0.1:8080 java -cp /usr/share/java/gson.jar docs/examples/Follow.java "What is a plenum?"
// Standard error shows the text while it is written. Exit status: 0 completed, 1 failed.
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

public class Follow {
  // A response with a 4xx status: repeating the request cannot help.
  static class Refused extends RuntimeException {
    Refused(String problem) { super(problem); }
  }

  static final String SERVER = Optional.ofNullable(System.getenv("PLENUM_URL")).orElse("http://127.0.0.1:8080");
  static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  static final PrintStream ERR = new PrintStream(System.err, true, StandardCharsets.UTF_8);
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    return thread;
  });
  String cursor;
  long retryMs = 2000;

  static boolean isFinal(int status) { return status >= 400 && status < 500 && status != 429; }

  JsonObject submit(String task) throws InterruptedException {
    JsonObject body = new JsonObject();
    body.addProperty("task", task);
    HttpRequest request = HttpRequest.newBuilder(URI.create(SERVER + "/api/stream/task"))
        .timeout(Duration.ofSeconds(30))
        .header("Content-Type", "application/json")
        // All attempts have the same key: if only the response was lost, the task does not run twice.
        .header("Idempotency-Key", UUID.randomUUID().toString())
        .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
        .build();
    for (int attempt = 1;; ++attempt) {
      long waitS = 1;
      try {
        HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
        if (response.statusCode() < 300) return JsonParser.parseString(response.body()).getAsJsonObject();
        if (isFinal(response.statusCode()) || attempt == 5) throw new Refused(response.body());
        waitS = response.headers().firstValueAsLong("Retry-After").orElse(1);
      } catch (IOException | JsonParseException error) {
        if (attempt == 5) throw new Refused(SERVER + ": " + error.getMessage());
      }
      Thread.sleep(1000 * waitS);
    }
  }

  // Passes every event to show() exactly once, over as many connections as it takes; returns the terminal one.
  JsonObject follow(JsonObject accepted) throws InterruptedException {
    URI events = URI.create(SERVER + accepted.get("events_url").getAsString());
    long silenceS = 3 * accepted.get("heartbeat_s").getAsLong(); // a live connection has a heartbeat in this time
    while (true) {
      HttpRequest.Builder request = HttpRequest.newBuilder(events).timeout(Duration.ofSeconds(silenceS));
      if (cursor != null) request.header("Last-Event-ID", cursor);
      try {
        HttpResponse<InputStream> response = client.send(request.build(), BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
          if (isFinal(response.statusCode())) { // unknown or deleted stream
            throw new Refused(new String(body.readAllBytes(), StandardCharsets.UTF_8));
          }
          JsonObject last = response.statusCode() == 200 ? readEvents(body, silenceS) : null;
          if (last != null) return last;
        }
      } catch (IOException error) {
        // The connection broke: continue at the cursor.
      }
      Thread.sleep(retryMs);
    }
  }

  // Returns the terminal event, or null when the connection ends before it. A frame that is cut off is dropped.
  JsonObject readEvents(InputStream body, long silenceS) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    ScheduledFuture<?> watchdog = null;
    String id = null, data = null;
    try {
      while (true) {
        // HttpClient has no timeout for the body, so a timer closes it.
        watchdog = timer.schedule(() -> close(body), silenceS, TimeUnit.SECONDS);
        String line = lines.readLine();
        watchdog.cancel(false);
        if (line == null) return null;
        if (line.startsWith("retry: ")) retryMs = Long.parseLong(line.substring(7));
        if (line.startsWith("id: ")) id = line.substring(4);
        if (line.startsWith("data: ")) data = line.substring(6);
        if (!line.isEmpty() || data == null) continue;
        if (id != null) cursor = id; // control frames have no id
        JsonObject event = JsonParser.parseString(data).getAsJsonObject();
        show(event);
        if (event.has("terminal")) return event;
        id = data = null;
      }
    } finally {
      watchdog.cancel(false);
    }
  }

  static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException error) {
      // It is closed.
    }
  }

  static String text(JsonObject object, String name) {
    JsonElement value = object.get(name);
    return value == null || value.isJsonNull() ? "" : value.getAsString();
  }

  static void show(JsonObject event) {
    switch (text(event, "type")) {
      case "token_stream" -> ERR.print(text(event, "tokens"));
      case "system_message" -> {
        if (text(event, "code").equals("gap")) {
          ERR.printf("[events %s to %s are gone]%n", text(event, "from"), text(event, "to"));
        }
      }
      case "snapshot" -> { // follows a gap: the texts so far
        for (JsonElement chunk : event.getAsJsonArray("chunks")) ERR.print(text(chunk.getAsJsonObject(), "text"));
      }
      default -> { }
    }
  }

  public static void main(String[] args) throws InterruptedException {
    try {
      Follow follow = new Follow();
      JsonObject end = follow.follow(follow.submit(args[0]));
      OUT.println(end.has("result") ? text(end.getAsJsonObject("result"), "answer") : "");
      if (end.has("error")) ERR.println("\n" + text(end.getAsJsonObject("error"), "message"));
      System.exit(text(end, "type").equals("task_completed") ? 0 : 1);
    } catch (Refused refused) {
      ERR.println(refused.getMessage());
      System.exit(1);
    }
  }
}
