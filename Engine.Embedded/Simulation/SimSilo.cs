using Orleans;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Engine.Embedded;

/// <summary>One silo of a simulated cluster.</summary>
public sealed class SimSilo
{
    private readonly SimCluster _cluster;
    private readonly ServiceProvider _services;
    private readonly List<SimProcess> _processes = [];

    internal SimSilo(SimCluster cluster, ServiceProvider services, ProcessClock clock)
    {
        _cluster = cluster;
        _services = services;
        Clock = clock;
        Silo = services.GetRequiredService<EmbeddedSilo>();
    }

    /// <summary>Its name; a silo that is started again has another.</summary>
    public string Name => Silo.Name;

    /// <summary>Its services.</summary>
    public IServiceProvider Services => _services;

    /// <summary>References to grains, for code of this silo's process.</summary>
    public IGrainFactory Grains => Silo.References;

    /// <summary>The clock of its process.</summary>
    public ProcessClock Clock { get; }

    /// <summary>Whether its process lives.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>The instances of its grains that the directory knows, oldest first.</summary>
    public IEnumerable<object> Instances =>
        Silo.Targets.OfType<Activation>().Select(static a => a.GrainInstance).OfType<object>();

    internal EmbeddedSilo Silo { get; }

    /// <summary>Starts code of this silo's process that is no grain: it dies with the silo.</summary>
    /// <param name="name">A name within the silo.</param>
    public SimProcess NewProcess(string name)
    {
        var process = _cluster.NewProcess($"{Name}:{name}");
        _processes.Add(process);
        return process;
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
        _cluster.Killed(this);
        Silo.Crash();
        _services.Dispose();
    }

    /// <summary>Ends it in order, and leaves the cluster.</summary>
    /// <param name="limit">How long running requests may take.</param>
    public async Task StopAsync(TimeSpan limit)
    {
        if (!IsAlive) return;
        using var late = new CancellationTokenSource(limit, _cluster.Clock);
        await Silo.StopAsync(late.Token);
        if (!IsAlive) return;
        IsAlive = false;
        foreach (var process in _processes) process.Kill();
        _services.Dispose();
    }
}
