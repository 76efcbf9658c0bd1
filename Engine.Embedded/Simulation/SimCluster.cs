using Orleans;
using Orleans.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// Several silos, and processes around them, on one thread in virtual time. A seed decides the order of turns and what
/// the
/// network and the streams do, so that a run repeats exactly. Time passes only when nothing is left to do.
/// </summary>
public sealed class SimCluster : IDisposable
{
    private readonly SimClusterOptions _options;
    private readonly SimDirectory _directory;
    private readonly SimRandom _scheduling;
    private readonly SimRandom _network;
    private readonly SimRandom _streams;
    private readonly SimRandom _membership;
    private readonly List<SimSilo> _silos = [];
    private Exception? _failure;
    private long _instant;
    private int _turns;

    /// <summary>A cluster without silos yet.</summary>
    /// <param name="options">What it is made of.</param>
    public SimCluster(SimClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _scheduling = new SimRandom(options.Seed, "scheduling");
        _network = new SimRandom(options.Seed, "network");
        _streams = new SimRandom(options.Seed, "streams");
        _membership = new SimRandom(options.Seed, "membership");
        Trace = new SimTrace();
        Executor = new SimExecutor(
            _scheduling, Trace, Clock.GetTimestamp, () => _scheduling.Draws + _network.Draws + _streams.Draws);
        _directory = new SimDirectory(new SimRandom(options.Seed, "placement"));
        Network = new SimNetwork(this, _network);
        Streams = new SimStreams(_streams);
    }

    /// <summary>The true time, which clocks of processes may miss.</summary>
    public VirtualTimeProvider Clock { get; } = new();

    /// <summary>What has run.</summary>
    public SimTrace Trace { get; }

    /// <summary>The network, whose faults can be set.</summary>
    public SimNetwork Network { get; }

    /// <summary>The streams, whose faults can be set.</summary>
    public SimStreams Streams { get; }

    /// <summary>The silos that live, in order of their start.</summary>
    public IEnumerable<SimSilo> Silos => _silos.Where(static s => s.IsAlive);

    internal SimExecutor Executor { get; }

    /// <summary>Starts a silo.</summary>
    /// <param name="name">Its name, which no other has had.</param>
    /// <param name="isClient">Whether it only calls and has no grains, as a gateway of its own does.</param>
    public SimSilo StartSilo(string name, bool isClient = false)
    {
        var clock = new ProcessClock(this, null);
        var services = new ServiceCollection();
        services.AddSingleton<IExecutor>(Executor);
        services.AddSingleton<IGrainDirectory>(_directory);
        services.AddSingleton<INetwork>(Network);
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton(Streams);
        _options.ConfigureSilo?.Invoke(services, clock);
        services.AddLogging(static l => l.SetMinimumLevel(LogLevel.None));
        services.AddEmbeddedEngine(options =>
        {
            foreach (var assembly in _options.GrainAssemblies) options.GrainAssemblies.Add(assembly);
            foreach (var provider in _options.StreamProviders) options.StreamProviders.Add(provider);
            options.SiloName = name;
            options.ResponseTimeout = _options.ResponseTimeout;
            options.Processors = 2;
        });
        var silo = new SimSilo(this, services.BuildServiceProvider(), clock);
        if (_silos.Count == 0) RequireServices(silo);
        if (isClient) _directory.Clients.Add(silo.Silo);
        silo.Silo.Start();
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Starts a process that is no silo.</summary>
    /// <param name="name">Its name.</param>
    public SimProcess NewProcess(string name) => new(this, name);

    /// <summary>
    /// A fault: the directory loses an activation, which lives on beside the one that the next call makes.
    /// </summary>
    /// <param name="grain">A reference to it.</param>
    /// <returns>Whether it was active.</returns>
    public bool Forget(IAddressable grain) => _directory.Forget(grain.GetGrainId());

    /// <summary>Runs one turn, or lets time pass up to the next timer when there is none.</summary>
    /// <returns>False when nothing can ever happen any more.</returns>
    /// <exception cref="SimulationException">Something escaped the simulation, failed, or does not get on.</exception>
    public bool Step()
    {
        if (_failure is not null) throw new SimulationException(_failure.Message, _failure);
        if (Executor.Step())
        {
            if (Clock.GetTimestamp() != _instant) (_instant, _turns) = (Clock.GetTimestamp(), 0);
            if (++_turns > _options.TurnsPerInstant)
                throw new SimulationException($"{_turns} turns at {Clock.GetUtcNow():O}, and no end.");
            return true;
        }

        return Clock.AdvanceToNext();
    }

    /// <summary>Has something happen after a time, at no process.</summary>
    /// <param name="wait">How long.</param>
    /// <param name="action">What.</param>
    public void After(TimeSpan wait, Action action) => Clock.Post(wait, action);

    /// <summary>The next step fails with this.</summary>
    /// <param name="failure">What went wrong.</param>
    public void Fail(Exception failure) => _failure ??= failure;

    /// <summary>Frees what the silos hold; nothing runs any more.</summary>
    public void Dispose()
    {
        foreach (var silo in Silos.ToArray()) silo.Kill();
    }

    // A grain that cannot be made would only look like one that nobody can reach.
    private static void RequireServices(SimSilo silo)
    {
        var known = silo.Services.GetRequiredService<IServiceProviderIsService>();
        foreach (var grainClass in silo.Silo.Classes.All)
        {
            var missing = grainClass.Type.GetConstructors().First().GetParameters()
                .FirstOrDefault(p => !p.HasDefaultValue && !known.IsService(p.ParameterType));
            if (missing is not null)
                throw new SimulationException($"{grainClass.Type} is made with a {missing.ParameterType}, and there is none.");
        }
    }

    internal bool IsKilled(EmbeddedSilo silo) => _directory.Undeclared.Contains(silo);

    internal void Killed(SimSilo silo)
    {
        _directory.Undeclared.Add(silo.Silo);
        Clock.Post(_membership.Between(_options.MembershipFastest, _options.MembershipSlowest), () =>
        {
            _directory.Remove(silo.Silo);
            foreach (var other in Silos) other.Silo.FailCallsTo(silo.Silo);
        });
    }
}
