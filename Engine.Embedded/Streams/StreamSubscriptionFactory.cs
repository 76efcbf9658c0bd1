using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace OrleansTasks.Engine.Embedded;

/// <summary>What a grain is given to attach its observer.</summary>
internal sealed class StreamSubscriptionFactory(StreamSubscriptions subscriptions, string provider, StreamId stream)
    : IStreamSubscriptionHandleFactory
{
    public StreamId StreamId => stream;

    public string ProviderName => provider;

    public StreamSubscriptionHandle<T> Create<T>() => new StreamSubscription<T>(subscriptions, provider, stream);
}
