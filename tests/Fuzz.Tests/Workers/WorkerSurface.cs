using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Workers;

/// <summary>What a worker takes from its master. An input is a script of <see cref="ScriptMaker"/>.</summary>
internal sealed class WorkerSurface : ISurface, IAsyncDisposable
{
    /// <summary>Descriptors beyond those after the corpus: pipes of processes that are ending.</summary>
    private const int MoreDescriptors = 60;

    /// <summary>Memory beyond that after the corpus: messages may have 16 MiB.</summary>
    private const int MoreMiB = 400;

    private const int QuietBeats = 8;

    /// <summary>The worker's longest back-off is 2 s; a busy machine gets the rest.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(12);

    private readonly Func<string, string> folder;
    private readonly Figures figures;
    private readonly FakeMaster master;
    private readonly Front front;
    private LogWatch log = new();
    private WorkerProcess worker = null!;
    private ProcessGauge before = null!;
    private Task ended = Task.CompletedTask;
    private int started;

    private WorkerSurface(Func<string, string> folder, Figures figures, FakeMaster master)
    {
        (this.folder, this.figures, this.master) = (folder, figures, master);
        front = Front.Start(master.Address);
    }

    /// <inheritdoc/>
    public string Name => "grpc-worker";

    /// <inheritdoc/>
    public int MostInTests => 15;

    /// <summary>Starts a master and a worker.</summary>
    /// <param name="folder">Gives a path in the test's own folder.</param>
    /// <param name="figures">Gets what the worker holds.</param>
    public static async Task<WorkerSurface> Open(Func<string, string> folder, Figures figures)
    {
        var surface = new WorkerSurface(folder, figures, await FakeMaster.Start());
        await surface.StartWorker();
        return surface;
    }

    /// <summary>Takes what the process holds now for what it needs.</summary>
    public void WarmedUp() => before = ProcessGauge.Of(worker.Agent);

    /// <inheritdoc/>
    public byte[] Make(Random random, Corpus corpus) => random.Percent(85)
        ? new ScriptMaker(random).Make()
        : [.. corpus.Pick(random), .. new ScriptMaker(random).Make()];

    /// <inheritdoc/>
    public async Task<string> Try(byte[] input)
    {
        if (master.Streams.Last is not { } stream)
            throw new FindingException("The worker has opened no stream of commands.", isFatal: true);
        var outcome = "alive";
        // The end of its stream makes a worker ask at once whether its session still stands.
        var (opened, beat) = (master.Streams.Next(), master.Beats.Next());
        foreach (var line in Encoding.ASCII.GetString(input).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            outcome = outcome == "status" ? outcome : words[0];
            Act(stream, words[0], words.Length > 1 ? words[1] : "");
        }

        stream.End("0");
        await RequireLife(Task.WhenAll(opened, beat));
        master.ForgetAnswers();
        if (outcome == "status")
            await RequireHeartbeats();
        return outcome;
    }

    /// <inheritdoc/>
    public async Task Check()
    {
        master.KillsHeld = true;
        var began = TimeProvider.System.GetTimestamp();
        while (!await RunsTask())
            if (TimeProvider.System.GetElapsedTime(began) > 2 * Limit)
                throw new FindingException(
                    $"The worker has run no good command for {2 * Limit.TotalSeconds} s:\n{Tail()}", isFatal: true);
        master.KillsHeld = false;
        var after = ProcessGauge.Of(worker.Agent);
        figures.Processes["worker"] = (before, after);
        after.RequireWithin(before, MoreDescriptors, MoreMiB);
        log.RequireNoTrace(worker.Log);
    }

