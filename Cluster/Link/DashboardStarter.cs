using Orleans.Providers;

namespace OrleansTasks.Cluster.Link;

/// <summary>
/// Starts a silo's part of the dashboard for a gateway that shows it. The gateway names this class, so both ends know it.
/// </summary>
/// <param name="start">Completes when the part has started. Does nothing if it has started already.</param>
public sealed class DashboardStarter(Func<Task> start) : IControllable
{
    /// <summary>The key of this control command provider.</summary>
    public const string Name = "dashboard";

    /// <summary>The command that starts the part.</summary>
    public const int Start = 1;

    /// <inheritdoc/>
    public async Task<object?> ExecuteCommand(int command, object? arg)
    {
        await start();
        return null;
    }
}
