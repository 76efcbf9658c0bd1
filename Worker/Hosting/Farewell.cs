using OrleansTasks.Grpc;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>
/// What the supervisor says to the master for an agent that has died: that nothing of it runs any more, so that its tasks need
/// not wait for their lease to lapse.
/// </summary>
internal static class Farewell
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Opens a session in the dead agent's name, by which the master takes back what the last one ran, and leaves with it. Where
    /// that fails, the lease lapses by itself.
    /// </summary>
    internal static async Task SayAsync(WorkerOptions options)
    {
        try
        {
            // Who has the folder already may run tasks in this name.
            using var folder = FolderLock.Take(options.Data);
            if (WorkerFolder.DeadInstance(options.Data) is not { } instance)
                return;
            using var identity = WorkerIdentity.Load(options.Data, TimeProvider.System);
            using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
            foreach (var master in options.Masters)
                if (await SayAsync(master, options, instance, identity, limit.Token))
                    return;
        }
        catch (Exception failure) when (failure is FolderInUseException or IOException or UnauthorizedAccessException)
        {
            // A successor speaks for itself.
        }
    }

    private static async Task<bool> SayAsync(
        Uri master, WorkerOptions options, string instance, WorkerIdentity? identity, CancellationToken cancellation)
    {
        using var connection = MasterConnections.Open(master, identity);
        try
        {
            var registration = new Registration
            {
                Instance = instance, Slots = options.Slots, TreesDead = true, Version = new AgentOptions().Version,
            };
            registration.Labels.Add(new Dictionary<string, string>(options.Labels));
            var report = new StatusReport { NodeId = options.Name, Registration = registration };
            var answer = await connection.ReportStatus(report, cancellation);
            if (answer.Outcome != StatusAnswer.Types.Outcome.Ok)
                return true;
            // A registration counts once its session is used.
            await connection.ReportStatus(
                new StatusReport { NodeId = options.Name, Session = answer.Session, Leaving = true }, cancellation);
            await connection.ReportStatus(
                new StatusReport { NodeId = options.Name, Session = answer.Session, Goodbye = true }, cancellation);
            return true;
        }
        catch (Exception failure) when (failure is GrpcException or OperationCanceledException)
        {
            return false;
        }
    }
}
