using OrleansTasks.Lifetime;

namespace OrleansTasks.Client.Operations;

/// <summary>Checks that the service has started and is not stopping.</summary>
public sealed class LifecycleReadiness(ServiceState state) : IReadinessCheck
{
    /// <inheritdoc />
    public string Name => "service";

    /// <inheritdoc />
    public ValueTask<string?> FindProblem(CancellationToken cancellation) => new(state.Phase switch
    {
        ServicePhase.Starting => "it is starting",
        ServicePhase.Draining => "it is shutting down: running tasks may finish, but no new ones are accepted",
        _ => null,
    });
}
