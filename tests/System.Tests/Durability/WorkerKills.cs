using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>A worker of which a process is killed and which is then started again, in the same folder.</summary>
internal sealed class WorkerKills : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly string[] masters;
    private readonly string folder;
    private WorkerProcess worker;

    private WorkerKills(WorkerProcess worker, string[] masters, string folder) =>
        (this.worker, this.masters, this.folder) = (worker, masters, folder);

    /// <summary>Starts the worker.</summary>
    internal static async Task<WorkerKills> Start(string[] masters, string folder) =>
        new(await StartIn(masters, folder), masters, folder);

    /// <summary>Kills the agent, the supervisor, or both, and starts the worker again when both are gone.</summary>
    internal async Task Kill(string victim)
    {
        var (agent, supervisor) = (worker.Agent, worker.Supervisor);
        if (victim is "supervisor" or "worker")
            Signals.Send(supervisor, Signals.Kill);
        if (victim is "agent" or "worker")
            Signals.Send(agent, Signals.Kill);
        await worker.End();
        await Until.Holds("the agent is gone", Limit, () => Task.FromResult(Signals.IsGone(agent)));
        await worker.DisposeAsync();
        worker = await StartIn(masters, folder);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => worker.DisposeAsync();

    private static Task<WorkerProcess> StartIn(string[] masters, string folder) =>
        WorkerProcess.Start(masters, "w1", folder, "--slots", "3");
}
