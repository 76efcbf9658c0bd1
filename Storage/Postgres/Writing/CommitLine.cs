using Npgsql;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>
/// The commits of all queues, in line for two writers. A writer takes what waits, at most one commit of a queue, and
/// writes it in one transaction and one round trip; meanwhile the other one gathers the next.
/// </summary>
internal sealed class CommitLine : IAsyncDisposable
{
    /// <summary>What is said of writes after another silo has taken the database over.</summary>
    internal const string Lost = "Another silo has taken the database over.";

    private const int Writers = 2;

    /// <summary>The most commits of a group.</summary>
    private const int MostCommits = 64;

    private readonly Lock gate = new();
    private readonly LinkedList<PendingCommit> line = new();
    private readonly HashSet<int> busy = [];
    private readonly Dictionary<int, PendingCommit> latest = [];
    private readonly SemaphoreSlim work = new(0);
    private readonly Task[] loops;
    private readonly Func<bool> isLost;
    private bool closing;

    /// <summary>Starts the writers.</summary>
    /// <param name="source">Where their connections come from.</param>
    /// <param name="options">How long they wait.</param>
    /// <param name="health">Told of every group.</param>
    /// <param name="isLost">Whether another silo owns the database.</param>
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

    /// <summary>Puts a commit in line.</summary>
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
            if (work.CurrentCount < Writers)
                work.Release();
        }

        return pending.Completion;
    }

    /// <summary>Ends when every commit of the queue that is in line now has been decided.</summary>
    internal Task Decided(int queueNo)
    {
        lock (gate)
            return latest.TryGetValue(queueNo, out var pending) ? pending.Completion : Task.CompletedTask;
    }

    /// <summary>Finishes what is in line.</summary>
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

    /// <summary>Takes the commits of queues of which none is under way.</summary>
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

            // What is left of a closing line belongs to queues of the other writer, which goes on with it.
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
