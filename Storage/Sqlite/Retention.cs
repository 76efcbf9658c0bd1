using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// Deletes what is old. It chooses on a reading connection and deletes in small transactions that give way to commits, each
/// checking again what it deletes, since a task may have been retried in between.
/// </summary>
internal sealed class Retention(SqliteDatabase database)
{
    private const int Slot = 100;

    /// <summary>See <see cref="ITaskStore.Prune"/>.</summary>
    internal async Task<ImmutableArray<TaskId>> Prune(long endedBefore, int limit)
    {
        var removed = ImmutableArray.CreateBuilder<TaskId>();
        while (removed.Count < limit)
        {
            var slot = await database.Readers.Long(
                session => RetentionReader.Ended(session, endedBefore, Math.Min(Slot, limit - removed.Count)));
            if (slot.Count == 0)
                break;
            removed.AddRange(await database.WriteInBackground(write => RetentionWriter.Remove(write, slot, endedBefore)));
        }

        var forgetUntil = database.Time.GetUtcNow().ToUnixTimeMilliseconds() - Idempotency.Lifetime;
        while (await database.WriteInBackground(write => RetentionWriter.ForgetKeys(write, forgetUntil, Slot)) == Slot)
        {
        }

        foreach (var partition in await database.Readers.Long(RetentionReader.Partitions))
            await TrimEvents(partition);
        return removed.DrainToImmutable();
    }

    /// <summary>See <see cref="ITaskStore.DropOutput"/>.</summary>
    internal async Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit)
    {
        var tasks = await database.Readers.Long(session => RetentionReader.Outsized(session, keepBytes, limit));
        var dropped = ImmutableArray.CreateBuilder<TaskId>(tasks.Count);
        foreach (var slot in tasks.Chunk(Slot))
            dropped.AddRange(await database.WriteInBackground(write => RetentionWriter.MarkDropped(write, slot)));
        return dropped.DrainToImmutable();
    }

    private async Task TrimEvents(int partition)
    {
        var (records, transitions) = (database.Options.EventRecordsKept, database.Options.TransitionsKept);
        while (await database.WriteInBackground(
                   write => RetentionWriter.TrimEvents(write, partition, records, transitions, Slot)) == Slot)
        {
        }
    }
}
