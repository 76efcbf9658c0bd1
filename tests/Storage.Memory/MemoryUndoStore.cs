using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Reads tasks as they were before a cancel or retry from a memory store.</summary>
internal sealed class MemoryUndoStore(MemoryTaskStore store) : IUndoStore
{
    /// <inheritdoc/>
    public Task<ImmutableArray<UndoPart>> Parts(TaskId operation) => store.Read(data => data.Undo.Parts(operation, data));

    /// <inheritdoc/>
    public Task<ImmutableArray<UndoRow>> Read(int queueNo, TaskId operation, long after, int limit) =>
        store.Read(data => data.Undo.Read(queueNo, operation, after, limit));
}
