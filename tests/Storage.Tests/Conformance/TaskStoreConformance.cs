namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>
/// What every task store must do, a fact for each sentence of <see cref="ITaskStore"/>. A store's own tests derive from
/// it.
/// </summary>
public abstract partial class TaskStoreConformance : IDisposable
{
    /// <summary>The store under test; empty.</summary>
    protected abstract ITaskStore Store { get; }

    /// <summary>The store's clock.</summary>
    protected virtual TestClock Clock { get; } = new();

    /// <summary>Closes the store and opens it again over the same data.</summary>
    protected abstract void Reopen();

    /// <inheritdoc/>
    public abstract void Dispose();

    protected Task<TestQueue> Take(string queue = "default") => TestQueue.Take(Store, Clock, queue);

    protected async Task<TaskRecord> Read(TaskId id)
    {
        var task = await Store.Get(id);
        Assert.NotNull(task);
        return task;
    }

    protected async Task<OpenTask> Find(TestQueue queue, TaskId id) =>
        Assert.Single(await Store.Find(queue.No, [id]));
}
