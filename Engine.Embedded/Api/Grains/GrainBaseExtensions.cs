using Orleans.Runtime;
using OrleansTasks.Engine.Embedded;

namespace Orleans;

/// <summary>What a grain can ask of its activation.</summary>
public static class GrainBaseExtensions
{
    /// <summary>Ends the activation as soon as no request runs.</summary>
    /// <param name="grain">The grain.</param>
    public static void DeactivateOnIdle(this IGrainBase grain) => grain.GrainContext.Deactivate(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

    /// <summary>Starts a timer that ticks as a request to this activation.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">The tick. Its token is cancelled when the timer is disposed.</param>
    /// <param name="options">When it ticks, and how its ticks mix with requests.</param>
    /// <returns>The running timer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative or over 49.7 days.</exception>
    public static IGrainTimer RegisterGrainTimer(
        this IGrainBase grain, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return RegisterGrainTimer(grain, static (tick, token) => tick(token), callback, options);
    }

    /// <summary>Starts a timer that ticks as a request to this activation.</summary>
    /// <typeparam name="TState">What the tick is given.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">The tick. Its token is cancelled when the timer is disposed.</param>
    /// <param name="state">Given to each tick.</param>
    /// <param name="options">When it ticks, and how its ticks mix with requests.</param>
    /// <returns>The running timer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative or over 49.7 days.</exception>
    public static IGrainTimer RegisterGrainTimer<TState>(
        this IGrainBase grain,
        Func<TState, CancellationToken, Task> callback,
        TState state,
        GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return ((Activation)grain.GrainContext).StartTimer(callback, state, options);
    }
}
