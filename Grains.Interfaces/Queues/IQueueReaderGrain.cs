namespace OrleansTasks.Queues;

/// <summary>Lists queues; stateless. Key: <c>reader</c>.</summary>
[Alias("ot.IQueueReaderGrain")]
public interface IQueueReaderGrain : IGrainWithStringKey
{
    /// <summary>Returns every stored queue with its committed counts, by name.</summary>
    [Alias("List")]
    Task<ImmutableArray<QueueStatus>> List();

    /// <summary>Returns all stored settings, by queue name.</summary>
    [Alias("ListSettings")]
    Task<ImmutableArray<QueueSettings>> ListSettings();
}
