using Orleans.Runtime;

namespace Orleans;

/// <summary>What every grain class implements: its context and the two ends of an activation's life.</summary>
public interface IGrainBase
{
    /// <summary>The activation that this instance is.</summary>
    IGrainContext GrainContext { get; }

    /// <summary>Runs to its end before the activation sees its first request.</summary>
    /// <param name="token">Cancelled when activation takes longer than allowed.</param>
    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    /// <summary>Runs once when the activation ends in an orderly way; not when its host dies.</summary>
    /// <param name="reason">Why it ends.</param>
    /// <param name="token">Cancelled when deactivation takes longer than allowed.</param>
    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}
