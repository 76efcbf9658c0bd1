using System.Threading.Channels;
using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A gateway's end of a queue's feed.</summary>
internal sealed class Feed : IFeedObserver
{
    private readonly Channel<FeedBatch> batches = Channel.CreateUnbounded<FeedBatch>();

    public Task Changed(FeedBatch batch)
    {
        batches.Writer.TryWrite(batch);
        return Task.CompletedTask;
    }

    /// <summary>Waits until a task's way into a state is told.</summary>
    public async Task Until(TaskId id, TaskState state)
    {
        while (!(await Next()).Entries.Any(entry => entry.Task == id && entry.State == state))
        {
        }
    }

    public Task<FeedBatch> Next() => batches.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().Soon();
}
