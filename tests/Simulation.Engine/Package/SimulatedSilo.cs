using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Simulation;

/// <summary>A silo of a <see cref="SimulatedCluster"/>, and what may happen to it.</summary>
public sealed class SimulatedSilo
{
    private static readonly TimeSpan LongestUnawareness = TimeSpan.FromSeconds(6);
    private readonly SimulatedCluster _cluster;

    internal SimulatedSilo(SimulatedCluster cluster, SimSilo silo) => (_cluster, Silo) = (cluster, silo);

    /// <summary>The name, which no other silo of the run has.</summary>
    public string Name => Silo.Name;

    /// <summary>Whether its process runs.</summary>
    public bool IsAlive => Silo.IsAlive;

    /// <summary>The services with which its grains are constructed.</summary>
    public IServiceProvider Services => Silo.Services;

    /// <summary>By how much its wall clock is wrong. Timers are not affected.</summary>
    public TimeSpan ClockError
    {
        get => Silo.Clock.Error.Skew;
        set => Silo.Clock.Error.Skew = value;
    }

    internal SimSilo Silo { get; }

    /// <summary>Whether the silo has an activation of the grain.</summary>
    /// <param name="grain">A reference to the grain.</param>
    public bool Hosts(IAddressable grain) => Silo.Has(grain);

    /// <summary>
    /// Ends the process at once, as kill -9 does. Its activations, timers and stream items are gone. Its callers learn
    /// of it 3 to 6 s later, when the other silos declare it dead; from then on its grains are activated elsewhere.
    /// </summary>
    public void Kill()
    {
        if (!IsAlive) return;
        _cluster.Note($"{Name} is killed");
        Silo.Kill();
    }

    /// <summary>Kills the silo and starts another one in its place.</summary>
    /// <returns>The new silo, which has another name.</returns>
    public SimulatedSilo Restart()
    {
        Kill();
        return _cluster.StartSilo();
    }

    /// <summary>Stops the silo gracefully: its activations are deactivated.</summary>
    /// <param name="patience">How long running requests may take before the silo is killed.</param>
    public Task StopAsync(TimeSpan patience)
    {
        _cluster.Note($"{Name} stops");
        return Silo.StopAsync(patience);
    }

    /// <summary>
    /// Freezes the process: nothing of it runs, and messages wait. If this lasts longer than 3 to 6 s and another silo
    /// runs, the others declare it dead.
    /// </summary>
    public void Pause()
    {
        if (!IsAlive) return;
        _cluster.Note($"{Name} freezes");
        Silo.Pause();
    }

    /// <summary>Lets a frozen process continue: everything that was due happens at once.</summary>
    public void Resume()
    {
        if (!IsAlive) return;
        _cluster.Note($"{Name} continues");
        Silo.Continue();
    }

    /// <summary>
    /// Has the other silos declare this one dead while it runs. They activate its grains anew; it continues with its
    /// own activations for up to 6 s, then kills itself.
    /// </summary>
    public void DeclareDead()
    {
        if (!IsAlive) return;
        _cluster.Note($"{Name} is declared dead, and runs");
        _cluster.Engine.DeclareDead(Silo, LongestUnawareness);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
