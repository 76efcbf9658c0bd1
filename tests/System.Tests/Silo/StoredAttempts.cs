using System.Text;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Stores with attempts that nobody runs.</summary>
internal static class StoredAttempts
{
    /// <summary>A store with one task, whose attempt runs under a lease.</summary>
    public static async Task<MemoryTaskStore> Running(LeaseRef lease, string spec = """{"cmd":"true"}""", MemoryTaskStore? store = null)
    {
        store ??= new MemoryTaskStore(TimeProvider.System);
        var owned = await store.TakeEpoch(lease.Queue, null, default);
        var submission = new TaskSubmission(
            lease.Task, "test", 5, 0, 0, RetryPolicy.Default, [], [], Limits.None, Encoding.UTF8.GetBytes(spec), default);
        var row = new TaskRow
        {
            No = 1, Id = lease.Task, State = TaskState.Running, Order = 1, Attempt = lease.Attempt, Token = lease.Token, Node = "w1",
        };
        var commit = new QueueCommit(
            owned.QueueNo, owned.Epoch, owned.Sequence, 1, 1, [new TaskWrite { Row = row, New = submission }], [], []);
        Assert.Equal(CommitResult.Committed, await store.Commit(commit));
        return store;
    }
}
