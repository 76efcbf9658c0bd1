using Microsoft.Extensions.Logging;

namespace OrleansTasks.Simulation.Engine;

/// <summary>What a silo logs.</summary>
internal sealed partial class GrainHost
{
    [LoggerMessage(4, LogLevel.Warning,
        "Silo {Silo} ran out of time while stopping; {Activations} activations cut off.")]
    internal partial void LogStoppedHard(string silo, int activations);

    [LoggerMessage(5, LogLevel.Error, "{Grain} could not be activated.")]
    internal partial void LogActivationFailed(GrainId grain, Exception exception);

    [LoggerMessage(6, LogLevel.Error, "OnDeactivateAsync of {Grain} failed.")]
    internal partial void LogDeactivationFailed(GrainId grain, Exception exception);

    [LoggerMessage(7, LogLevel.Error, "Disposing {Grain} failed.")]
    internal partial void LogDisposeFailed(GrainId grain, Exception exception);

    [LoggerMessage(8, LogLevel.Error, "{Grain} has been deactivating for over {Limit}; it is abandoned.")]
    internal partial void LogStuck(GrainId grain, TimeSpan limit);

    [LoggerMessage(9, LogLevel.Warning, "A timer's tick of {Grain} failed; the timer goes on.")]
    internal partial void LogTickFailed(GrainId grain, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "One-way call {Interface}.{Method} of {Target} failed.")]
    internal partial void LogOneWayFailed(string @interface, string method, GrainId target, Exception exception);

    [LoggerMessage(11, LogLevel.Error, "What {Interface}.{Method} does on cancellation failed.")]
    internal partial void LogCancellationFailed(string @interface, string method, Exception exception);

    [LoggerMessage(12, LogLevel.Debug, "Observer {Observer} is gone; {Interface}.{Method} is dropped.")]
    internal partial void LogObserverGone(GrainId observer, string @interface, string method);

    [LoggerMessage(13, LogLevel.Warning, "Observer {Observer} was garbage collected before its reference was deleted.")]
    internal partial void LogObserverCollected(GrainId observer);

    [LoggerMessage(14, LogLevel.Warning,
        "{Grain} took an item of stream {Stream} of {Provider} but attached no observer; it is dropped.")]
    internal partial void LogItemDropped(GrainId grain, StreamId stream, string provider);

    [LoggerMessage(15, LogLevel.Warning,
        "{Grain} failed to take an item of stream {Stream} of {Provider}; it is tried again in {Delay}.")]
    internal partial void LogItemRetried(
        GrainId grain, StreamId stream, string provider, TimeSpan delay, Exception exception);

    [LoggerMessage(16, LogLevel.Error,
        "{Grain} failed to take an item of stream {Stream} of {Provider} for {Limit}; it is given up.")]
    internal partial void LogItemGivenUp(
        GrainId grain, StreamId stream, string provider, TimeSpan limit, Exception exception);
}
