using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A timer with what its ticks are given.</summary>
internal sealed class GrainTimer<TState>(
    Activation activation,
    Func<TState, CancellationToken, Task> callback,
    TState state,
    GrainTimerCreationOptions options) : GrainTimer(activation, options)
{
    private protected override Task InvokeAsync(CancellationToken disposed) => callback(state, disposed);
}
