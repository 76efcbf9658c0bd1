using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Tasks as they were before a cancel or retry. Commits write them (<see cref="QueueCommit.Undo"/>), and
/// <see cref="ITaskStore.Prune"/> removes them. All methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IUndoStore
{
    /// <summary>Returns the queues that have rows of an operation, by queue number.</summary>
    Task<ImmutableArray<UndoPart>> Parts(TaskId operation);

    /// <summary>Returns a page of a queue's rows of an operation, by task number.</summary>
    Task<ImmutableArray<UndoRow>> Read(int queueNo, TaskId operation, long after, int limit);
}
