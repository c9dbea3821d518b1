// Submits a task and follows its event stream to the end. Runs on .NET 6 or later, .NET Framework 4.7 and Mono:
//   mcs -out:build/Follow.exe -r:System.Net.Http.dll -r:System.Runtime.Serialization.dll -r:System.Xml.Linq.dll docs/examples/Follow.cs
//   PLENUM_URL=http://127.0.0.1:8080 mono build/Follow.exe "What is a plenum?"
// Standard error shows the text while it is written. Exit status: 0 completed, 1 failed.
using System;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using System.Xml;
using System.Xml.Linq;

static class Follow
{
    // A response with a 4xx status: repeating the request cannot help.
    class Refused : Exception
    {
        public Refused(string problem) : base(problem) { }
    }

    static readonly string Server = Environment.GetEnvironmentVariable("PLENUM_URL") ?? "http://127.0.0.1:8080";
    static readonly HttpClient Client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
    static string cursor;
    static int retryMs = 2000;

    // This reader exists on all three platforms; on .NET alone, System.Text.Json is shorter.
    static XElement Parse(string json) => XElement.Load(
        JsonReaderWriterFactory.CreateJsonReader(Encoding.UTF8.GetBytes(json), XmlDictionaryReaderQuotas.Max));

    static string Quote(string text) => "\"" + string.Concat(text.Select(c =>
        c == '"' || c == '\\' || c < ' ' ? "\\u" + ((int)c).ToString("x4") : c.ToString())) + "\"";

    static bool IsFinal(HttpResponseMessage response) =>
        (int)response.StatusCode >= 400 && (int)response.StatusCode < 500 && (int)response.StatusCode != 429;

    static async Task<XElement> Submit(string task)
    {
        // All attempts have the same key: if only the response was lost, the task does not run twice.
        string key = Guid.NewGuid().ToString();
        for (int attempt = 1; ; ++attempt)
        {
            TimeSpan wait = TimeSpan.FromSeconds(1);
            try
            {
                var request = new HttpRequestMessage(HttpMethod.Post, Server + "/api/stream/task");
                request.Headers.Add("Idempotency-Key", key);
                request.Content = new StringContent("{\"task\":" + Quote(task) + "}", Encoding.UTF8, "application/json");
                using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30)))
                using (HttpResponseMessage response = await Client.SendAsync(request, limit.Token))
                {
                    string body = await response.Content.ReadAsStringAsync();
                    if (response.IsSuccessStatusCode) return Parse(body);
                    if (IsFinal(response) || attempt == 5) throw new Refused(body);
                    wait = response.Headers.RetryAfter?.Delta ?? wait;
                }
            }
            catch (Exception error) when (!(error is Refused) && attempt < 5)
            {
                // The connection broke: the next attempt gets the same response.
            }
            await Task.Delay(wait);
        }
    }

    // Passes every event to Show exactly once, over as many connections as it takes; returns the terminal one.
    static async Task<XElement> FollowToEnd(XElement accepted)
    {
        // A live connection has at least a heartbeat in this time.
        TimeSpan silence = TimeSpan.FromSeconds(3 * (int)accepted.Element("heartbeat_s"));
        while (true)
        {
            try
            {
                var request = new HttpRequestMessage(HttpMethod.Get, Server + (string)accepted.Element("events_url"));
                if (cursor != null) request.Headers.Add("Last-Event-ID", cursor);
                using (var watchdog = new CancellationTokenSource(silence))
                using (HttpResponseMessage response = await Client.SendAsync(
                    request, HttpCompletionOption.ResponseHeadersRead, watchdog.Token))
                using (Stream body = await response.Content.ReadAsStreamAsync())
                using (watchdog.Token.Register(body.Dispose)) // ends a read that waits
                {
                    var lines = new StreamReader(body, new UTF8Encoding(false));
                    if (IsFinal(response)) throw new Refused(await lines.ReadToEndAsync()); // unknown or deleted stream
                    XElement last = await ReadEvents(lines, () => watchdog.CancelAfter(silence));
                    if (last != null) return last;
                }
            }
            catch (Exception error) when (!(error is Refused))
            {
                // The connection broke: continue at the cursor.
            }
            await Task.Delay(retryMs);
        }
    }

    // Returns the terminal event, or null when the connection ends before it. A frame that is cut off is dropped.
    static async Task<XElement> ReadEvents(StreamReader lines, Action alive)
    {
        string id = null, data = null, line;
        while ((line = await lines.ReadLineAsync()) != null)
        {
            alive();
            if (line.StartsWith("retry: ")) retryMs = int.Parse(line.Substring(7));
            if (line.StartsWith("id: ")) id = line.Substring(4);
            if (line.StartsWith("data: ")) data = line.Substring(6);
            if (line != "" || data == null) continue;
            cursor = id ?? cursor; // control frames have no id
            XElement e = Parse(data);
            Show(e);
            if (e.Element("terminal") != null) return e;
            id = data = null;
        }
        return null;
    }

    static void Show(XElement e)
    {
        string type = (string)e.Element("type");
        if (type == "token_stream") Console.Error.Write((string)e.Element("tokens"));
        if ((string)e.Element("code") == "gap")
            Console.Error.WriteLine("[events " + (int)e.Element("from") + " to " + (int)e.Element("to") + " are gone]");
        if (type == "snapshot") // follows a gap: the texts so far
            foreach (XElement chunk in e.Element("chunks").Elements()) Console.Error.Write((string)chunk.Element("text"));
    }

    static async Task<int> Run(string task)
    {
        try
        {
            XElement end = await FollowToEnd(await Submit(task));
            Console.WriteLine((string)end.Element("result")?.Element("answer"));
            if (end.Element("error") != null)
                Console.Error.WriteLine("\n" + (string)end.Element("error").Element("message"));
            return (string)end.Element("type") == "task_completed" ? 0 : 1;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }

    static int Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        return Run(args[0]).GetAwaiter().GetResult();
    }
}
