namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    private static readonly TaskId Operation = new(7, 1);

    [Fact]
    public async Task Undo_KeptRows_AreReadAsTheyWere_ByPagesAndQueues()
    {
        var (first, second) = (await Take(), await Take("other"));
        TaskWrite[] writes =
            [first.New(row: static r => r.Waiting(5_000)), first.New(row: static r => r.Running().Ended(3))];
        await first.Commit(writes);
        var other = second.New();
        await second.Commit(other);
        UndoRow[] kept =
        [
            new(Operation, writes[0].Row, 10, writes[0].Row.Order) { HadDependents = true },
            new(Operation, writes[1].Row with { Signal = "SIGKILL", ExitCode = null, NodeSession = 0 }, 10, 99),
        ];
        await CommitUndo(first, new UndoCommit(kept, []));
        await CommitUndo(second, new UndoCommit([new UndoRow(Operation, other.Row, 20, 1)], []));

        Assert.Equal(
            [new UndoPart(first.Name, 2, 10), new UndoPart(second.Name, 1, 20)], await Store.Undo.Parts(Operation));
        Assert.Empty(await Store.Undo.Parts(new TaskId(7, 2)));
        Assert.Equal(kept, await Store.Undo.Read(first.No, Operation, 0, 10));
        Assert.Equal([kept[0]], await Store.Undo.Read(first.No, Operation, 0, 1));
        Assert.Equal([kept[1]], await Store.Undo.Read(first.No, Operation, kept[0].Before.No, 10));
    }

    [Fact]
    public async Task Undo_DecidedRows_KeepTheirOutcome_UntilTheyAreKeptAgain()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var row = new UndoRow(Operation, write.Row, 10, 1);
        await CommitUndo(queue, new UndoCommit([row], []));

        await CommitUndo(queue, new UndoCommit([], [(Operation, write.Row.No, UndoOutcome.Started)]));
        Assert.Equal(
            [row with { Outcome = UndoOutcome.Started }], await Store.Undo.Read(queue.No, Operation, 0, 10));

        await CommitUndo(queue, new UndoCommit([row with { At = 11 }], []));
        Assert.Equal([row with { At = 11 }], await Store.Undo.Read(queue.No, Operation, 0, 10));
    }

    [Fact]
    public async Task Undo_QueueIsGone_DecidesTheRestOfItsRowsAlone()
    {
        var (queue, other) = (await Take(), await Take("other"));
        TaskWrite[] writes = [queue.New(), queue.New()];
        await queue.Commit(writes);
        var write = other.New();
        await other.Commit(write);
        var rows = writes.Select(static one => new UndoRow(Operation, one.Row, 10, 1)).ToArray();
        await CommitUndo(queue, new UndoCommit(rows, []));
        await CommitUndo(other, new UndoCommit([new UndoRow(Operation, write.Row, 10, 1)], []));

        await CommitUndo(
            queue, new UndoCommit([], [(Operation, writes[0].Row.No, UndoOutcome.Undone)]) { IsQueueGone = true });

        Assert.Equal(
            [UndoOutcome.Undone, UndoOutcome.QueueGone],
            (await Store.Undo.Read(queue.No, Operation, 0, 10)).Select(static row => row.Outcome));
        Assert.Equal(UndoOutcome.Pending, Assert.Single(await Store.Undo.Read(other.No, Operation, 0, 10)).Outcome);
    }

    [Fact]
    public async Task Undo_KeepsTheFingerprintThatTheSameCommitForgets()
    {
        var queue = await Take();
        var write = queue.New(row: static r => r.Running().Ended(1));
        write.Fingerprint = 42;
        await queue.Commit(write);
        await CommitUndo(
            queue, new UndoCommit([new UndoRow(Operation, write.Row, 10, 9)], []),
            new TaskWrite { Row = write.Row with { State = TaskState.Queued, EndedAt = 0 }, ForgetsFailure = true });

        Assert.Null((await Store.Get(write.Row.Id))!.Fingerprint);
        Assert.Equal(42, Assert.Single(await Store.Undo.Read(queue.No, Operation, 0, 10)).Fingerprint);
    }

    [Fact]
    public async Task Undo_OfAFencedCommit_KeepsNothing()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var commit = queue.Plan([]) with
        {
            Epoch = queue.Owned.Epoch - 1, Undo = new UndoCommit([new UndoRow(Operation, write.Row, 10, 1)], []),
        };

        Assert.Equal(CommitOutcome.Fenced, (await Store.Commit(commit)).Outcome);
        Assert.Empty(await Store.Undo.Parts(Operation));
    }

    [Fact]
    public async Task Prune_RemovesUndoRowsThatAreOld()
    {
        var queue = await Take();
        TaskWrite[] writes = [queue.New(), queue.New()];
        await queue.Commit(writes);
        var now = Clock.Now;
        UndoRow[] kept =
        [
            new(Operation, writes[0].Row, now - UndoRow.KeptFor, 1),
            new(Operation, writes[1].Row, now - UndoRow.KeptFor + 60_000, 2),
        ];
        await CommitUndo(queue, new UndoCommit(kept, []));

        await Store.Prune(0, 0, 10);

        Assert.Equal([kept[1]], await Store.Undo.Read(queue.No, Operation, 0, 10));
    }

    private static async Task CommitUndo(TestQueue queue, UndoCommit undo, params TaskWrite[] writes) =>
        Assert.Equal(
            CommitResult.Committed, await queue.TryCommit(queue.Plan(writes) with { Undo = undo }));
}
