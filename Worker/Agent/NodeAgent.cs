using System.Buffers.Binary;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using OrleansTasks.Lifetime;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// One worker: registers with its master, runs the commands that it receives, and reports their results until the
/// master has settled them. It knows its master only through <see cref="INodeService"/>.
/// An instance runs once: <see cref="Start"/>, then <see cref="StopAsync"/>.
/// </summary>
public sealed partial class NodeAgent : IAsyncDisposable
{
    private const uint Containers = 2;
    private readonly AgentState state;
    private readonly ProgressReporter reporter;
    private readonly OutputPump pump;
    private readonly AttemptRunner runner;
    private readonly ResultSpool spool;
    private readonly LeaseWatch watch;
    private readonly SessionKeeper keeper;
    private readonly CommandReceiver receiver;
    private readonly CancellationTokenSource stop = new();
    private readonly ILogger logger;
    private Task running = Task.CompletedTask;

    /// <summary>Creates a worker that is not started.</summary>
    /// <param name="options">The worker's options.</param>
    /// <param name="master">The master that it works for.</param>
    /// <param name="host">The host that runs its commands.</param>
    /// <param name="time">The clock for delays and timers.</param>
    /// <param name="bootClock">The clock for leases: <see cref="BootClock"/> except in tests.</param>
    /// <param name="logger">The logger.</param>
    /// <exception cref="ValidationException">An option is missing or out of range.</exception>
    /// <exception cref="IOException">The data folder cannot be used.</exception>
    public NodeAgent(
        AgentOptions options, INodeService master, IProcessHost host, TimeProvider time, TimeProvider bootClock,
        ILogger<NodeAgent> logger)
        : this(Validated(options), master, host, time, bootClock, AgentMachine.Of(options), logger)
    {
    }

    /// <summary>Creates a worker with a given machine.</summary>
    internal NodeAgent(
        AgentOptions options, INodeService master, IProcessHost host, TimeProvider time, TimeProvider bootClock,
        AgentMachine machine, ILogger<NodeAgent> logger)
    {
        this.logger = logger;
        state = new AgentState(options, master, time, bootClock, machine);
        reporter = new ProgressReporter(state, logger);
        pump = new OutputPump(state, logger);
        runner = new AttemptRunner(state, host, reporter, pump, logger);
        spool = new ResultSpool(state, logger);
        watch = new LeaseWatch(state, runner, spool, logger);
        runner.Started = watch.Begin;
        keeper = new SessionKeeper(state, runner, logger);
        watch.Begun = keeper.Begun;
        receiver = new CommandReceiver(state, runner, logger) { Ended = keeper.Hurry };
    }

    /// <summary>Completes once the master has accepted the worker.</summary>
    public Task Registered => keeper.Registered.Task;

    /// <summary>
    /// Completes when the worker has been stopped. Fails with <see cref="NameTakenException"/> if another worker has
    /// its name.
    /// </summary>
    public Task Completion => running;

    /// <summary>Starts the worker and returns at once.</summary>
    public void Start()
    {
        spool.Open();
        if (spool.HoldsAny)
            watch.Begin();
        var cores = state.Options.Resources.GetValueOrDefault(ResourceName.Cpu);
        if (cores > 0 && state.Options.Cores.Count == 0)
            CannotPin(cores / 1_000.0);
        running = RunAsync();
        reporter.Wake();
    }

    /// <summary>
    /// Tests whether a host can run containers, which may take minutes, and reports to the master that it can.
    /// </summary>
    public async Task LearnContainersAsync(ProcessHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (await host.ProveContainersAsync() is null)
            Learn(Containers);
    }

    /// <summary>
    /// Reports ways in which the worker can isolate commands by now, as bits of the worker plane. May be called before
    /// the start.
    /// </summary>
    public void Learn(uint isolates) => keeper.Learn(isolates);

