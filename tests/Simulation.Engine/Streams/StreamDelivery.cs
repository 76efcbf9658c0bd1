namespace OrleansTasks.Simulation.Engine;

/// <summary>The request that brings an item to its subscriber, or tells that it could not be brought.</summary>
internal sealed class StreamDelivery(StreamKey key, StreamItem item, Exception? failure = null) : Request
{
    private readonly TaskCompletionSource<Exception?> _outcome =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why it was not taken; null when it was.</summary>
    internal Task<Exception?> Outcome => _outcome.Task;

    internal override GrainId Target => key.Subscriber;

    internal override bool Interleaves => false;

    public override void Run()
    {
        _ = DeliverAsync(Host!);
    }

    internal override void Reject(Exception reason) => _outcome.TrySetResult(reason);

    private async Task DeliverAsync(Activation host)
    {
        Exception? outcome = null;
        TravellingContext.Import(item.Context);
        try
        {
            var subscription = await host.Streams.FindAsync(key.Provider, key.Stream);
            if (subscription is null) host.Host.LogItemDropped(key.Subscriber, key.Stream, key.Provider);
            else if (failure is not null) await subscription.FailAsync(failure);
            else await subscription.DeliverAsync(host.Host.Types.Deserialize(item.Value), item.Token);
        }
        catch (Exception exception)
        {
            outcome = exception;
        }

        host.Finished(this);
        _outcome.TrySetResult(outcome);
    }
}
