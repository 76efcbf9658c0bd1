using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Bench.Harness;

/// <summary>
/// A caller of its own beside a flood, from another address. Every 20 ms it submits a task, reads it, and lists one task, whether or not
/// its earlier calls were answered.
/// </summary>
public sealed class Neighbour : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource stop = new();
    private readonly HttpClient http;
    private readonly Task work;

    /// <summary>Starts to call.</summary>
    public Neighbour(ServiceProcess service)
    {
        http = service.NewClient(IPAddress.Parse("127.0.0.2"));
        work = Call();
    }

    /// <summary>Milliseconds from each beat to the answer of its POST.</summary>
    public ConcurrentQueue<double> Posts { get; private set; } = [];

    /// <summary>Milliseconds of each GET, of a task or of a list.</summary>
    public ConcurrentQueue<double> Gets { get; private set; } = [];

    /// <summary>Calls that were refused or had no answer, by what came instead.</summary>
    public AnswerCounts Failures { get; } = new();

    /// <summary>The ids of the tasks that were accepted.</summary>
    public ConcurrentQueue<string> Accepted { get; } = [];

    /// <summary>Forgets what was measured so far.</summary>
    public void Forget() => (Posts, Gets) = ([], []);

    /// <summary>Calls no more, and waits for the answers.</summary>
    public async Task Stop()
    {
        await stop.CancelAsync();
        await work;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Stop();
        http.Dispose();
        stop.Dispose();
    }

    private async Task Call()
    {
        var open = new List<Task>();
        var began = Stopwatch.GetTimestamp();
        for (var beat = 1; !stop.IsCancellationRequested; beat++)
        {
            var wait = (beat * Beat) - Stopwatch.GetElapsedTime(began);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, TimeProvider.System, CancellationToken.None);
            open.RemoveAll(static one => one.IsCompletedSuccessfully);
            open.Add(One(began + (long)(beat * Beat.TotalSeconds * Stopwatch.Frequency)));
        }

        await Task.WhenAll(open);
    }

    private async Task One(long at)
    {
        try
        {
            using var posted = await http.PostAsJsonAsync(
                "/api/v1/tasks", new JsonObject { ["argv"] = new JsonArray("/bin/true"), ["queue"] = "other" });
            if (!posted.IsSuccessStatusCode)
            {
                await Failures.Add(posted);
                return;
            }

            Posts.Enqueue(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            var id = (await posted.Content.ReadFromJsonAsync<JsonObject>())!["id"]!.GetValue<string>();
            Accepted.Enqueue(id);
            await Get($"/api/v1/tasks/{id}");
            await Get("/api/v1/tasks?limit=1");
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException)
        {
            Failures.Add(fault.GetType().Name);
        }
    }

    private async Task Get(string path)
    {
        var began = Stopwatch.GetTimestamp();
        using var answer = await http.GetAsync(path);
        if (answer.IsSuccessStatusCode)
            Gets.Enqueue(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        else
            await Failures.Add(answer);
    }
}
