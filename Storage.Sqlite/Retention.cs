using System.Runtime.CompilerServices;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// Deletes old data. It selects on a read connection and deletes in small transactions that give way to commits. Each
/// transaction checks its rows again, since a task may have been retried in between.
/// </summary>
internal sealed class Retention(SqliteDatabase database)
{
    // The maximum number of rows in a transaction. A transaction with fewer rows was the last of its kind.
    private const int Slot = 100;

    /// <summary>See <see cref="ITaskStore.Prune"/>.</summary>
    internal async Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit)
    {
        while (await Write(write => WorkflowWriter.RemoveEnded(write, failedBefore, Slot)) == Slot)
        {
        }

        while (await Write(write => RolloutWriter.RemoveEnded(write, failedBefore, Slot)) == Slot)
        {
        }

        var removed = ImmutableArray.CreateBuilder<TaskId>();
        while (removed.Count < limit)
        {
            var most = Math.Min(Slot, limit - removed.Count);
            var slot = await Read(session => RetentionReader.Ended(session, endedBefore, failedBefore, most));
            if (slot.Count == 0)
                break;
            removed.AddRange(await Write(write => RetentionWriter.Remove(write, slot, endedBefore, failedBefore, database.Time)));
        }

        var forgetUntil = database.Time.GetUtcNow().ToUnixTimeMilliseconds() - IdempotencyEntry.Lifetime;
        while (await Write(write => RetentionWriter.ForgetKeys(write, forgetUntil, Slot)) == Slot)
        {
        }

        var keptUntil = database.Time.GetUtcNow().ToUnixTimeMilliseconds() - UndoRow.KeptFor;
        while (await Write(write => UndoWriter.Trim(write, keptUntil, Slot)) == Slot)
        {
        }

        foreach (var queue in await Read(RetentionReader.Queues))
            await TrimEvents(queue).ConfigureAwait(false);
        return removed.DrainToImmutable();
    }

    /// <summary>See <see cref="ITaskStore.DropOutput"/>.</summary>
    internal async Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit)
    {
        var tasks = await Read(session => RetentionReader.Outsized(session, keepBytes, limit));
        var dropped = ImmutableArray.CreateBuilder<TaskId>(tasks.Count);
        foreach (var slot in tasks.Chunk(Slot))
            dropped.AddRange(await Write(write => RetentionWriter.MarkDropped(write, slot)));
        return dropped.DrainToImmutable();
    }

    private async Task TrimEvents(int queueNo)
    {
        var (records, transitions) = (database.Options.EventRecordsKept, database.Options.TransitionsKept);
        while (await Write(
                   write => RetentionWriter.TrimEvents(write, queueNo, records, transitions, Slot)) == Slot)
        {
        }
    }

    /// <summary>Reads on the thread pool. Upkeep does not return to the caller's scheduler between its steps.</summary>
    private ConfiguredTaskAwaitable<T> Read<T>(Func<ReadSession, T> read) =>
        database.Readers.Long(read).ConfigureAwait(false);

    private ConfiguredTaskAwaitable<T> Write<T>(Func<Connection, T> write) =>
        database.WriteInBackground(write).ConfigureAwait(false);
}
