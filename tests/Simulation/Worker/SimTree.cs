using System.Globalization;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Workflows;

namespace OrleansTasks.Simulation.Worker;

/// <summary>One simulated process tree.</summary>
internal sealed class SimTree : IRunningProcess
{
    private const int Pieces = 4;
    private static readonly TimeSpan DeathTakes = TimeSpan.FromMilliseconds(20);
    private readonly TaskCompletionSource<ProcessOutcome> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SimCluster cluster;
    private readonly SimProcess agent;
    private readonly SimRandom chance;
    private readonly ProcessBehaviour behaviour;
    private readonly StartRequest request;
    private readonly Action<SimTree> ended;
    private readonly DateTimeOffset startedAt;
    private int written;
    private bool isDoomed;
    private bool isDead;

    internal SimTree(SimCluster cluster, SimProcess agent, SimRandom chance, StartRequest request, Action<SimTree> ended)
    {
        (this.cluster, this.agent, this.chance, this.request, this.ended) = (cluster, agent, chance, request, ended);
        behaviour = ProcessBehaviour.Of(request);
        startedAt = cluster.Clock.GetUtcNow();
        foreach (var (name, value) in request.Environment)
        {
            if (name == "TASK_ID")
                Task = value;
            else if (name == "TASK_ATTEMPT")
                Attempt = int.Parse(value, CultureInfo.InvariantCulture);
            else if (name == ForEach.ItemVariable)
                Item = value;
            else if (name == ForEach.IndexVariable)
                ItemIndex = int.Parse(value, CultureInfo.InvariantCulture);
            else if (name == "TASK_GPUS")
                Gpus = [.. value.Split(',').Select(static index => int.Parse(index, CultureInfo.InvariantCulture))];
            else if (name == "TASK_CPUS")
                Cpus = double.Parse(value, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The task's id.</summary>
    public string Task { get; } = "";

    /// <summary>What it finds of the nodes that it waits for; null outside a workflow.</summary>
    public ReadOnlyMemory<byte>? Inputs => request.Inputs;

    /// <summary>The item that it runs for; null for none.</summary>
    public string? Item { get; }

    /// <summary>The item's index; null for none.</summary>
    public int? ItemIndex { get; }

    /// <summary>The GPUs that it has, by index, and the cores.</summary>
    public ImmutableArray<int> Gpus { get; } = [];

    public double Cpus { get; }

    /// <summary>When it began.</summary>
    public DateTimeOffset Began => startedAt;

    /// <summary>The attempt's number.</summary>
    public int Attempt { get; }

    /// <inheritdoc/>
    public Task<ProcessOutcome> Completion => completion.Task;

    /// <inheritdoc/>
    public void Follow(Action<ProcessOutcome> follower)
    {
        _ = TellAsync();

        async Task TellAsync() => follower(await completion.Task);
    }

    /// <inheritdoc/>
    public int ProcessId => 1;

    /// <summary>Sets its life in motion.</summary>
    public void Begin()
    {
        if (behaviour.ExitCode == ProcessBehaviour.CannotStart)
        {
            cluster.After(TimeSpan.FromMicroseconds(200), () => End(ProcessEndReason.SpawnFailed, null, null));
            return;
        }

        for (var i = 1; i <= Pieces && behaviour.OutputBytes > 0; i++)
            cluster.After(behaviour.RunTime * i / (Pieces + 1), Write);
        cluster.After(behaviour.RunTime, Exit);
        // Nobody but the agent watches the time: while it stands still, a command outlives its timeout.
        if (request.Timeout is { } limit)
            cluster.After(limit, () => agent.Post(() => Terminate(ProcessEndReason.Timeout, request.KillGrace)));
    }

    /// <inheritdoc/>
    public void Cancel(TimeSpan killGrace) => Terminate(ProcessEndReason.Cancelled, killGrace);

    /// <inheritdoc/>
    public void KillNow()
    {
        if (isDoomed)
            return;
        isDoomed = true;
        Signal(ProcessEndReason.Killed, "SIGKILL");
    }

    /// <summary>Somebody else kills it, and nobody is told.</summary>
    public void Die(TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
            cluster.After(wait, () => Bury());
        else
            Bury();
    }

    /// <inheritdoc/>
    public Task<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes) => throw new InvalidOperationException("There is no input.");

    /// <inheritdoc/>
    public void CloseInput() => throw new InvalidOperationException("There is no input.");

    /// <inheritdoc/>
    public void ResumeOutput()
    {
    }

    /// <summary>It writes a piece, which the agent reads in its turn.</summary>
    private void Write()
    {
        if (isDead)
            return;
        var offset = written;
        written += behaviour.OutputBytes / Pieces;
        var bytes = OutputPattern.Of(Task, Attempt, offset, written - offset);
        agent.Post(() => request.Output?.Write(StandardStream.Output, offset, bytes));
    }

    private StreamCapture Capture()
    {
        var tail = Math.Min(written, StreamCapture.TailLimit);
        return new StreamCapture(
            written,
            written,
            OutputPattern.Of(Task, Attempt, 0, Math.Min(written, StreamCapture.HeadLimit)),
            OutputPattern.Of(Task, Attempt, written - tail, tail));
    }

    /// <summary>The agent sends SIGTERM and, to a command that ignores it, SIGKILL once the grace is over.</summary>
    private void Terminate(ProcessEndReason reason, TimeSpan killGrace)
    {
        if (isDead)
            return;
        if (behaviour.IgnoresTerm)
            cluster.After(killGrace, () => agent.Post(() => Signal(reason, "SIGKILL")));
        else
            Signal(reason, "SIGTERM");
    }

    private void Signal(ProcessEndReason reason, string signal) =>
        cluster.After(chance.Between(TimeSpan.Zero, DeathTakes), () => End(reason, null, signal));

    private void Exit()
    {
        // Of the items of a node, every third fails.
        var code = ItemIndex % 3 is 1 or 2 ? 0
            : Attempt <= behaviour.Failures ? 1
            : behaviour.FailsOneIn > 0 && SimResults.DigitOf(Task) % behaviour.FailsOneIn == 0 ? 1
            : behaviour.ExitCode;
        if (code == ProcessBehaviour.Signalled)
            End(ProcessEndReason.Signal, null, "SIGSEGV");
        else if (code == 0 && request.TakesResult && SimResults.IsBad(Task, Attempt))
            End(ProcessEndReason.BadResult, code, null);
        else
            End(ProcessEndReason.Exit, code, null);
    }

    private void End(ProcessEndReason reason, int? code, string? signal)
    {
        if (!Bury())
            return;
        var outcome = new ProcessOutcome
        {
            Reason = reason,
            ExitCode = code,
            Signal = signal,
            StandardOutput = Capture(),
            Result = reason == ProcessEndReason.Exit && code == 0 && request.TakesResult ? SimResults.Of(Task, Attempt) : default,
            Artifacts = reason == ProcessEndReason.Exit && code == 0 && behaviour.LeavesFiles ? SimArtifacts.Collect(Task, Attempt) : null,
            StartedAt = startedAt,
            EndedAt = cluster.Clock.GetUtcNow(),
        };
        agent.Post(() => completion.TrySetResult(outcome));
    }

    private bool Bury()
    {
        if (isDead)
            return false;
        isDead = true;
        ended(this);
        return true;
    }
}
