using Orleans.Streams;
using Orleans.Streams.Core;

namespace OrleansTasks.Engine.Tests;

/// <summary>Never takes item 1.</summary>
public interface IFailingConsumerGrain : IGrainWithStringKey;

/// <inheritdoc cref="IFailingConsumerGrain"/>
[ImplicitStreamSubscription("failing-streams")]
public sealed class FailingConsumerGrain : Grain, IFailingConsumerGrain, IStreamSubscriptionObserver
{
    private Probe Probe => Probe.Of(this.GetPrimaryKeyString());

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<FixedMessage>().ResumeAsync(OnNextAsync, OnErrorAsync);

    private Task OnNextAsync(FixedMessage item, StreamSequenceToken? token)
    {
        Probe.Add(item.Number == 1 ? "try 1" : $"{item.Text} {item.Number}");
        return item.Number == 1 ? throw new InvalidOperationException("not this one") : Task.CompletedTask;
    }

    private Task OnErrorAsync(Exception exception)
    {
        Probe.Add($"error {exception.GetType().Name}");
        return Task.CompletedTask;
    }
}
