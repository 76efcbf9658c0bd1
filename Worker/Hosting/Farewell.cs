using Grpc.Core;
using OrleansTasks.Folders;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>
/// Informs the master that nothing of a dead agent runs any more, so that its tasks need not wait for their lease to
/// lapse. Runs in the supervisor.
/// </summary>
internal static class Farewell
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Opens a session in the dead agent's name, which lets the master take back what the last session ran. Then
    /// reports the results that the agent had kept on disk, since ended tasks need not run again, and leaves. If this
    /// fails, the lease lapses by itself.
    /// </summary>
    internal static async Task SayAsync(WorkerOptions options)
    {
        try
        {
            // If another process has already taken the folder, it may run tasks under this name.
            using var folder = FolderLock.Take(options.Data);
            if (WorkerFolder.DeadInstance(options.Data, options.Name) is not { } dead)
                return;
            using var kept = ResultFile.In(options.Data);
            var results = kept.Read();
            using var identity = WorkerIdentity.Load(options.Data, TimeProvider.System);
            using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
            var registration = NewRegistration(options, dead.Instance, dead.Runs);
            foreach (var master in options.Masters)
            {
                using var connection = MasterConnections.Open(master, identity);
                if (await TryAsync(connection, options.Name, registration, results, limit.Token) is not { } areSettled)
                    continue;
                if (areSettled)
                    kept.Clear();
                return;
            }
        }
        catch (Exception failure) when (failure is FolderInUseException or IOException or UnauthorizedAccessException)
        {
            // A successor reports for itself.
        }
    }

    /// <summary>Returns whether the master has settled all results; null if it could not be reached.</summary>
    private static async Task<bool?> TryAsync(
        MasterConnection master, string name, Registration registration, List<Result> results, CancellationToken cancellation)
    {
        try
        {
            return await SayAsync(master, name, registration, results, cancellation);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Says it to one master. Returns whether the master has settled all results.</summary>
    internal static async Task<bool> SayAsync(
        INodeService master, string name, Registration registration, List<Result> results, CancellationToken cancellation)
    {
        var report = new StatusReport { NodeId = name, Registration = registration };
        report.Held.AddRange(results.Select(static result => result.Lease));
        var answer = await master.ReportStatus(report, cancellation);
        if (answer.Outcome != StatusAnswer.Types.Outcome.Ok)
            return false;
        // A registration takes effect once its session is used.
        report.Registration = null;
        report.Session = answer.Session;
        report.Leaving = true;
        await master.ReportStatus(report, cancellation);
        foreach (var result in results)
        {
            var told = await master.Report(
                new Progress { NodeId = name, Session = answer.Session, Results = { result } }, cancellation);
            // A goodbye would have the result's task run again; the next run may still report the result in time.
            if (!told.Settled)
                return false;
        }

        await master.ReportStatus(new StatusReport { NodeId = name, Session = answer.Session, Goodbye = true }, cancellation);
        return true;
    }

    private static Registration NewRegistration(WorkerOptions options, string instance, EarlierRuns runs)
    {
        var registration = new Registration
        {
            Instance = instance,
            Slots = options.Slots,
            TreesDead = runs.AreDead,
            Version = new AgentOptions().Version,
        };
        registration.DeadSessions.Add(runs.DeadSessions);
        registration.Labels.Add(new Dictionary<string, string>(options.Labels));
        return registration;
    }
}
