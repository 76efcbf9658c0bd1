using Orleans.Concurrency;

namespace OrleansTasks.Feed;

/// <summary>
/// A gateway's end of the dispatchers' feeds. Calls can be lost; the gateway detects gaps in the sequence.
/// </summary>
[Alias("ot.IFeedObserver")]
public interface IFeedObserver : IGrainObserver
{
    /// <summary>Receives one commit's transitions.</summary>
    [OneWay, Alias("Changed")]
    Task Changed(FeedBatch batch);
}
