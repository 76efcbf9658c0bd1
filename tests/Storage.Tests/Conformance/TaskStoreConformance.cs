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

    protected Task<TestPartition> Take(string queue = "default", int number = 0) =>
        TestPartition.Take(Store, Clock, queue, number);

    protected async Task<TaskRecord> Read(TaskId id)
    {
        var task = await Store.Get(id);
        Assert.NotNull(task);
        return task;
    }

    protected async Task<OpenTask> Find(TestPartition partition, TaskId id) =>
        Assert.Single(await Store.Find(partition.No, [id]));
}
