namespace Orleans.Streams.Core;

/// <summary>Implemented by grains that subscribe implicitly: told of a stream when its first item arrives.</summary>
public interface IStreamSubscriptionObserver
{
    /// <summary>Attaches an observer by <see cref="StreamSubscriptionHandle{T}"/>; else items are dropped.</summary>
    /// <param name="handleFactory">The subscription.</param>
    Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory);
}
