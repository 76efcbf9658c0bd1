using Orleans.Runtime;
using OrleansTasks.Engine.Embedded;

namespace Orleans;

/// <summary>Base class of grains. An instance belongs to one activation and runs one turn at a time.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    private readonly IGrainContext? _context;

    /// <summary>Binds the instance to the activation that is being created.</summary>
    protected Grain() => _context = Activation.Constructing;

    /// <inheritdoc/>
    public IGrainContext GrainContext =>
        _context ?? throw new InvalidOperationException($"{GetType().Name} was not created by the engine.");

    /// <summary>Gives references to other grains.</summary>
    protected IGrainFactory GrainFactory => Runtime.Silo.References;

    /// <summary>The services of this activation's scope.</summary>
    protected internal IServiceProvider ServiceProvider => GrainContext.ActivationServices;

    internal Activation Runtime => (Activation)GrainContext;

    /// <inheritdoc/>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    /// <summary>
    /// Ends this activation as soon as no request runs. Later calls wait and reach the next activation.
    /// </summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Keeps idle collection away from this activation for a while.</summary>
    /// <param name="timeSpan">How long from now; not positive takes an earlier call back.</param>
    protected void DelayDeactivation(TimeSpan timeSpan) => Runtime.DelayDeactivation(timeSpan);
}
