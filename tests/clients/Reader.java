// Follows an event stream with java.net.http.HttpClient and prints one line for each event: id, type.
//   java Reader.java URL
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

public class Reader {
  static String cursor = "";

  // True after the terminal event.
  static boolean read(InputStream body) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    String id = "", event = "", data = "";
    for (String line; (line = lines.readLine()) != null;) {
      if (line.startsWith("id: ")) id = line.substring(4);
      if (line.startsWith("event: ")) event = line.substring(7);
      if (line.startsWith("data: ")) data = line.substring(6);
      if (!line.isEmpty()) continue;
      if (!id.isEmpty()) cursor = id;
      System.out.println((id.isEmpty() ? "-" : id) + " " + event);
      if (data.contains("\"terminal\":true")) return true;
      id = event = data = "";
    }
    return false;
  }

  public static void main(String[] args) throws InterruptedException {
    HttpClient client = HttpClient.newHttpClient();
    while (true) {
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(args[0])).header("Accept", "text/event-stream");
      if (!cursor.isEmpty()) request.header("Last-Event-ID", cursor);
      try {
        HttpResponse<InputStream> response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
          if (response.statusCode() == 200 && read(body)) return;
        }
      } catch (IOException error) {
        // The connection broke: continue at the cursor.
      }
      Thread.sleep(1000);
    }
  }
}
