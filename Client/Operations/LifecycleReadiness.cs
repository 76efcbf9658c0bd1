using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Client.Operations;

/// <summary>Whether the service has started and is not about to end.</summary>
public sealed class LifecycleReadiness(ServiceState state) : IReadinessCheck
{
    /// <inheritdoc />
    public string Name => "service";

    /// <inheritdoc />
    public ValueTask<string?> FindProblem(CancellationToken cancellation) => new(state.Phase switch
    {
        ServicePhase.Starting => "it is starting",
        ServicePhase.Draining => "it is ending: running tasks may finish, new ones are not taken",
        _ => null,
    });
}
