using System.Threading.Channels;
using OrleansTasks.Feed;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A gateway's end of a partition's feed.</summary>
internal sealed class Feed : IFeedObserver
{
    private readonly Channel<FeedBatch> batches = Channel.CreateUnbounded<FeedBatch>();

    public Task Changed(FeedBatch batch)
    {
        batches.Writer.TryWrite(batch);
        return Task.CompletedTask;
    }

    public Task<FeedBatch> Next() => batches.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().Soon();
}
