namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// A process of the simulation that is no silo: a gateway, a worker's agent. Its code runs in turns on the simulation's
/// thread; what it awaits comes back to it, and its timers tick in its turns.
/// </summary>
internal sealed class SimProcess
{
    private readonly SimCluster _cluster;
    private readonly TurnQueue _turns;

    internal SimProcess(SimCluster cluster, string name, GrainHost? host)
    {
        _cluster = cluster;
        Name = name;
        _turns = new TurnQueue(cluster.Scheduler, this, host);
        Clock = new ProcessClock(cluster, this, host?.Clock.Error);
    }

    /// <summary>Its name, for people and for the trace.</summary>
    public string Name { get; }

    /// <summary>Its clock.</summary>
    public ProcessClock Clock { get; }

    /// <summary>Whether it has not been killed.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether it stands still, as after SIGSTOP.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Runs code in a turn. An exception that it lets out fails the simulation.</summary>
    /// <param name="code">The code.</param>
    public void Post(Action code)
    {
        ArgumentNullException.ThrowIfNull(code);
        _turns.Enqueue(new CodeTurn(_cluster, code));
    }

    /// <summary>
    /// Runs code in turns. An exception that it lets out fails the simulation, unless the process is dead.
    /// </summary>
    /// <param name="code">The code.</param>
    public void Run(Func<Task> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        Post(() => _ = WatchAsync(code));
    }

    /// <summary>Ends it as kill -9 does: what waits and what will come is lost.</summary>
    public void Kill()
    {
        IsAlive = false;
        _turns.Halt();
    }

    /// <summary>Lets it stand still; what comes waits.</summary>
    public void Stop()
    {
        IsStopped = true;
        _cluster.Scheduler.Sort(_turns);
    }

    /// <summary>Lets it go on.</summary>
    public void Continue()
    {
        IsStopped = false;
        _cluster.Scheduler.Sort(_turns);
    }

    internal void Enqueue(ITurn turn) => _turns.Enqueue(turn);

    private async Task WatchAsync(Func<Task> code)
    {
        try
        {
            await code();
        }
        catch (Exception failure) when (IsAlive)
        {
            _cluster.Fail(failure);
        }
    }

    private sealed class CodeTurn(SimCluster cluster, Action code) : ITurn
    {
        public void Run()
        {
            try
            {
                code();
            }
            catch (Exception failure)
            {
                cluster.Fail(failure);
            }
        }
    }
}
