using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansTasks.Folders;
using OrleansTasks.Lifetime;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Hosting;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Handlers;

/// <summary>
/// Runs the worker while the host runs: joins the service, takes tasks, and leaves when the host stops.
/// </summary>
internal sealed partial class HandlerWorker(
    IOptions<HandlerWorkerOptions> options, IEnumerable<HandlerRegistration> registrations, IServiceScopeFactory scopes,
    ILoggerFactory loggers) : BackgroundService
{
    private readonly HandlerTable handlers = new(registrations);
    private readonly ILogger logger = loggers.CreateLogger<HandlerWorker>();
    private readonly CancellationTokenSource hurry = new();

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // The host has no more time: handlers are cancelled at once.
        await using var registration = cancellationToken.Register(hurry.Cancel);
        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        hurry.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
                throw new PlatformNotSupportedException("The worker runs on Linux only.");
            await RunAsync(options.Value, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stopped before the worker had joined.
        }
        catch (Exception failure)
        {
            // The host stops because of the exception, but its program would end with 0 as if it had been asked to.
            Environment.ExitCode = 1;
            if (failure is FolderInUseException or NameTakenException or IdentityRefusedException)
                throw new InvalidOperationException($"The OrleansTasks worker cannot run: {failure.Message}", failure);
            throw;
        }
    }

    private async Task RunAsync(HandlerWorkerOptions chosen, CancellationToken stopping)
    {
        using var folder = FolderLock.Take(chosen.Folder);
        // Handlers die with their process, and the lock shows that the process of an earlier run is dead.
        var earlier = new EarlierRuns(areDead: File.Exists(Path.Combine(folder.Path, "instance")));
        var work = WorkerFolder.WorkOf(folder.Path);
        WorkingFolder.Remove(work, logger);
        using var identity = await new Identification(chosen, logger).FindAsync(folder.Path, stopping);
        using var masters = new MasterRing(
            chosen.MasterAddresses, master => MasterConnections.Open(master, identity), loggers.CreateLogger<MasterRing>());
        var host = new HandlerHost(handlers, scopes, work, TimeProvider.System, logger) { EndProcessAfter = chosen.EndProcessAfter };
        await using var agent = new NodeAgent(
            OptionsOf(chosen, folder.Path, earlier, identity), masters, host, TimeProvider.System, BootClock.Instance,
            loggers.CreateLogger<NodeAgent>());
        agent.Start();
        var stopped = Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping);
        if (await Task.WhenAny(agent.Registered, agent.Completion, stopped) == agent.Registered)
        {
            Started(chosen.Name, handlers.Names);
            await Task.WhenAny(agent.Completion, stopped);
        }

        if (agent.Completion.IsCompleted)
            await agent.Completion;
        await agent.StopAsync(hurry.Token);
        if (host.Running is var left and > 0)
            HandlersLeft(left);
    }

    private AgentOptions OptionsOf(
        HandlerWorkerOptions chosen, string folder, EarlierRuns earlier, WorkerIdentity? identity)
    {
        var agent = new AgentOptions
        {
            NodeId = chosen.Name,
            DataFolder = folder,
            Slots = chosen.Slots,
            Drain = chosen.DrainTime,
            Identity = identity,
            TakesChunks = false,
            HandlersOnly = true,
            TakesFiles = true,
            FileCacheBytes = chosen.FileCacheBytes,
            Earlier = earlier,
        };
        foreach (var (key, value) in chosen.Labels.Concat(handlers.Labels))
            agent.Labels[key] = value;
        return agent;
    }

    [LoggerMessage(EventId = 3904, Level = LogLevel.Information, Message = "Worker {Name} takes tasks for these handlers: {Handlers}")]
    private partial void Started(string name, string handlers);

    [LoggerMessage(EventId = 3905, Level = LogLevel.Error,
        Message = "{Count} handlers ignore their cancellation. Their attempts are lost when their leases end.")]
    private partial void HandlersLeft(int count);
}
