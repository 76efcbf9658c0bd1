using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Figures;

/// <summary>
/// Computes what happened between two readings from the silos' counts, which only rise. The first reading of a silo
/// that started long before this gateway adds nothing, because its counts may be of any age. Not thread-safe.
/// </summary>
internal sealed class SiloDeltas
{
    // In seconds. A silo may start shortly before its gateway; what it did until the gateway's first reading is
    // included.
    private const long LongBefore = 60;

    private readonly Dictionary<(string Silo, long Since), SiloFigures> earlier = [];
    private long? firstAt;

    /// <summary>Adds what has happened since the last reading, as values of the given second.</summary>
    public void Note(SeriesBook book, long second, ImmutableArray<SiloFigures> now)
    {
        var commits = new long[DurationBuckets.Count];
        var (calls, failures, durations) = (new Dictionary<string, long>(), new Dictionary<string, long>(),
            new Dictionary<string, long[]>());
        var queues = new Dictionary<string, QueueDelta>(StringComparer.Ordinal) { [""] = new() };
        firstAt ??= second;
        var isFirst = true;
        foreach (var silo in now)
        {
            if (!earlier.Remove((silo.Silo, silo.Since), out var before) && silo.Since / 1_000 < firstAt - LongBefore)
                continue;
            isFirst = false;
            Add(commits, silo.Commits, before?.Commits ?? []);
            var known = (before?.Queues ?? []).ToDictionary(static queue => queue.Queue, StringComparer.Ordinal);
            foreach (var queue in silo.Queues)
            {
                var was = known.GetValueOrDefault(queue.Queue);
                if (!queues.TryGetValue(queue.Queue, out var delta))
                    queues[queue.Queue] = delta = new();
                delta.Add(queue, was);
                queues[""].Add(queue, was);
            }

            var knownCalls = (before?.Calls ?? []).ToDictionary(static call => (call.Grain, call.Method));
            foreach (var call in silo.Calls)
            {
                if (GrainTypes.Of(call.Grain) is not { } grain)
                    continue;
                var was = knownCalls.GetValueOrDefault((call.Grain, call.Method));
                var count = call.Calls - (was?.Calls ?? 0);
                foreach (var type in (string[])["", grain])
                {
                    calls[type] = calls.GetValueOrDefault(type) + count;
                    failures[type] = failures.GetValueOrDefault(type) + call.Failures - (was?.Failures ?? 0);
                    if (count == 0)
                        continue;
                    if (!durations.TryGetValue(type, out var sum))
                        durations[type] = sum = new long[DurationBuckets.Count];
                    Add(sum, call.Durations, was?.Durations ?? []);
                }
            }
        }

        earlier.Clear();
        foreach (var silo in now)
            earlier[(silo.Silo, silo.Since)] = silo;
        if (isFirst)
            return;
        if (commits.Any(static count => count > 0))
            book.Note(second, new SeriesId("commit", "", ""), commits);
        foreach (var (queue, delta) in queues)
            delta.Note(book, second, queue);
        foreach (var (type, count) in calls)
        {
            var by = type.Length == 0 ? "" : "grain";
            book.Note(second, new SeriesId("grain.calls", by, type), "calls", SeriesKind.Count, count);
            book.Note(second, new SeriesId("grain.failures", by, type), "calls", SeriesKind.Count, failures[type]);
            if (durations.TryGetValue(type, out var sum))
                book.Note(second, new SeriesId("grain.p99", by, type), "ms", SeriesKind.Peak,
                    DurationBuckets.Quantile(sum, 0.99, long.MaxValue) / 1_000d);
        }
    }

    private static void Add(long[] sum, ImmutableArray<long> now, ImmutableArray<long> before)
    {
        for (var i = 0; i < now.Length; i++)
            sum[i] += now[i] - (i < before.Length ? before[i] : 0);
    }

    /// <summary>The changes in the counts of one queue's tasks.</summary>
    private sealed class QueueDelta
    {
        private readonly long[] failed = new long[byte.MaxValue + 1];
        private readonly long[] waits = new long[DurationBuckets.Count];
        private readonly long[] runs = new long[DurationBuckets.Count];
        private long accepted, started, succeeded;

        public void Add(QueueFigure now, QueueFigure? before)
        {
            accepted += now.Accepted - (before?.Accepted ?? 0);
            started += now.Started - (before?.Started ?? 0);
            succeeded += now.Succeeded - (before?.Succeeded ?? 0);
            SiloDeltas.Add(failed, now.Failed, before?.Failed ?? []);
            SiloDeltas.Add(waits, now.Waits, before?.Waits ?? []);
            SiloDeltas.Add(runs, now.Runs, before?.Runs ?? []);
        }

        public void Note(SeriesBook book, long second, string queue)
        {
            var by = queue.Length == 0 ? "" : "queue";
            foreach (var (name, count) in ((string, long)[])
                [("accepted", accepted), ("started", started), ("succeeded", succeeded), ("failed", failed.Sum())])
                book.Note(second, new SeriesId($"tasks.{name}", by, queue), "tasks", SeriesKind.Count, count);
            if (waits.Any(static count => count > 0))
                book.Note(second, new SeriesId("wait", by, queue), waits);
            if (runs.Any(static count => count > 0))
                book.Note(second, new SeriesId("run", by, queue), runs);
            if (queue.Length > 0)
                return;
            for (var reason = 0; reason < failed.Length; reason++)
            {
                if (failed[reason] > 0)
                    book.Note(second, new SeriesId("tasks.failed", "reason", ((EndReason)reason).Name() ?? "none"),
                        "tasks", SeriesKind.Count, failed[reason]);
            }
        }
    }
}
