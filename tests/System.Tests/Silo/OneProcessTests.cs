using System.Globalization;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

public sealed class OneProcessTests(OneProcessTests.Scene scene) : IClassFixture<OneProcessTests.Scene>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly OneProcess process = scene.Process;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Submit_Touch_FileIsThereOnceTheTaskHasSucceeded()
    {
        var file = Path.Combine(process.Folder, "hello");

        var ended = await process.Ended(await process.Submit($"touch {file}"));

        Assert.Equal((TaskState.Succeeded, EndReason.Exit, 0, "w1", 1),
            (ended.State, ended.Reason, ended.ExitCode, ended.Node, ended.Attempt));
        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task Submit_AThousandTasks_EachRunsOnceAndNeverMoreThanTwoAtATime()
    {
        var log = Path.Combine(process.Folder, "log");
        var ids = new List<TaskId>();
        for (var i = 0; i < 1000; i++)
            ids.Add(await process.Submit($"echo + >> {log}; echo $TASK_ID $TASK_ATTEMPT >> {log}; echo - >> {log}"));

        foreach (var id in ids)
            Assert.Equal(TaskState.Succeeded, (await process.Ended(id)).State);

        var lines = await File.ReadAllLinesAsync(log, Cancellation);
        Assert.Equal(ids.Select(static id => $"{id} 1").Order(StringComparer.Ordinal),
            lines.Where(static l => l.Length > 1).Order(StringComparer.Ordinal));
        var (running, most) = (0, 0);
        foreach (var line in lines)
        {
            running += line switch { "+" => 1, "-" => -1, _ => 0 };
            most = Math.Max(most, running);
        }

        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public async Task Output_Large_IsReadBackWhole()
    {
        var id = await process.Submit("seq 1 200000; echo done >&2");
        var ended = await process.Ended(id);

        var expected = string.Concat(
            Enumerable.Range(1, 200_000).Select(static i => i.ToString(CultureInfo.InvariantCulture) + "\n"));
        Assert.Equal((expected.Length, 5L, false), (ended.StdoutBytes, ended.StderrBytes, ended.Truncated));
        Assert.Equal(expected, await process.Output(id));
        Assert.Equal("done\n", await process.Output(id, OutputStream.Stderr));
    }

    [Fact]
    public async Task Output_OfAShortTask_LeavesNoFile()
    {
        var before = OutputFiles();
        var id = await process.Submit("echo out; sleep 0.5; echo more");
        await process.Ended(id);

        Assert.Equal("out\nmore\n", await process.Output(id));
        // The task has ended before its file goes: nobody waits for that.
        await Until.Holds("the file of an output that its result carries is deleted", TimeSpan.FromSeconds(30), () =>
            Task.FromResult(!OutputFiles().Except(before).Any()));

        // The folder appears with the first output.
        string[] OutputFiles()
        {
            var folder = Path.Combine(process.Folder, "output");
            return Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories) : [];
        }
    }

    [Fact]
    public async Task Cancel_RunningTask_EndsAsCancelled()
    {
        var id = await process.Submit("sleep 600");
        await process.Reached(id, static r => r.State == TaskState.Running);

        Assert.Equal(ControlOutcome.Changed, Assert.Single(await process.Dispatcher.Cancel([id])));

        var ended = await process.Ended(id);
        Assert.Equal((TaskState.Cancelled, EndReason.Cancelled, "SIGTERM"), (ended.State, ended.Reason, ended.Signal));
    }

    [Fact]
    public async Task Retry_FirstAttemptFails_SecondRunsElsewhereInTime()
    {
        var id = await process.Submit(
            "test $TASK_ATTEMPT = 2", RetryPolicy.Default with { MaxAttempts = 2, Backoff = 1 });
        var ended = await process.Ended(id);

        Assert.Equal((TaskState.Succeeded, 2), (ended.State, ended.Attempt));
    }

    [Fact]
    public async Task Secrets_OfATask_AreInItsEnvironmentAlone()
    {
        var id = await process.Submit(
            new() { ["cmd"] = "echo $PASSWORD", ["env"] = new Dictionary<string, string> { ["PASSWORD"] = "shown" } },
            secrets: """{"PASSWORD":"hidden"}""");
        var ended = await process.Ended(id);

        Assert.Equal("hidden\n", await process.Output(id));
        Assert.DoesNotContain("hidden",
            global::System.Text.Encoding.UTF8.GetString(ended.Spec.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shutdown_RunningTask_IsPutBackUncountedAndRunsAfterTheRestart()
    {
        await using var first = await OneProcess.StartAsync(
            worker: static w => w.Drain = TimeSpan.FromMilliseconds(50));
        var marker = Path.Combine(first.Folder, "second");
        var id = await first.Submit($"test -e {marker} || {{ touch {marker}; sleep 600; }}",
            RetryPolicy.Default with { OnNodeLost = false });
        await first.Reached(id, static r => r.State == TaskState.Running);
        await Until.Holds("the command runs", Limit, () => Task.FromResult(File.Exists(marker)));
        await first.Stop();

        await using var next = await OneProcess.StartAsync(folder: first.Folder);
        // Nobody calls the dispatcher: the keeper wakes it.
        TaskRecord? record = null;
        await Until.Holds("the task has ended", Limit, async () =>
            (record = await next.Store.Get(id))!.State is TaskState.Succeeded or TaskState.Failed);

        // A second start is a second attempt, whatever it costs.
        Assert.Equal((TaskState.Succeeded, 2), (record!.State, record.Attempt));
    }

    /// <summary>A silo and its worker, which no test ends.</summary>
    public sealed class Scene : IAsyncLifetime
    {
        internal OneProcess Process { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Process = await OneProcess.StartAsync();

        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
