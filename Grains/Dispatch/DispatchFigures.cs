using OrleansTasks.Cluster;
using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Counts tasks by queue, and measures wait times, run times and commit durations, for the gateways' series. The first
/// <see cref="MostQueues"/> queues have their own counts; all others share <see cref="QueueFigure.OtherQueues"/>. Thread-safe.
/// </summary>
public sealed class DispatchFigures
{
    /// <summary>The maximum number of queues with their own counts.</summary>
    public const int MostQueues = 200;

    private const long MicrosecondsOfMillisecond = 1_000;

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Counts> queues = new(StringComparer.Ordinal);
    private readonly DurationCounts commits = new();

    /// <summary>The counts by queue, ordered by name.</summary>
    public ImmutableArray<QueueFigure> Queues
    {
        get
        {
            lock (gate)
                return [.. queues.Select(static queue => queue.Value.Read(queue.Key))];
        }
    }

    /// <summary>The number of commits in each of the <see cref="DurationBuckets"/>, by how long they took.</summary>
    public ImmutableArray<long> Commits => commits.Read();

    internal void Committed(TimeSpan took) => commits.Add(took.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>Counts the task changes that a round's commit wrote.</summary>
    internal void Count(string queue, IReadOnlyList<TaskWrite> writes, IReadOnlyList<FeedEntry> events)
    {
        if (events.Count == 0)
            return;
        var counts = Of(queue);
        var rows = new Dictionary<TaskId, TaskRow>(writes.Count);
        foreach (var write in writes)
        {
            // Undoing a retry restores an old end, which was counted before.
            if (!write.IsOldEnd)
                rows[write.Row.Id] = write.Row;
            if (write.New is not null)
                Interlocked.Increment(ref counts.Accepted);
        }

        foreach (var entry in events)
        {
            if (entry.IsJob || !rows.TryGetValue(entry.Task, out var row))
                continue;
            if (entry.State == TaskState.Running)
                counts.Start(row);
            else if (entry.State is TaskState.Succeeded or TaskState.Failed && row.State == entry.State)
                counts.End(row);
        }
    }

    /// <summary>Notes what holds a queue's tasks back. Queues without their own counts are left out.</summary>
    internal void Held(string queue, QueueHold hold)
    {
        var counts = Of(queue);
        lock (gate)
        {
            if (queues.GetValueOrDefault(queue) == counts)
                counts.Hold = hold;
        }
    }

    private Counts Of(string queue)
    {
        lock (gate)
        {
            if (queues.TryGetValue(queue, out var known))
                return known;
            if (queues.Count >= MostQueues)
                queue = QueueFigure.OtherQueues;
            if (!queues.TryGetValue(queue, out known))
                queues[queue] = known = new Counts();
            return known;
        }
    }

    private sealed class Counts
    {
        public long Accepted;

        public volatile QueueHold? Hold;
        private readonly long[] failed = new long[byte.MaxValue + 1];
        private readonly DurationCounts waits = new();
        private readonly DurationCounts runs = new();
        private long started;
        private long succeeded;
        private int lastReason;

        public void Start(in TaskRow row)
        {
            Interlocked.Increment(ref started);
            // If the task was put back in the same round, QueuedAt is later than this start and gives no wait time.
            if (row.QueuedAt > 0 && row.StartedAt >= row.QueuedAt)
                waits.Add((row.StartedAt - row.QueuedAt) * MicrosecondsOfMillisecond);
        }

        public void End(in TaskRow row)
        {
            if (row.State == TaskState.Succeeded)
                Interlocked.Increment(ref succeeded);
            else
            {
                Interlocked.Increment(ref failed[(byte)row.Reason]);
                // Raise lastReason without a lock: Read returns the counts up to it.
                for (var known = Volatile.Read(ref lastReason); (byte)row.Reason > known;)
                    known = Math.Max(known, Interlocked.CompareExchange(ref lastReason, (byte)row.Reason, known));
            }

            if (row.StartedAt > 0 && row.EndedAt >= row.StartedAt)
                runs.Add((row.EndedAt - row.StartedAt) * MicrosecondsOfMillisecond);
        }

        public QueueFigure Read(string queue)
        {
            var most = Volatile.Read(ref lastReason);
            var byReason = ImmutableArray.CreateBuilder<long>(most + 1);
            for (var i = 0; i <= most; i++)
                byReason.Add(Interlocked.Read(ref failed[i]));
            return new QueueFigure(
                queue, Interlocked.Read(ref Accepted), Interlocked.Read(ref started), Interlocked.Read(ref succeeded),
                byReason.MoveToImmutable(), waits.Read(), runs.Read(), Hold);
        }
    }
}
