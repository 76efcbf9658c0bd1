using OrleansTasks.Feed;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Probe;

/// <summary>
/// Commits until the outcome of one is unknown, resolves it as a dispatcher does, and goes on. Ends with 0 when the
/// sequence told the truth: the task of the unknown commit is stored exactly when the sequence has moved.
/// </summary>
internal static class UnknownOutcome
{
    private const int MostCommits = 50;

    internal static async Task<int> Run(string folder)
    {
        using var database = new SqliteDatabase(new SqliteStorageOptions { Directory = folder }, TimeProvider.System);
        var store = new SqliteTaskStore(database);
        var key = "default";
        var owned = await store.TakeEpoch(key, null, default);
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        for (var i = 0; i < MostCommits; i++)
        {
            var write = New(ids, owned.LastNo + 1);
            var result = await store.Commit(new QueueCommit(
                owned.QueueNo, owned.Epoch, owned.Sequence, owned.LastNo + 1, 5, [write], [], Array.Empty<FeedEntry>(
                    )));
            if (result.Outcome == CommitOutcome.Unknown)
                return await Resolve(store, key, owned, write.Row.Id, result.Detail);
            if (result.Outcome != CommitOutcome.Committed)
                throw new InvalidOperationException($"{result.Outcome}: {result.Detail}");
            owned = owned with { Sequence = owned.Sequence + 1, LastNo = owned.LastNo + 1 };
        }

        Console.WriteLine("no commit was unknown");
        return 3;
    }

    private static TaskWrite New(TaskIdSource ids, long no)
    {
        var submission = new TaskSubmission(
            ids.Next(), "x", 5, 0, 0, RetryPolicy.Default, [], [], Limits.None, new byte[] { 1 }, default);
        return new TaskWrite
        {
            New = submission,
            Row = new TaskRow { No = no, Id = submission.Id, State = TaskState.Queued, Order = no },
        };
    }

    private static async Task<int> Resolve(
        SqliteTaskStore store, string key, QueueOwnership before, TaskId id, string? detail)
    {
        Console.WriteLine($"unknown: {detail}");
        var after = await store.TakeEpoch(key, before.Epoch, default);
        var landed = after.Sequence == before.Sequence + 1;
        var stored = await store.Get(id) is not null;
        Console.WriteLine($"taken={after.Taken} landed={landed} stored={stored} health={store.Health}");
        var next = await store.Commit(new QueueCommit(
            after.QueueNo, after.Epoch, after.Sequence, after.LastNo, 6, [], [], Array.Empty<FeedEntry>()));
        return after.Taken && landed == stored && next.Outcome == CommitOutcome.Committed ? 0 : 1;
    }
}
