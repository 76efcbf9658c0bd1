using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;

namespace OrleansTasks.Simulation.Gateways;

/// <summary>The gateway that users find at its address: one after the other, now and then none, now and then cut off from the silos.</summary>
internal sealed class GatewayLife
{
    private static readonly TimeSpan Notices = TimeSpan.FromMilliseconds(300);
    private readonly SimCluster cluster;
    private readonly Strictness strictness;
    private int started;

    public GatewayLife(SimCluster cluster, Strictness strictness)
    {
        (this.cluster, this.strictness) = (cluster, strictness);
        Start();
    }

    /// <summary>The one that is up; null while there is none.</summary>
    public SimGateway? Current { get; private set; }

    /// <summary>A request. Throws <see cref="IOException"/> when nobody answers there, or the gateway dies meanwhile.</summary>
    public Task<T> Ask<T>(Func<SimGateway, Task<T>> call) =>
        Current?.Ask(call) ?? throw new IOException("Nothing listens at the gateway's address.");

    /// <summary>Has a fault of gateways happen; false when there is no gateway.</summary>
    public bool Happen(Fault fault, IEnumerable<string> silos)
    {
        if (Current is not { } gateway)
            return false;
        if (fault.Kind == FaultKind.GatewayKill)
            Kill(gateway, fault.Length);
        else
            Cut(gateway, fault, [.. silos]);
        return true;
    }

    private void Start() => Current = new SimGateway(cluster, $"gateway-{++started}", strictness);

    private void Kill(SimGateway gateway, TimeSpan away)
    {
        Current = null;
        gateway.Kill();
        cluster.After(away, Start);
    }

    // A gateway beside its silo never finds out; one on its own does, and knows when the way is open again.
    private void Cut(SimGateway gateway, Fault fault, string[] silos)
    {
        foreach (var silo in silos)
            cluster.Network.Cut(gateway.Silo.Name, silo);
        var findsOut = fault.Strength < 0.5;
        if (findsOut)
            cluster.After(Notices, gateway.LosesWay);
        cluster.After(fault.Length, () =>
        {
            foreach (var silo in silos)
                cluster.Network.Heal(gateway.Silo.Name, silo);
            if (findsOut)
                cluster.After(Notices, gateway.FindsWay);
        });
    }
}
