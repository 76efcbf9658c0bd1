using Grpc.Core;
using Microsoft.Extensions.Logging;
using OrleansTasks.Folders;
using OrleansTasks.Lifetime;
using OrleansTasks.Settings;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Resources;
using OrleansTasks.Worker.Supervision;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>One run of a remote worker, from its start to the signal that ends it.</summary>
internal sealed partial class WorkerRun(WorkerOptions options, ILoggerFactory loggers, TextWriter output)
{
    private readonly TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger logger = loggers.CreateLogger<WorkerRun>();
    private ProgramUpgrade? upgrade;
    private int signals;

    /// <summary>Works until a signal arrives. Running tasks then have the drain time to end.</summary>
    /// <exception cref="StartRefusedException">Another worker has the folder or the name.</exception>
    internal async Task RunAsync()
    {
        var left = HandoverFile.TakeOwn();
        using var folder = left is null ? Take() : FolderLock.Adopt(options.Data, left.FolderLock);
        var earlier = left is null ? TakeOver(folder.Path) : Continue(folder.Path, left);
        var gate = new Lock();
        upgrade = new ProgramUpgrade(HandoverTerms.Of(options), gate, () => Volatile.Read(ref signals) > 0, loggers.CreateLogger<ProgramUpgrade>());
        using (new SignalReader(SignalReader.OfAgent, gate, OnSignal))
        {
            // A worker that has joined needs no token, and its commands need this program now.
            using var identity = left is null ? await FindIdentity(folder.Path) : WorkerIdentity.Load(folder.Path, TimeProvider.System);
            if (stop.Task.IsCompleted)
                return;
            await using var lines = new TaskLines(output);
            using var masters = new MasterRing(
                options.Masters, master => MasterConnections.Open(master, identity), loggers.CreateLogger<MasterRing>());
            await using var host = new ProcessHost(
                new ProcessHostOptions
                {
                    WorkFolderRoot = WorkerFolder.WorkOf(folder.Path),
                    RunAs = options.RunAs,
                    SandboxAllow = options.SandboxAllow,
                    ContainerEngine = options.ContainerEngine,
                },
                TimeProvider.System, loggers.CreateLogger<ProcessHost>(),
                left is null ? null : HandoverFile.FoldersOf(left));
            await using var agent = new NodeAgent(
                OptionsOf(folder.Path, host, earlier, identity, lines), masters, host, TimeProvider.System, BootClock.Instance,
                loggers.CreateLogger<NodeAgent>());
            if (left is not null)
                Adopt(left, agent, host);
            _ = agent.LearnContainersAsync(host);
            upgrade.Begin(folder, InstanceFile.ReadOrCreate(folder.Path), host, agent);
            await Work(agent, isContinued: left is not null);
        }
    }

    private EarlierRuns TakeOver(string folder)
    {
        OpenWay(folder);
        return WorkerFolder.TakeOver(folder, options.Name);
    }

    /// <summary>Continues the run that an earlier program of this process has begun.</summary>
    private static EarlierRuns Continue(string folder, HandoverDocument left)
    {
        HostFreeze.KillDoomed(left.Host, TimeProvider.System);
        WorkFolders.ContinueFrom(left.Host.LastFolder);
        LimitEnforcer.ContinueFrom(left.Host.LastGroup);
        Supervised.Announce(folder, left.Instance);
        return left.Agent.EarlierDead ? new EarlierRuns(areDead: true) : new EarlierRuns([.. left.Agent.EarlierDeadSessions]);
    }

    private void Adopt(HandoverDocument left, NodeAgent agent, ProcessHost host)
    {
        var age = BootClock.Instance.GetElapsedTime(left.WrittenAt);
        agent.Adopt(left.Agent, left.Host, host, age);
        TookOver(left.Agent.Attempts.Count, (long)age.TotalMilliseconds);
    }

    private async Task Work(NodeAgent agent, bool isContinued)
    {
        Supervised.OnOrphaned(agent.EndAsync);
        agent.Start();
        // Ready even before a master answers: a worker waits for its masters indefinitely, which must not delay the
        // machine's boot.
        Supervised.TellReady();
        if (isContinued)
        {
            Supervised.BeginWatch();
            Supervised.TellReplaced();
        }

        var first = await Task.WhenAny(agent.Registered, agent.Completion, stop.Task);
        if (first == agent.Registered)
        {
            await output.WriteLineAsync(isContinued ? "worker node upgraded" : "worker node started");
            await output.FlushAsync();
            first = await Task.WhenAny(agent.Completion, stop.Task);
        }

        try
        {
            if (first == agent.Completion)
                await agent.Completion;
            await agent.StopAsync(CancellationToken.None);
        }
        catch (NameTakenException taken)
        {
            throw new StartRefusedException($"--name: {taken.Message}", taken);
        }
        catch (IdentityRefusedException refused)
        {
            throw new StartRefusedException(refused.Message, refused);
        }
    }

    /// <summary>Returns the worker's identity; null if it needs none or a signal arrived first.</summary>
    private async Task<WorkerIdentity?> FindIdentity(string folder)
    {
        using var given = new CancellationTokenSource();
        var finding = new Identification(options, output).FindAsync(folder, given.Token);
        if (await Task.WhenAny(finding, stop.Task) == finding)
            return await finding;
        given.Cancel();
        try
        {
            return await finding;
        }
        catch (Exception over) when (over is OperationCanceledException or RpcException)
        {
            return null;
        }
    }

    /// <summary>Lets tasks that run as another user reach their working folders.</summary>
    private void OpenWay(string folder)
    {
        try
        {
            options.RunAs?.OpenWay(WorkerFolder.WorkOf(folder), folder);
        }
        catch (RunAsException refused)
        {
            throw new StartRefusedException(refused.Message, StartRefusedException.BadOption);
        }
    }

    private FolderLock Take()
    {
        try
        {
            return FolderLock.Take(options.Data);
        }
        catch (FolderInUseException owned)
        {
            throw new StartRefusedException($"--data: {owned.Message}", owned);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"--data: the folder {options.Data} cannot be used: {failure.Message}", failure);
        }
    }

    private AgentOptions OptionsOf(
        string folder, ProcessHost host, EarlierRuns earlier, WorkerIdentity? identity, TaskLines lines)
    {
        var agent = new AgentOptions
        {
            NodeId = options.Name,
            DataFolder = folder,
            Slots = options.Slots,
            Resources = MachineResources.Find(options.Resources),
            Gpus = MachineResources.GpuIndexes(options.Resources),
            Cores = MachineResources.Cores(options.Resources),
            Drain = options.Drain,
            Enforces = LimitBits.Of(host.EnforcedLimits),
            Isolates = host.Isolates,
            Earlier = earlier,
            Identity = identity,
            RunAs = options.RunAs,
            FileRoots = options.FileRoots,
            TakesFiles = true,
            FileCacheBytes = options.FileCacheBytes,
            Plugins = options.Plugins,
            Received = lines.Received,
            Fence = Supervised.Fence,
        };
        foreach (var (key, value) in options.Labels)
            agent.Labels[key] = value;
        return agent;
    }

    private void OnSignal(int signal)
    {
        if (signal == Libc.SIGUSR2)
            upgrade?.Ask();
        else if (++signals == 1)
            stop.TrySetResult();
        else
            Environment.Exit(128 + signal);
    }

    [LoggerMessage(EventId = 3802, Level = LogLevel.Information,
        Message = "The worker was upgraded: this program took over {Attempts} attempts, {Milliseconds} ms after the earlier one had written them down.")]
    private partial void TookOver(int attempts, long milliseconds);
}
