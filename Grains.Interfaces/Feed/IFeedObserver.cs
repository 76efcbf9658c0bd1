using Orleans.Concurrency;

namespace OrleansTasks.Feed;

/// <summary>A gateway's end of the dispatchers' feeds. Calls can be lost; a gap in the sequence shows it.</summary>
[Alias("ot.IFeedObserver")]
public interface IFeedObserver : IGrainObserver
{
    /// <summary>One commit's transitions.</summary>
    [OneWay, Alias("Changed")]
    Task Changed(FeedBatch batch);
}
