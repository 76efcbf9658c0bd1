using System.Runtime.CompilerServices;
using OrleansTasks.Storage.Sql;
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
    // The maximum number of rows in a transaction. A transaction with fewer rows was the last of its kind, except
    // for tasks, workflows and rollouts.
    private const int Slot = 100;

    private readonly EndedWalk walk = new();
    private readonly OutputWalk outputs = new(database.Time);

    /// <summary>See <see cref="ITaskStore.Prune"/>.</summary>
    internal async Task<ImmutableArray<TaskId>> Prune(long endedBefore, long failedBefore, int limit)
    {
        while (await Write(write => WorkflowWriter.RemoveEnded(write, failedBefore, Slot)) > 0)
        {
        }

        while (await Write(write => RolloutWriter.RemoveEnded(write, failedBefore, Slot)) > 0)
        {
        }

        var removed = await RemoveTasks(endedBefore, failedBefore, limit).ConfigureAwait(false);
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
        return removed;
    }

    /// <summary>See <see cref="ITaskStore.DropOutput"/>.</summary>
    internal async Task<ImmutableArray<TaskId>> DropOutput(long keepBytes, int limit)
    {
        var readAt = database.Time.GetTimestamp();
        var found = outputs.GoOn(keepBytes)
            ?? await Read(session => RetentionReader.Outsized(session, keepBytes, readAt));
        var dropped = ImmutableArray.CreateBuilder<TaskId>();
        while (dropped.Count < limit && !found.IsEmpty)
        {
            var slot = found.Take(Math.Min(Slot, limit - dropped.Count));
            dropped.AddRange(await Write(write => RetentionWriter.MarkDropped(write, slot, found.EndedBy)));
        }

        outputs.StopAt(found);
        return dropped.DrainToImmutable();
    }

    private async Task<ImmutableArray<TaskId>> RemoveTasks(long endedBefore, long failedBefore, int limit)
    {
        var removed = ImmutableArray.CreateBuilder<TaskId>();
        var place = walk.Begin(endedBefore, failedBefore);
        while (removed.Count < limit)
        {
            var (after, most) = (place, Math.Min(Slot, limit - removed.Count));
            var page = await Read(session => RetentionReader.Ended(session, endedBefore, failedBefore, after, most));
            var slot = page.Tasks.Select(static task => (task.Place.Key, task.Id));
            var gone = page.Tasks.Count == 0
                ? []
                : await Write(write => RetentionWriter.Remove(write, slot, endedBefore, failedBefore, database.Time));
            removed.AddRange(gone);
            // The transaction's time may have been up before the last task. Then the next step goes on with the rest.
            var isCut = gone.Count > 0 && gone[^1] != page.Tasks[^1].Id;
            if (page.IsLast && !isCut)
                return removed.DrainToImmutable();
            place = isCut ? page.Tasks.Find(task => task.Id == gone[^1]).Place : page.End;
        }

        walk.StopAt(endedBefore, failedBefore, place);
        return removed.DrainToImmutable();
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
