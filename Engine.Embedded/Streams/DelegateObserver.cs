using Orleans.Streams;

namespace OrleansTasks.Engine.Embedded;

/// <summary>An observer made of delegates.</summary>
internal sealed class DelegateObserver<T>(Func<T, StreamSequenceToken?, Task> onNext, Func<Exception, Task>? onError)
    : IAsyncObserver<T>
{
    public Task OnNextAsync(T item, StreamSequenceToken? token = null) => onNext(item, token);

    public Task OnErrorAsync(Exception ex) => onError is null ? Task.CompletedTask : onError(ex);
}
