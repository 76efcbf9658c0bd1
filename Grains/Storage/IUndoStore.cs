using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Tasks as they were before somebody cancelled or retried them. Commits write them (<see cref="QueueCommit.Undo"/>);
/// <see cref="ITaskStore.Prune"/> removes those older than <see cref="UndoRow.KeptFor"/>. All methods throw
/// <see cref="StoreUnavailableException"/> when nothing could be read.
/// </summary>
public interface IUndoStore
{
    /// <summary>The queues that have rows of an operation, by number; empty when there are none.</summary>
    Task<ImmutableArray<UndoPart>> Parts(TaskId operation);

    /// <summary>
    /// Returns at most <paramref name="limit"/> of a queue's rows of an operation, by the task's number, with numbers
    /// larger than <paramref name="after"/>.
    /// </summary>
    Task<ImmutableArray<UndoRow>> Read(int queueNo, TaskId operation, long after, int limit);
}
