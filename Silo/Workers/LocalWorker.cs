using OrleansTasks.Lifetime;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Resources;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Silo.Workers;

/// <summary>
/// Hosts a worker in the silo's process. It leaves before any other service of the host stops, so that the silo can
/// accept its last results and still answers callers.
/// </summary>
public sealed class LocalWorker : IHostedLifecycleService, IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly ProcessHost host;
    private readonly NodeAgent agent;
    private readonly Task<uint> proof;
    private Task? leaving;

    /// <summary>Creates the worker. It starts when the host has started.</summary>
    public LocalWorker(
        LocalWorkerOptions options, INodeService master, TimeProvider time, ILogger<NodeAgent> logger, ILogger<ProcessHost> processes)
    {
        host = new ProcessHost(
            new ProcessHostOptions { WorkFolderRoot = options.WorkFolderRoot, RunAs = options.RunAs, SandboxAllow = options.SandboxAllow, ContainerEngine = options.ContainerEngine },
            time, processes);
        // The proof starts programs and waits for them; the host starts meanwhile.
        proof = Task.Run(() => host.Isolates);
        var agentOptions = new AgentOptions
        {
            NodeId = options.NodeId,
            DataFolder = options.DataFolder,
            Slots = options.Slots,
            Resources = MachineResources.Find(options.Resources),
            Gpus = MachineResources.GpuIndexes(options.Resources),
            Cores = MachineResources.Cores(options.Resources),
            Drain = options.Drain,
            Enforces = LimitBits.Of(host.EnforcedLimits),
            Earlier = options.Earlier,
            Address = "local",
            RunAs = options.RunAs,
            FileRoots = options.FileRoots,
            TakesFiles = true,
            WaitsForName = true,
            Plugins = options.Plugins,
        };
        foreach (var (key, value) in options.Labels)
            agentOptions.Labels[key] = value;
        agent = new NodeAgent(agentOptions, master, host, time, BootClock.Instance, logger);
    }

    /// <summary>Completes when the silo has accepted the worker.</summary>
    public Task Registered => agent.Registered;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        Supervised.OnSupervisorKilled(agent.FallSilent);
        agent.Learn(await proof);
        agent.Start();
        _ = agent.LearnContainersAsync(host);
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => LeaveAsync(cancellationToken);

    /// <summary>
    /// Takes no new work, lets running tasks end within the drain time, kills and gives back those that do not, and
    /// says goodbye. Repeated calls return the same task.
    /// </summary>
    public Task LeaveAsync(CancellationToken cancellationToken)
    {
        lock (gate)
            return leaving ??= agent.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Kills what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await agent.DisposeAsync();
        await host.DisposeAsync();
    }
}
