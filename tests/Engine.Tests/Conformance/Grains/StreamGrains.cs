using Orleans.Streams;
using Orleans.Streams.Core;

namespace OrleansTasks.Engine.Tests;

/// <summary>Takes items of streams.</summary>
public interface IStreamConsumerGrain : IGrainWithStringKey
{
    Task EndOnIdle();
}

/// <inheritdoc cref="IStreamConsumerGrain"/>
[ImplicitStreamSubscription("engine-tests")]
public sealed class StreamConsumerGrain
    : Grain, IStreamConsumerGrain, IStreamSubscriptionObserver, IAsyncObserver<MutableMessage>
{
    private Probe Probe => Probe.Of(this.GetPrimaryKeyString());

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Probe.Add("activated");
        return Task.CompletedTask;
    }

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        Probe.Add($"subscribed {handleFactory.StreamId.GetKeyAsString() == Probe.Key} {handleFactory.ProviderName}");
        await handleFactory.Create<MutableMessage>().ResumeAsync(this);
    }

    public async Task OnNextAsync(MutableMessage item, StreamSequenceToken? token = null)
    {
        if (item.Text == "hold") await Probe.GateOf("item").PassAsync();
        if (Probe.Fails)
        {
            Probe.Fails = false;
            Probe.Add("failed");
            throw new InvalidOperationException("not now");
        }

        Probe.Add($"item {item.Text}{string.Join(',', item.Numbers)}");
    }

    public Task OnErrorAsync(Exception ex)
    {
        Probe.Add($"error {ex.GetType().Name}");
        return Task.CompletedTask;
    }

    public Task EndOnIdle()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

/// <summary>Puts items into streams.</summary>
public interface IStreamProducerGrain : IGrainWithStringKey
{
    Task Produce(string key, int count);
}

/// <inheritdoc cref="IStreamProducerGrain"/>
public sealed class StreamProducerGrain : Grain, IStreamProducerGrain
{
    public async Task Produce(string key, int count)
    {
        var stream = this.GetStreamProvider(IConformanceHost.Streams)
            .GetStream<MutableMessage>(StreamId.Create("engine-tests", key));
        for (var i = 1; i <= count; i++) await stream.OnNextAsync(new MutableMessage { Numbers = [i] });
    }
}
