namespace OrleansTasks.Queues;

/// <summary>Reads which queues there are; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IQueueReaderGrain")]
public interface IQueueReaderGrain : IGrainWithStringKey
{
    /// <summary>Every stored queue with its counts as committed, by name.</summary>
    [Alias("List")]
    Task<ImmutableArray<QueueStatus>> List();

    /// <summary>The settings of every queue that has some, by name.</summary>
    [Alias("ListSettings")]
    Task<ImmutableArray<QueueSettings>> ListSettings();
}
