using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Simulation.Engine;

/// <summary>One silo of a simulated cluster.</summary>
internal sealed class SimSilo
{
    private readonly SimCluster _cluster;
    private readonly ServiceProvider _services;
    private readonly List<SimProcess> _processes = [];
    private bool _readOfDeath;

    internal SimSilo(SimCluster cluster, ServiceProvider services, GrainHost host)
    {
        _cluster = cluster;
        _services = services;
        Host = host;
    }

    /// <summary>Its name; a silo that is started again has another.</summary>
    public string Name => Host.Name;

    /// <summary>Its services.</summary>
    public IServiceProvider Services => _services;

    /// <summary>References to grains, for code of this silo's processes.</summary>
    public IClusterClient Grains => Host.References;

    /// <summary>The clock of its process.</summary>
    public ProcessClock Clock => Host.Clock;

    /// <summary>Whether its process lives.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether its process stands still, as one whose machine is out of memory or was suspended.</summary>
    public bool IsPaused => Host.Turns.IsPaused;

    /// <summary>How many turns, messages and timers the present pause, or the last one, held up.</summary>
    public int HeldUp => Host.Turns.HeldUp;

    /// <summary>Called when it has read that it was declared dead, and must end; kills it unless set.</summary>
    public Action? FoundDead { get; set; }

    /// <summary>The instances of its grains that the directory knows, oldest first.</summary>
    public IEnumerable<object> Instances =>
        Host.Targets.OfType<Activation>().Select(static a => a.GrainInstance).OfType<object>();

    internal GrainHost Host { get; }

    /// <summary>How many pauses there were.</summary>
    internal int Pauses { get; private set; }

    /// <summary>Starts code of this silo's process that is no grain: it dies with the silo.</summary>
    /// <param name="name">A name within the silo.</param>
    public SimProcess NewProcess(string name)
    {
        var process = new SimProcess(_cluster, $"{Name}:{name}", Host);
        _processes.Add(process);
        return process;
    }

    /// <summary>Ends activations that were idle for this long.</summary>
    /// <param name="age">How long.</param>
    public void CollectIdle(TimeSpan age) => Host.CollectIdle(age);

    /// <summary>Whether it has the grain.</summary>
    /// <param name="grain">A reference to it.</param>
    public bool Has(IAddressable grain) => Host.Has(grain.GetGrainId());

    /// <summary>
    /// Lets it stand still: no turn runs, no timer ticks, messages wait. When that lasts the membership declares it dead.
    /// </summary>
    public void Pause()
    {
        if (!IsAlive || IsPaused) return;
        Pauses++;
        Host.Turns.Pause();
        foreach (var process in _processes) process.Stop();
        _cluster.Paused(this);
    }

    /// <summary>Lets it go on: what has waited happens at once.</summary>
    public void Continue()
    {
        if (!IsPaused) return;
        foreach (var process in _processes) process.Continue();
        Host.Turns.Continue();
        if (_readOfDeath) _cluster.ReadLater(this);
    }

    /// <summary>
    /// Ends it as kill -9 does. Callers elsewhere hear nothing until the membership has found it out; what was on its
    /// streams is lost.
    /// </summary>
    public void Kill()
    {
        if (!IsAlive) return;
        IsAlive = false;
        foreach (var process in _processes) process.Kill();
        Host.Turns.Drop();
        _cluster.Killed(this);
        Host.Crash();
        _services.Dispose();
    }

    /// <summary>Ends it in order, and leaves the cluster.</summary>
    /// <param name="limit">How long running requests may take.</param>
    public async Task StopAsync(TimeSpan limit)
    {
        if (!IsAlive) return;
        using var late = new CancellationTokenSource(limit, _cluster.Clock);
        await Host.StopAsync(late.Token);
        if (!IsAlive) return;
        IsAlive = false;
        foreach (var process in _processes) process.Kill();
        _services.Dispose();
    }

    /// <summary>The membership table says that it is dead. It reads that as soon as it runs.</summary>
    internal void ReadOfDeath()
    {
        if (IsPaused) _readOfDeath = true;
        else FindDead();
    }

    internal void FindDead()
    {
        if (!IsAlive) return;
        if (FoundDead is { } found) found();
        else Kill();
    }
}