    /// <summary>When all is over: the worker is quiet, and works for a good service at the same address.</summary>
    public async Task Finish()
    {
        master.KillsHeld = true;
        var (busy, began) = (ProcessGauge.Of(worker.Agent).Processor, TimeProvider.System.GetTimestamp());
        for (var beats = 0; beats < QuietBeats; beats++)
            await RequireLife(master.Beats.Next());
        var share = (ProcessGauge.Of(worker.Agent).Processor - busy) / TimeProvider.System.GetElapsedTime(began);
        if (share >= 1)
            throw new FindingException($"The worker uses {share:P0} of a core after the noise has stopped.");
        await front.DisposeAsync();
        await using var service = await Service.Start(folder("good-service"), "--slots", "0", "--grpc",
            $"127.0.0.1:{front.Port}");
        using var accepted = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = "true", ["requires"] =
            new JsonObject { ["fuzzed"] = "yes" } });
        var id = (string)JsonNode.Parse(await accepted.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["id"]!;
        using var answer = await service.Http.GetAsync($"/api/v1/tasks/{id}?wait=30s");
        var task = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        if ((string?)task["state"] != "succeeded")
            throw new FindingException(
                $"The worker runs nothing for a good service at the same address: {task.ToJsonString()}\n{Tail()}");
    }

    public async ValueTask DisposeAsync()
    {
        await worker.DisposeAsync();
        await front.DisposeAsync();
        await master.DisposeAsync();
    }

    /// <summary>
    /// An odd answer may make the next heartbeat late. The end of the stream hurries it, and proper answers bring the
    /// usual pace back.
    /// </summary>
    private async Task RequireHeartbeats()
    {
        var (opened, beat) = (master.Streams.Next(), master.Beats.Next());
        master.Streams.Last?.End("0");
        await RequireLife(Task.WhenAll(opened, beat));
        await RequireLife(master.Beats.Next());
        await RequireLife(master.Beats.Next());
    }

    private void Act(CommandStream stream, string act, string what)
    {
        switch (act)
        {
            case "commands": stream.Send(Convert.FromHexString(what)); break;
            case "status": master.AnswerStatus(Convert.FromHexString(what)); break;
            case "report": master.AnswerReport(Convert.FromHexString(what)); break;
            case "end": stream.End(what); break;
            case "reset": stream.End(null); break;
            case "connection": front.Break(Convert.FromHexString(what)); break;
            default: throw new InvalidOperationException($"A script does not know '{act}'.");
        }
    }

    private async Task StartWorker()
    {
        var name = $"fuzzed{++started}";
        log = new LogWatch();
        worker = await WorkerProcess.Start(
            [$"127.0.0.1:{front.Port}"], name, folder(name), "--slots", "4", "--label", "fuzzed=yes");
        ended = worker.End(Timeout.InfiniteTimeSpan);
        await Until.Holds("a stream of commands", Limit, () => Task.FromResult(master.Streams.Last is not null));
        before = ProcessGauge.Of(worker.Agent);
    }

    /// <summary>
    /// Waits for a sign of life. A worker that has died or stands still is replaced, and is a finding unless it said
    /// why it left.
    /// </summary>
    private async Task RequireLife(Task sign)
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var first = await Task.WhenAny(sign, ended, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System,
            limit.Token));
        if (first == sign)
            return;
        var (hasEnded, tail) = (first == ended, Tail());
        var trace = TraceOf(worker.Log);
        var old = worker;
        master.ForgetAnswers();
        var stream = master.Streams.Next();
        await old.DisposeAsync();
        await StartWorker();
        try
        {
            await stream.WaitAsync(Limit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            throw new FindingException($"A new worker has opened no stream of commands:\n{Tail()}", isFatal: true);
        }

        if (!hasEnded)
            throw new FindingException($"The worker is silent for {Limit.TotalSeconds} s: {trace}\n{tail}");
        // The contract lets a master refuse a worker's name; it then leaves and says so.
        if (!tail.Contains("--name:", StringComparison.Ordinal) || tail.Contains("   at ", StringComparison.Ordinal))
            throw new FindingException($"The worker ended: {trace}\n{tail}");
    }

    private static string TraceOf(string log)
    {
        try
        {
            new LogWatch().RequireNoTrace(log[Math.Max(0, log.Length - 6_000)..]);
            return "no stack trace";
        }
        catch (FindingException found)
        {
            return found.Message;
        }
    }

    private async Task<bool> RunsTask()
    {
        if (master.Streams.Last is not { } stream)
            return false;
        var token = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16));
        var lease = new Lease { TaskId = Guid.NewGuid().ToString(), Queue = "default", Attempt = 1, Token = token };
        var result = master.Results.Next();
        // Without a time from which its lease counts, a command may run only soon after a registration with empty hands.
        stream.Send(FakeMaster.Framed(new Commands
        {
            Start =
            {
                new Start
                {
                    Lease = lease, Name = "true", Argv = { "/bin/true" }, TimeoutMs = 5_000, MaxOutputBytes = 100,
                    AsOf = master.RenewedAt,
                },
            },
        }));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        try
        {
            while (true)
            {
                var told = await result.WaitAsync(limit.Token);
                if (told.Lease.Token == token)
                    return told is { Reason: Result.Types.Reason.Exit, ExitCode: 0 };
                result = master.Results.Next();
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private string Tail()
    {
        var text = worker.Log;
        return text[Math.Max(0, text.Length - 1_500)..];
    }
}
