namespace OrleansTasks.Bench.Harness;

/// <summary>
/// The requests of one open Overview of the console, with the same times between them: the live stream, and what is read again while tasks
/// change. It parses nothing.
/// </summary>
public sealed class OpenConsole : IAsyncDisposable
{
    // Addresses and seconds, as pages/Overview.tsx has them while every tick has changed tasks.
    private static readonly (string Path, double Seconds)[] Reads =
    [
        ("/tasks?limit=8", 2), ("/workflows?state=running&limit=5", 2), ("/jobs?state=running&limit=5", 15), ("/tasks/summary", 60),
        ("/queues", 30), ("/nodes", 30), ("/failures?limit=5", 60), ("/attention", 30), ("/schedules?limit=100", 30),
        ("/series?names=tasks.succeeded,tasks.failed,tasks.accepted,queue.depth,queue.running,wait.p50,wait.p95,wait.p99,slots.used,slots.total&from=-1h", 10),
    ];

    private readonly HttpClient http;
    private readonly CancellationTokenSource stop = new();
    private Task work = Task.CompletedTask;

    /// <summary>Opens it at a gateway.</summary>
    public OpenConsole(Uri gateway)
    {
        http = new HttpClient { BaseAddress = gateway };
        work = Task.WhenAll([Follow(), .. Reads.Select(read => Read(read.Path, TimeSpan.FromSeconds(read.Seconds)))]);
    }

    /// <summary>How many bytes the live stream has had.</summary>
    public long Followed { get; private set; }

    /// <summary>How many answers have come.</summary>
    public long Answers { get; private set; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        try
        {
            await work;
        }
        catch (OperationCanceledException)
        {
        }

        http.Dispose();
        stop.Dispose();
    }

    private async Task Follow()
    {
        using var answer = await http.GetAsync("/api/v1/live?every=1s", HttpCompletionOption.ResponseHeadersRead, stop.Token);
        await using var stream = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(stop.Token);
        var buffer = new byte[65_536];
        while (await stream.ReadAsync(buffer, stop.Token) is > 0 and var read)
            Followed += read;
    }

    private async Task Read(string path, TimeSpan period)
    {
        while (true)
        {
            using var answer = await http.GetAsync("/api/v1" + path, stop.Token);
            await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(stop.Token);
            Answers++;
            await Task.Delay(period, TimeProvider.System, stop.Token);
        }
    }
}
