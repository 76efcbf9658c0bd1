namespace OrleansTasks.Queues;

/// <summary>Reads which queues there are; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IQueueReaderGrain")]
public interface IQueueReaderGrain : IGrainWithStringKey
{
    /// <summary>Every stored partition with its counts as committed, by queue name and number.</summary>
    [Alias("List")]
    Task<ImmutableArray<PartitionStatus>> List();

    /// <summary>The settings of every queue that has some, by name.</summary>
    [Alias("ListSettings")]
    Task<ImmutableArray<QueueSettings>> ListSettings();
}
