using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Of which attempts output is stored, how much, and what becomes of files that belong to none.</summary>
public sealed class OutputAdmissionTests : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly OutputFiles Mark = new(new TaskId(0, IOutputStore.Parts - 1), 1, new LeaseToken(1, 2));

    [Theory]
    [InlineData("task")]
    [InlineData("token")]
    [InlineData("attempt")]
    public async Task Output_OfAnInventedAttempt_IsAnsweredAndNotStored(string invented)
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
        var (_, lease) = await Begin(silo, worker);
        var rogue = lease.Clone();
        switch (invented)
        {
            case "task": rogue.TaskId = "00000000-0000-7000-8000-0000000000ab"; break;
            case "token": rogue.Token = ByteString.CopyFrom(new byte[16]); break;
            default: rogue.Attempt = 7; break;
        }

        // The real attempt's token is known now, which lets nobody else in.
        Assert.True((await worker.Write(lease, 0, "re")).Stored);
        for (var i = 0; i < 4; i++)
            Assert.True((await worker.Write(rogue, i * 1_000_000, new string('x', 1_000_000))).Stored);
        // It does not hold up what is real.
        Assert.True((await worker.Write(lease, 2, "al")).Stored);

        Assert.Equal([NodeMessages.ToLeaseRef(lease)], (await Files(silo)).Select(files => Of(files, lease)));
    }

    [Fact]
    public async Task Output_BeyondTheTasksBound_IsNotStored()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
        var (id, lease) = await Begin(silo, worker, most: 10);

        foreach (var (offset, text) in ((long, string)[])[(0, "0123456"), (7, "789abc"), (13, "def"), (1L << 40, "far")])
            Assert.True((await worker.Write(lease, offset, text)).Stored);

        Assert.Equal("0123456789", await silo.Output(id));
    }

    [Fact]
    public async Task Output_AfterTheResult_IsAnsweredAndNotStored()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
        var (id, lease) = await Begin(silo, worker);
        Assert.True((await worker.Write(lease, 0, "early")).Stored);
        Assert.True(await worker.Tell(RemoteWorker.Succeeded(lease, "whole")));

        Assert.True((await worker.Write(lease, 0, new string('x', 100_000))).Stored);

        await Until.Holds("the row alone has the output", Patience, async () => (await Files(silo)).Count == 0);
        Assert.Equal("whole", await silo.Output(id));
    }

    [Fact]
    public async Task Output_OfAnAttemptLostWithItsNode_IsStoredLate()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
        var (id, lease) = await Begin(silo, worker);
        Assert.True(await worker.Tell(new Progress { Started = { lease } }));
        Assert.True((await worker.Write(lease, 0, "first")).Stored);
        Assert.True(await worker.Tell(new Result { Lease = lease, Reason = Result.Types.Reason.NodeLost, Inline = true }));
        await worker.NextStart();

        Assert.True((await worker.Write(lease, 5, " and late")).Stored);

        Assert.Equal("first and late", await silo.Output(id, attempt: 1));
    }

    [Fact]
    public async Task Silo_StartsAgainInTheMiddle_OutputGoesOnAndNothingOfItIsSwept()
    {
        var first = await OneProcess.StartAsync(withWorker: false, folder: Data);
        await using var _ = first;
        await using var worker = await new RemoteWorker(first, "remote").Ready();
        var (id, lease) = await Begin(first, worker);
        Assert.True(await worker.Tell(new Progress { Started = { lease } }));
        Assert.True((await worker.Write(lease, 0, "one ")).Stored);
        await Leave(first.Services.GetRequiredService<IOutputStore>(), Mark);
        await first.Stop();

        await using var second = await OneProcess.StartAsync(withWorker: false, folder: Data);
        await using var again = new RemoteWorker(second, "remote");
        await again.Register(held: lease);
        await Swept(second);
        Assert.True((await again.Write(lease, 0, "one ")).Stored);
        Assert.True((await again.Write(lease, 4, "two")).Stored);

        Assert.Equal("one two", await second.Output(id));
    }

    [Fact]
    public async Task Start_FilesThatNoRowTellsOf_AreRemovedAndOthersStay()
    {
        LeaseRef kept, inline;
        await using (var silo = await OneProcess.StartAsync(withWorker: false, folder: Data))
        {
            await using var worker = await new RemoteWorker(silo, "remote").Ready();
            var (_, lease) = await Begin(silo, worker);
            Assert.True((await worker.Write(lease, 0, "kept")).Stored);
            Assert.True(await worker.Tell(new Result { Lease = lease, Reason = Result.Types.Reason.Exit, ExitCode = 0, StdoutBytes = 4 }));
            kept = NodeMessages.ToLeaseRef(lease);
            (_, lease) = await Begin(silo, worker);
            Assert.True(await worker.Tell(RemoteWorker.Succeeded(lease, "inline")));
            inline = NodeMessages.ToLeaseRef(lease);
            // What a crash leaves: of a task that is gone, of an attempt that never took place, and of one whose row has its output.
            var store = silo.Services.GetRequiredService<IOutputStore>();
            await Leave(store, new OutputFiles(new TaskId(kept.Task.High, kept.Task.Low ^ 1), 1, kept.Token));
            await Leave(store, new OutputFiles(kept.Task, 1, new LeaseToken(1, 2)));
            await Leave(store, new OutputFiles(inline.Task, 1, inline.Token));
            await Leave(store, Mark);
            Assert.Equal(5, (await Files(silo)).Count);
        }

        await using var next = await OneProcess.StartAsync(withWorker: false, folder: Data);
        await Swept(next);

        Assert.Equal([new OutputFiles(kept.Task, 1, kept.Token)], await Files(next));
        Assert.Equal("kept", await next.Output(kept.Task));
        Assert.Equal("inline", await next.Output(inline.Task));
    }

    [Fact]
    public async Task LimitOf_AttemptEndsAndAnotherCallerAsks_EarlierAnswerIsNotRemembered()
    {
        var lease = new LeaseRef(new TaskId(1, 2), "default", 1, new LeaseToken(3, 4));
        var store = HeldReads.Of(await StoredAttempts.Running(lease));
        var admission = new OutputAdmission(store, TimeProvider.System);
        var early = admission.LimitOf(lease).AsTask();
        var answerEarly = HeldReads.Next(store);
        Assert.False(admission.Close(lease));
        var late = admission.LimitOf(lease).AsTask();
        var answerLate = HeldReads.Next(store);

        answerEarly.SetResult();
        Assert.NotNull(await early.WaitAsync(Patience));
        Assert.False(admission.Close(lease));
        answerLate.SetResult();
        Assert.NotNull(await late.WaitAsync(Patience));

        Assert.False(admission.Close(lease));
    }

    private static Task Leave(IOutputStore store, OutputFiles files) =>
        store.Append(files.Task, files.Attempt, files.Token, OutputStream.Stderr, 0, "left"u8.ToArray());

    /// <summary>Waits for the end of the sweep at the start, which removes the mark in the last part.</summary>
    private static Task Swept(OneProcess silo) => Until.Holds(
        "the start's sweep has passed the last part", Patience, async () => !(await Files(silo)).Contains(Mark));

    private static async Task<List<OutputFiles>> Files(OneProcess silo)
    {
        var store = silo.Services.GetRequiredService<IOutputStore>();
        var all = new List<OutputFiles>();
        for (var part = 0; part < IOutputStore.Parts; part++)
            all.AddRange(await store.List(part));
        return all;
    }

    private static LeaseRef Of(OutputFiles files, Lease lease) =>
        NodeMessages.ToLeaseRef(lease) with { Task = files.Task, Attempt = files.Attempt, Token = files.Token };

    private static async Task<(TaskId Id, Lease Lease)> Begin(OneProcess silo, RemoteWorker worker, int most = 16 << 20)
    {
        var (id, start) = await worker.Begin(new() { ["cmd"] = "true", ["maxOutputBytes"] = most });
        return (id, start.Lease);
    }
}
