using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>One activation of a grain.</summary>
internal abstract class Activation : IGrainContext
{
    /// <summary>The activation whose instance is being constructed on this thread.</summary>
    [field: ThreadStatic]
    internal static Activation? Constructing { get; set; }

    public abstract GrainId GrainId { get; }

    public abstract object? GrainInstance { get; }

    public abstract IServiceProvider ActivationServices { get; }

    public abstract Task Deactivated { get; }

    internal abstract IGrainFactory GrainFactory { get; }

    internal abstract EmbeddedSilo Silo { get; }

    public abstract void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);

    internal abstract void DelayDeactivation(TimeSpan delay);

    internal abstract IGrainTimer StartTimer<TState>(
        Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options);
}
