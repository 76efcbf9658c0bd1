using Npgsql;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// The queue of commits, served by two writers. A writer takes what waits, at most one commit for each queue, and
/// writes it in one transaction and one round trip. The next group gathers for the other writer at the same time.
/// </summary>
internal sealed class CommitLine : IAsyncDisposable
{
    /// <summary>The message for writes after another silo has taken over the database.</summary>
    internal const string Lost = "Another silo has taken over the database.";

    private const int Writers = 2;

    /// <summary>The maximum number of commits in a group.</summary>
    private const int MostCommits = 64;

    private readonly Lock gate = new();
    private readonly LinkedList<PendingCommit> line = new();
    // Queues with a commit at a writer. A queue's commits never overlap.
    private readonly HashSet<int> busy = [];
    private readonly Dictionary<int, PendingCommit> latest = [];
    private readonly SemaphoreSlim work = new(0);
    private readonly Task[] loops;
    private readonly Func<bool> isLost;
    private bool closing;

    /// <summary>Starts the writers.</summary>
    /// <param name="source">The source of their connections.</param>
    /// <param name="options">The options, of which the writers use the timeouts.</param>
    /// <param name="health">Notified of the outcome of every group.</param>
    /// <param name="isLost">Returns whether another silo owns the database.</param>
    internal CommitLine(NpgsqlDataSource source, PostgresStorageOptions options, WriteHealth health, Func<bool> isLost)
    {
        this.isLost = isLost;
        loops = new Task[Writers];
        for (var i = 0; i < Writers; i++)
        {
            var writer = new CommitWriter(source, options, health);
            loops[i] = Task.Run(() => Loop(writer));
        }
    }

    /// <summary>Queues a commit. The task never fails.</summary>
    internal Task<CommitResult> Enqueue(QueueCommit commit)
    {
        if (isLost())
            return Task.FromResult(new CommitResult(CommitOutcome.Failed, Lost));
        var pending = new PendingCommit(commit);
        lock (gate)
        {
            if (closing)
                return Task.FromResult(new CommitResult(CommitOutcome.Failed, "The store is closed."));
            line.AddLast(pending);
            latest[commit.QueueNo] = pending;
            // A permit wakes one writer, which takes everything that it can; more permits than writers would be
            // useless.
            if (work.CurrentCount < Writers)
                work.Release();
        }

        return pending.Completion;
    }

    /// <summary>Returns a task that ends when every commit of the queue that waits now has its result.</summary>
    internal Task Decided(int queueNo)
    {
        lock (gate)
            return latest.TryGetValue(queueNo, out var pending) ? pending.Completion : Task.CompletedTask;
    }

    /// <summary>Writes the waiting commits and stops the writers.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (closing)
                return;
            closing = true;
            work.Release(Writers);
        }

        await Task.WhenAll(loops).ConfigureAwait(false);
        work.Dispose();
    }

    private async Task Loop(CommitWriter writer)
    {
        await using (writer.ConfigureAwait(false))
        {
            while (true)
            {
                var group = Take(out var isOver);
                if (isOver)
                    return;
                if (group.Count == 0)
                {
                    await work.WaitAsync().ConfigureAwait(false);
                    continue;
                }

                await writer.Write(group).ConfigureAwait(false);
                Release(group);
            }
        }
    }

    /// <summary>
    /// Takes waiting commits, skipping queues with a commit at the other writer. <paramref name="isOver"/> means that
    /// the caller can stop.
    /// </summary>
    private List<PendingCommit> Take(out bool isOver)
    {
        var group = new List<PendingCommit>();
        lock (gate)
        {
            for (var node = line.First; node is not null && group.Count < MostCommits;)
            {
                var next = node.Next;
                if (busy.Add(node.Value.Commit.QueueNo))
                {
                    group.Add(node.Value);
                    line.Remove(node);
                }

                node = next;
            }

            // When closing, commits that remain belong to queues that the other writer has; it will take them.
            isOver = closing && group.Count == 0;
        }

        return group;
    }

    private void Release(List<PendingCommit> group)
    {
        lock (gate)
        {
            foreach (var pending in group)
            {
                busy.Remove(pending.Commit.QueueNo);
                if (latest.GetValueOrDefault(pending.Commit.QueueNo) == pending)
                    latest.Remove(pending.Commit.QueueNo);
            }
        }
    }
}
