using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A stream, as producers see it.</summary>
internal sealed class EmbeddedStream<T>(StreamHub hub, string provider, StreamId id) : IAsyncStream<T>
{
    public bool IsRewindable => false;

    public string ProviderName => provider;

    public StreamId StreamId => id;

    public Task OnNextAsync(T item, StreamSequenceToken? token = null)
    {
        if (token is not null) return Task.FromException(new NotSupportedException("Items get their tokens here."));
        try
        {
            ArgumentNullException.ThrowIfNull(item);
            hub.Publish(provider, id, item);
            return Task.CompletedTask;
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    public Task OnCompletedAsync() => Task.FromException(new NotSupportedException("These streams do not end."));

    public Task OnErrorAsync(Exception ex) =>
        Task.FromException(new NotSupportedException("These streams do not end."));
}