    /// <summary>
    /// Holds the agent still and returns what another program of this process needs to continue its work. Returns null
    /// if that is not possible within the limit, and the agent continues. Otherwise call <see cref="Resume"/> on this
    /// thread if no other program takes over.
    /// </summary>
    /// <param name="freeze">The frozen host.</param>
    /// <param name="handedOver">Receives the commands that the other program follows.</param>
    /// <param name="limit">How long to wait for each part of the agent.</param>
    internal AgentRecord? TryHold(HostFreeze freeze, ISet<RunningProcess> handedOver, TimeSpan limit)
    {
        if (!runner.TryHold(limit))
            return null;
        if (state.Held.Draining || !pump.TryHold(limit))
        {
            runner.Release();
            return null;
        }

        var record = new AgentRecord { Lease = state.Lease.ToRecord(), EarlierDead = state.Options.Earlier.AreDead };
        record.Attempts.Add(runner.ToRecords(freeze, handedOver));
        record.Sessions.Add(keeper.Sessions);
        record.EarlierDeadSessions.Add(state.Options.Earlier.DeadSessions);
        var tokens = state.Held.Gone.All.ToArray();
        var bytes = new byte[16 * tokens.Length];
        for (var i = 0; i < tokens.Length; i++)
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16 * i), tokens[i].Token);
        record.GoneTokens = UnsafeByteOperations.UnsafeWrap(bytes);
        record.GoneRefuse.Add(tokens.Select(static token => token.Refuse));
        return record;
    }

    /// <summary>Lets a held agent continue.</summary>
    internal void Resume()
    {
        pump.Release();
        runner.Release();
    }

    /// <summary>Takes over the work of an earlier program of this process. Called before <see cref="Start"/>.</summary>
    /// <param name="record">What that program wrote of its agent.</param>
    /// <param name="hostRecord">What it wrote of its host.</param>
    /// <param name="host">The host of this agent.</param>
    /// <param name="age">How long ago that was.</param>
    internal void Adopt(AgentRecord record, HostRecord hostRecord, ProcessHost host, TimeSpan age)
    {
        state.Lease.Restore(record.Lease);
        keeper.Restore(record.Sessions);
        for (var i = 0; i < record.GoneRefuse.Count; i++)
            state.Held.Gone.Add(BinaryPrimitives.ReadUInt128BigEndian(record.GoneTokens.Span[(16 * i)..]), record.GoneRefuse[i]);
        runner.Adopt(record.Attempts, host, hostRecord, age);
        watch.Begin();
    }

    /// <summary>
    /// Leaves: accepts no more tasks, waits up to the drain time for running commands, kills the rest (they are put
    /// back uncounted), reports to the master, and says goodbye. Cancelling skips the waits, but process trees are
    /// always killed.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        lock (state.Gate)
            state.Held.Draining = true;
        Leaving(state.Held.Living);
        await LeaveAsync(cancellation);
        runner.RefuseWaiting();
        await WaitAsync(runner.QuietAsync(), state.Options.Drain, cancellation);
        await EndAsync(cancellation);
    }

    /// <summary>
    /// Leaves because the process ends at once: accepts no more tasks, and says goodbye when its tasks have been
    /// killed.
    /// </summary>
    internal async Task EndAsync(Task killed)
    {
        lock (state.Gate)
            state.Held.Draining = true;
        Leaving(state.Held.Living);
        await Task.WhenAll(LeaveAsync(CancellationToken.None), killed);
        runner.RefuseWaiting();
        await EndAsync(CancellationToken.None);
    }

    private async Task EndAsync(CancellationToken cancellation)
    {
        if (runner.KillAll(StopCause.Shutdown) is var killed and > 0)
            KilledForShutdown(killed);
        await WaitAsync(NothingRunsAsync(), state.Options.KillWait, CancellationToken.None);
        if (Living is var living and > 0)
            KilledButNotEnded(living);
        await TellAsync(cancellation);
        stop.Cancel();
        spool.KeepAll();
        await running.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    /// <summary>
    /// Reports no more starts and ends. For a worker in its master's process when that process is about to end: the master
    /// would put a killed task back and assign it to this worker again, and both attempts would count as lost.
    /// </summary>
    public void FallSilent() => state.IsSilent = true;

    /// <summary>Kills everything that still runs and frees all resources.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!stop.IsCancellationRequested)
            await StopAsync(new CancellationToken(canceled: true));
        runner.Dispose();
        pump.Dispose();
        reporter.Dispose();
        watch.Dispose();
        spool.Dispose();
        state.Machine.Files?.Dispose();
        state.Instruments.Dispose();
        stop.Dispose();
    }

    /// <summary>Describes what the agent holds, for diagnosis.</summary>
    internal string Describe()
    {
        lock (state.Gate)
        {
            return $"session {state.Session.Current}, {state.Held.Living} trees, held: "
                + string.Join(", ", state.Held.All.Select(static a => $"{a.Lease.TaskId}/{a.Lease.Attempt} {a.Phase}"))
                + (state.Held.Draining ? ", draining" : "");
        }
    }

    /// <summary>Frees what would outlive an agent that a simulation has killed.</summary>
    internal void Abandon() => state.Instruments.Dispose();

    private static AgentOptions Validated(AgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        return options;
    }

    private async Task RunAsync()
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var commands = receiver.RunAsync(ended.Token);
        try
        {
            await keeper.RunAsync(stop.Token);
        }
        finally
        {
            ended.Cancel();
            await commands;
        }
    }

    /// <summary>
    /// Has the master assign no more tasks, so that tasks that are put back do not return to this worker.
    /// </summary>
    private async Task LeaveAsync(CancellationToken cancellation)
    {
        using var farewell = new CancellationTokenSource(state.Options.Farewell, state.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(farewell.Token, cancellation);
        try
        {
            await keeper.SettleAsync(either.Token);
            if (state.Session.Current != 0)
                await keeper.LeaveAsync(either.Token);
        }
        catch (Exception failure)
        {
            FarewellFailed(failure, farewell.IsCancellationRequested);
        }
    }

    private async Task TellAsync(CancellationToken cancellation)
    {
        using var farewell = new CancellationTokenSource(state.Options.Farewell, state.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(farewell.Token, cancellation);
        try
        {
            await reporter.DrainAsync(either.Token);
            keeper.StopOpening();
            await keeper.SettleAsync(either.Token);
            // A goodbye means that no task runs here any more. If one may still run, the master waits for its lease to
            // end.
            if (state.Session.Current != 0 && Living == 0)
                await keeper.GoodbyeAsync(either.Token);
        }
        catch (Exception failure)
        {
            // The master learns of the results from the spool in the next run, or when the lease lapses.
            FarewellFailed(failure, farewell.IsCancellationRequested);
        }
    }

    private void FarewellFailed(Exception failure, bool isLate)
    {
        if (failure is not OperationCanceledException)
            FarewellFailed(CallFailure.Fault(failure), failure.Message);
        else if (isLate)
            FarewellFailed(null, string.Create(CultureInfo.InvariantCulture, $"no answer within {state.Options.Farewell.TotalSeconds} s"));
        else
            FarewellFailed(null, "there was no time left");
    }

    private async Task NothingRunsAsync()
    {
        var closed = runner.CloseAsync();
        await runner.QuietAsync();
        await closed;
    }

    private int Living
    {
        get
        {
            lock (state.Gate)
                return state.Held.Living;
        }
    }

    private async Task WaitAsync(Task task, TimeSpan longest, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(longest, state.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await task.OrCancelledAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // The caller checks the state again.
        }
    }
}
