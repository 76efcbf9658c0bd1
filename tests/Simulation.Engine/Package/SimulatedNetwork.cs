using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Simulation;

/// <summary>The network between the silos and the client, and its faults. They can be changed at any time.</summary>
public sealed class SimulatedNetwork
{
    private readonly SimulatedCluster _cluster;
    private readonly SimNetwork _network;
    private readonly List<(string One, string Other)> _cuts = [];

    internal SimulatedNetwork(SimulatedCluster cluster, SimNetwork network)
    {
        (_cluster, _network) = (cluster, network);
        network.Happened = what => cluster.Note($"a message is {what}");
    }

    /// <summary>
    /// The longest time that a message usually takes. Each takes its own, so messages overtake each other.
    /// </summary>
    public TimeSpan LongestDelay
    {
        get => _network.Usual;
        set => _network.Usual = value;
    }

    /// <summary>The fraction of messages that are late, from 0 to 1.</summary>
    public double Lateness
    {
        get => _network.Lateness;
        set => _network.Lateness = value;
    }

    /// <summary>The longest time that a late message takes.</summary>
    public TimeSpan LongestLateness
    {
        get => _network.Late;
        set => _network.Late = value;
    }

    /// <summary>
    /// The fraction of messages that are lost, from 0 to 1. The caller of a lost call waits until its timeout.
    /// </summary>
    public double Loss
    {
        get => _network.Loss;
        set => _network.Loss = value;
    }

    /// <summary>Lets no message pass between two silos, in either direction.</summary>
    /// <param name="one">One silo.</param>
    /// <param name="other">The other silo.</param>
    public void Cut(SimulatedSilo one, SimulatedSilo other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        Cut(one.Name, other.Name);
    }

    /// <summary>Cuts a silo off from the client, which is the test.</summary>
    /// <param name="silo">The silo.</param>
    public void CutFromClient(SimulatedSilo silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        Cut(silo.Name, SimulatedCluster.ClientName);
    }

    /// <summary>Cuts a silo off from all other silos and from the client.</summary>
    /// <param name="silo">The silo.</param>
    public void Isolate(SimulatedSilo silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        foreach (var other in _cluster.Silos)
            if (other != silo) Cut(silo, other);
        CutFromClient(silo);
    }

    /// <summary>Ends all cuts.</summary>
    public void Heal()
    {
        _cluster.Note("the network is whole");
        foreach (var (one, other) in _cuts) _network.Heal(one, other);
        _cuts.Clear();
    }

    private void Cut(string one, string other)
    {
        _cluster.Note($"{one} and {other} are cut off from each other");
        _cuts.Add((one, other));
        _network.Cut(one, other);
    }
}
