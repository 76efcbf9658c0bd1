using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>What a worker has on disk of results is what the master has not settled, and at most as much again (C6).</summary>
public sealed class ResultSpoolTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("otask-spool-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Keep_ResultsAreSettledWhileOthersAreNot_TheFileShrinks()
    {
        var state = NewState();
        using var spool = new ResultSpool(state, NullLogger.Instance);
        spool.Open();
        for (var number = 1; number <= 100; number++)
            End(state, number);
        await spool.KeepAsync();
        Assert.Equal(100, Stored().Count);

        var all = state.Held.TakeReport(0)!;
        var settled = new ReportBatch();
        foreach (var attempt in all.Over.SkipLast(1))
            settled.Add(attempt);
        state.Held.Settle(settled);
        await spool.KeepAsync();

        Assert.Equal([all.Over[^1].Lease.TaskId], Stored());
        Assert.True(spool.HoldsAny);
    }

    [Fact]
    public async Task KeepAll_SomeAreSettled_OnlyTheOthersAreTakenBackByTheNextRun()
    {
        var state = NewState();
        using (var spool = new ResultSpool(state, NullLogger.Instance))
        {
            spool.Open();
            for (var number = 1; number <= 10; number++)
                End(state, number);
            await spool.KeepAsync();
            var all = state.Held.TakeReport(0)!;
            var settled = new ReportBatch();
            settled.Add(all.Over[0]);
            state.Held.Settle(settled);
            End(state, 11);
            spool.KeepAll();
        }

        var next = NewState();
        using var later = new ResultSpool(next, NullLogger.Instance);
        later.Open();
        Assert.Equal([.. Enumerable.Range(2, 10).Select(number => AgentFixture.LeaseOf(number).TaskId)], next.Held.All.Select(static a => a.Lease.TaskId).Order());
    }

    [Fact]
    public async Task Keep_EverythingIsSettled_TheFileIsEmpty()
    {
        var state = NewState();
        using var spool = new ResultSpool(state, NullLogger.Instance);
        spool.Open();
        End(state, 1);
        await spool.KeepAsync();
        state.Held.Settle(state.Held.TakeReport(0)!);
        await spool.KeepAsync();
        Assert.Empty(Stored());
        Assert.False(spool.HoldsAny);
    }

    [Fact]
    public async Task Keep_TheDiskHangs_OneThreadWaits_AndLaterResultsAreKeptAfterwards()
    {
        using var log = new StuckLog();
        var state = NewState(log);
        using var spool = new ResultSpool(state, NullLogger.Instance);
        spool.Open();
        End(state, 1);
        var first = spool.KeepAsync();
        await log.Reached.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        End(state, 2);

        // The lease watch asks every second.
        Assert.True(spool.KeepAsync().IsCompleted, "another thread waits for the disk");

        log.Continue();
        await first;
        await spool.KeepAsync();
        Assert.Equal(2, log.Kept);
    }

    private AgentState NewState(IResultLog? log = null)
    {
        var options = new AgentOptions { NodeId = "w1", DataFolder = folder, Slots = 1_000, SpoolAfter = TimeSpan.Zero };
        var machine = AgentMachine.Of(options);
        return new AgentState(
            options, new ScriptedMaster(), TimeProvider.System, TimeProvider.System,
            log is null ? machine : machine with { OpenResults = () => log });
    }

    private static void End(AgentState state, int number)
    {
        state.Held.Receive(new Start { Lease = AgentFixture.LeaseOf(number) }, 0, mayRun: true, out var attempt);
        state.Held.TreeDied(attempt!);
        state.Held.End(attempt!, new Result { Lease = attempt!.Lease, Report = ByteString.CopyFrom(new byte[100]) }, 0);
    }

    private List<string> Stored()
    {
        using var file = new FileStream(Path.Combine(folder, "results"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var copy = Path.Combine(folder, "copy");
        using (var to = File.Create(copy))
            file.CopyTo(to);
        using var results = new ResultFile(copy);
        return [.. results.Read().Select(static result => result.Lease.TaskId)];
    }

    /// <summary>A log on a disk that hangs until it is told to continue.</summary>
    private sealed class StuckLog : IResultLog
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim go = new();

        /// <summary>Completes when the first results are being written.</summary>
        public Task Reached => reached.Task;

        /// <summary>How many results are written.</summary>
        public int Kept { get; private set; }

        public bool IsEmpty => true;

        public List<Result> Read() => [];

        public void Append(IReadOnlyCollection<Result> results)
        {
            reached.TrySetResult();
            go.Wait();
            Kept += results.Count;
        }

        public void Replace(IReadOnlyCollection<Result> results) => Kept = results.Count;

        public void Clear() => Kept = 0;

        public void Continue() => go.Set();

        public void Dispose() => go.Set();
    }
}
