using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Serialization;
using Orleans.Streams;
using Orleans.Timers;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// Several silos, and processes around them, on one thread in virtual time. A seed decides the order of turns and what the network and
/// the streams do, so that a run repeats exactly. Time passes only when nothing is left to do.
/// </summary>
internal sealed class SimCluster : IDisposable
{
    private static readonly TimeSpan LongestUnawareness = TimeSpan.FromSeconds(2);

    private readonly GrainTypes _types;
    private readonly SimRandom _scheduling;
    private readonly SimRandom _network;
    private readonly SimRandom _streams;
    private readonly SimRandom _membership;
    private readonly SimRandom _pauses;
    private readonly List<SimSilo> _silos = [];
    private Exception? _failure;
    private long _instant;
    private int _turns;

    /// <summary>A cluster without silos yet.</summary>
    /// <param name="options">What it is made of.</param>
    public SimCluster(SimClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _types = GrainTypes.Of(options.GrainAssemblies, options.ConfigureSerializer);
        _scheduling = new SimRandom(options.Seed, "scheduling");
        _network = new SimRandom(options.Seed, "network");
        _streams = new SimRandom(options.Seed, "streams");
        _membership = new SimRandom(options.Seed, "membership");
        Trace = new SimTrace();
        Scheduler = new TurnScheduler(
            _scheduling, Trace, Clock.GetTimestamp, () => _scheduling.Draws + _network.Draws + _streams.Draws);
        Directory = new SimDirectory(new SimRandom(options.Seed, "placement"), Clock);
        _pauses = new SimRandom(options.Seed, "pauses");
        Network = new SimNetwork(this, _network, new SimRandom(options.Seed, "within a silo"));
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

    /// <summary>
    /// Told of everything that Orleans could not copy or serialize; the caller gets the exception, too.
    /// </summary>
    public Action<Exception>? SerializationFailed { get; set; }

    /// <summary>The silos that live, in order of their start.</summary>
    public IEnumerable<SimSilo> Silos => _silos.Where(static s => s.IsAlive);

    /// <summary>The silo whose turn runs now, if it is a grain's.</summary>
    public SimSilo? Running => Activation.Current is { } running ? _silos.Find(s => s.Host == running.Host) : null;

    internal SimClusterOptions Options { get; }

    internal GrainTypes Types => _types;

    internal TurnScheduler Scheduler { get; }

    internal SimDirectory Directory { get; }

    /// <summary>Starts a silo.</summary>
    /// <param name="name">Its name, which no other has had.</param>
    /// <param name="isClient">Whether it only calls and has no grains, as a gateway of its own does.</param>
    public SimSilo StartSilo(string name, bool isClient = false)
    {
        var host = new GrainHost(this, name, _silos.Count, new SiloTurns(Scheduler, _pauses), _types);
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(host.Clock);
        Options.ConfigureSilo?.Invoke(services, host.Clock);
        services.AddLogging(static l => l.SetMinimumLevel(LogLevel.None));
        AddOrleans(services, host);
        var silo = new SimSilo(this, services.BuildServiceProvider(), host);
        if (_silos.Count == 0 && Options.RequiresServices) RequireServices(silo);
        if (isClient) Directory.Clients.Add(host);
        host.Start(silo.Services);
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Starts a process that is no silo.</summary>
    /// <param name="name">Its name.</param>
    public SimProcess NewProcess(string name) => new(this, name, host: null);

    /// <summary>
    /// A fault: the directory loses an activation, which lives on beside the one that the next call makes.
    /// </summary>
    /// <param name="grain">A reference to it.</param>
    /// <returns>Whether it was active.</returns>
    public bool Forget(IAddressable grain) => Directory.Forget(grain.GetGrainId());

    /// <summary>Runs one turn, or lets time pass up to the next timer when there is none.</summary>
    /// <returns>False when nothing can ever happen any more.</returns>
    /// <exception cref="SimulationException">Something escaped the simulation, failed, or does not get on.</exception>
    public bool Step()
    {
        if (_failure is not null) throw new SimulationException(_failure.Message, _failure);
        if (Scheduler.Step())
        {
            if (Clock.GetTimestamp() != _instant) (_instant, _turns) = (Clock.GetTimestamp(), 0);
            if (++_turns > Options.TurnsPerInstant)
                throw new SimulationException($"{_turns} turns at {Clock.GetUtcNow():O}, and no end.");
            return true;
        }

        Scheduler.CheckPool();
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

    private void AddOrleans(IServiceCollection services, GrainHost host)
    {
        services.AddSingleton<IGrainRuntime>(host);
        services.AddSingleton<ITimerRegistry>(host);
        services.AddSingleton<IGrainContextAccessor>(host);
        services.AddSingleton<IGrainFactory>(host.References);
        services.AddSingleton<IClusterClient>(host.References);
        services.AddSingleton(_types.Services.GetRequiredService<Serializer>());
        services.AddSingleton(_types.Copier);
        services.TryAddScoped<IGrainContext>(static _ => OrleansContext.Current
            ?? throw new InvalidOperationException("IGrainContext is given to constructors of grains only."));
        services.AddKeyedSingleton<IStreamProvider>(KeyedService.AnyKey, (_, name) =>
            name is string known && Options.StreamProviders.Contains(known)
                ? new SimStreamProvider(host, known)
                : throw new KeyNotFoundException($"There is no stream provider '{name}'."));
    }

    // A grain that cannot be made would only look like one that nobody can reach.
    private void RequireServices(SimSilo silo)
    {
        var known = silo.Services.GetRequiredService<IServiceProviderIsService>();
        foreach (var grainClass in _types.Classes)
        {
            if (grainClass.Obstacle is { } obstacle) throw new NotSupportedException(obstacle);
            var missing = grainClass.Type.GetConstructors().First().GetParameters()
                .FirstOrDefault(p => !p.HasDefaultValue && !GrainClass.IsFacet(p) && !known.IsService(p.ParameterType));
            if (missing is not null)
                throw new SimulationException($"{grainClass.Type} is made with a {missing.ParameterType}, and there is none.");
        }
    }

    /// <summary>
    /// A fault: the others declare a living silo dead. They fail their calls to it and make its grains anew; it goes on with what
    /// it has until it reads of its death, and then ends itself.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="learns">How long after that it reads of it, at the most; not while it stands still.</param>
    public void DeclareDead(SimSilo silo, TimeSpan learns)
    {
        ArgumentNullException.ThrowIfNull(silo);
        if (!silo.IsAlive || !Directory.Doomed.Add(silo.Host)) return;
        Directory.Remove(silo.Host);
        foreach (var other in Silos.Where(other => other != silo)) other.Host.FailCallsTo(silo.Host);
        Clock.Post(_membership.Between(TimeSpan.Zero, learns), silo.ReadOfDeath);
    }

    /// <summary>A silo that was found dead while it stood still runs for a moment before it reads of that.</summary>
    internal void ReadLater(SimSilo silo) => Clock.Post(_membership.Between(TimeSpan.Zero, LongestUnawareness), silo.FindDead);

    internal bool IsKilled(GrainHost silo) => Directory.Undeclared.Contains(silo);

    internal bool IsDoomed(GrainHost silo) => Directory.Doomed.Contains(silo);

    /// <summary>A silo stands still: if that lasts, the others find it dead.</summary>
    internal void Paused(SimSilo silo)
    {
        var pause = silo.Pauses;
        Clock.Post(_membership.Between(Options.MembershipFastest, Options.MembershipSlowest), () =>
        {
            var voters = Silos.Any(other => other != silo && !other.IsPaused && Directory.IsHost(other.Host));
            if (voters && silo.IsPaused && silo.Pauses == pause) DeclareDead(silo, Options.MembershipSlowest);
        });
    }

    internal void Killed(SimSilo silo)
    {
        Directory.Doomed.Remove(silo.Host);
        Directory.Undeclared.Add(silo.Host);
        Clock.Post(_membership.Between(Options.MembershipFastest, Options.MembershipSlowest), () =>
        {
            Directory.Remove(silo.Host);
            foreach (var other in Silos) other.Host.FailCallsTo(silo.Host);
        });
    }
}
