using OrleansTasks.Audit;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>
/// Who changed what, in memory, for tests and simulations; the other stores in memory add the records.
/// </summary>
public sealed class MemoryAuditStore : IAuditStore
{
    private readonly Lock gate = new();
    private readonly List<(int QueueNo, AuditRecord Record)> rows = [];

    /// <inheritdoc/>
    public Task<ImmutableArray<AuditRecord>> List(AuditQuery query, CancellationToken cancellation = default)
    {
        lock (gate)
        {
            return Task.FromResult<ImmutableArray<AuditRecord>>(
            [
                .. rows.Select(static row => row.Record).Where(record => Matches(record, query))
                    .GroupBy(static record => record.Origin.Id).OrderByDescending(static group => group.Key)
                    .Take(query.Limit).Select(Merge),
            ]);
        }
    }

    /// <inheritdoc/>
    public Task<long> Count(AuditClass kind)
    {
        lock (gate)
            return Task.FromResult((long)rows.Count(row => AuditClasses.Of(row.Record.Origin.Action) == kind));
    }

    /// <inheritdoc/>
    public Task<AuditTrim> Trim(AuditClass kind, long before, long excess, int limit)
    {
        lock (gate)
        {
            var old = rows.Where(row => AuditClasses.Of(row.Record.Origin.Action) == kind).Take(limit)
                .Where((row, index) => row.Record.At < before || index < excess).ToHashSet();
            rows.RemoveAll(old.Contains);
            return Task.FromResult(new AuditTrim(old.Count, old.Count(row => row.Record.At >= before)));
        }
    }

    /// <summary>Adds a record; queue 0 is for what has no queue.</summary>
    internal void Add(int queueNo, AuditRecord? record)
    {
        if (record is null)
            return;
        // All queues of a bulk call share one row.
        queueNo = Math.Min(queueNo, 1);
        lock (gate)
        {
            var known = rows.FindIndex(row => row.QueueNo == queueNo && row.Record.Origin.Id == record.Origin.Id);
            if (known < 0)
                rows.Add((queueNo, record));
            else if (queueNo > 0)
                rows[known] = (queueNo, rows[known].Record with
                {
                    Count = rows[known].Record.Count + record.Count,
                    At = Math.Min(rows[known].Record.At, record.At),
                });
        }
    }

    /// <summary>Removes the record of a change without a queue.</summary>
    internal void Remove(TaskId id)
    {
        lock (gate)
            rows.RemoveAll(row => row.QueueNo == 0 && row.Record.Origin.Id == id);
    }

    private static bool Matches(AuditRecord record, AuditQuery query) =>
        (query.Actor is null || record.Origin.Key == query.Actor || record.Origin.KeyName == query.Actor)
        && (query.Action is null || record.Origin.Action == query.Action)
        && (query.Target is null || record.Origin.Target == query.Target)
        && (query.Before is not { } before || record.Origin.Id < before);

    private static AuditRecord Merge(IGrouping<TaskId, AuditRecord> group)
    {
        var first = group.OrderBy(static record => record.At).First();
        return first with { Count = group.Sum(static record => record.Count) };
    }
}
