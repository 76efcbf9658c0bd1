using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>A host of activations: sends calls, receives them, and keeps what serves them.</summary>
internal sealed partial class EmbeddedSilo
{
    /// <summary>How often a request may meet an activation that ends before it is given up.</summary>
    private const int MostHops = 8;

    private readonly ConcurrentDictionary<GrainId, IRequestTarget> _targets = new();
    private readonly ConcurrentDictionary<MethodInfo, Method> _methods = new();
    private readonly ConcurrentDictionary<TimeSpan, Deadlines> _deadlines = new();
    private readonly IGrainDirectory _directory;
    private readonly ILogger<EmbeddedSilo> _logger;
    private long _number;

    public EmbeddedSilo(
        IServiceProvider services,
        IOptions<EmbeddedEngineOptions> options,
        TimeProvider clock,
        IExecutor executor,
        IGrainDirectory directory,
        INetwork network,
        ILogger<EmbeddedSilo> logger)
    {
        Services = services;
        Options = options.Value;
        Clock = clock;
        Executor = executor;
        Network = network;
        Name = Options.SiloName;
        _directory = directory;
        _logger = logger;
        Classes = new GrainClasses(Options.GrainAssemblies);
        References = new ReferenceFactory(this);
        Observers = new ObserverRegistry(this);
        Streams = new StreamHub(this);
    }

    internal string Name { get; }

    internal IServiceProvider Services { get; }

    internal EmbeddedEngineOptions Options { get; }

    internal TimeProvider Clock { get; }

    internal IExecutor Executor { get; }

    internal INetwork Network { get; }

    internal GrainClasses Classes { get; }

    internal ReferenceFactory References { get; }

    internal ObserverRegistry Observers { get; }

    internal StreamHub Streams { get; }

    internal IIncomingGrainCallFilter[] IncomingFilters { get; private set; } = [];

    internal IOutgoingGrainCallFilter[] OutgoingFilters { get; private set; } = [];

    internal IEnumerable<Method> Methods => _methods.Values;

    /// <summary>What is active, oldest first.</summary>
    internal IRequestTarget[] Targets => [.. _targets.Values.OrderBy(t => t.Number)];

    internal long NextNumber() => Interlocked.Increment(ref _number);

    internal Method MethodOf(MethodInfo info) =>
        _methods.GetOrAdd(info, static (info, silo) => Method.Create(silo, info), this);

    internal Deadlines DeadlinesOf(TimeSpan? timeout) => _deadlines.GetOrAdd(
        timeout ?? Options.ResponseTimeout, static (timeout, clock) => new Deadlines(timeout, clock), Clock);

    /// <summary>Sends a call of this silo's grains or clients.</summary>
    internal void Send(Call call)
    {
        if (_state != SiloState.Running && (_state != SiloState.Stopping || call.Source is null))
        {
            var how = _state == SiloState.Created ? "has not started" : "has stopped";
            call.RefuseToSend(new SiloUnavailableException($"The engine {how}."));
            return;
        }

        if (!call.Method.IsOneWay) call.Method.Deadlines.Add(call);
        Route(call);
    }

    /// <summary>Brings a request to the silo that has its target.</summary>
    internal void Route(Request request)
    {
        try
        {
            var home = ObserverRegistry.IsObserver(request.Target)
                ? _directory.Named(ObserverRegistry.HomeOf(request.Target))
                : _directory.Locate(request.Target, this);
            if (request is Call call) call.Destination = home;
            request.Addressee = _directory.Remembered(request.Target, this);
            if (home == this && !Network.IsUsedWithin) Receive(request);
            else if (home is not null) Network.Deliver(this, home, new RequestMessage(home, request));
            else request.Reject(new ClientNotAvailableException($"{request.Target} is gone."));
        }
        catch (Exception exception)
        {
            request.Reject(exception);
        }
    }

    /// <summary>The membership has declared a silo dead: nobody there will answer.</summary>
    internal void FailCallsTo(EmbeddedSilo dead)
    {
        foreach (var deadlines in _deadlines.Values.OrderBy(static d => d.Timeout))
        {
            foreach (var call in deadlines.Pending())
            {
                if (call.Destination == dead) call.Decide(new SiloUnavailableException($"Silo {dead.Name} is dead."));
            }
        }
    }

    /// <summary>A request has arrived for a target of this silo.</summary>
    internal void Receive(Request request)
    {
        if (_state == SiloState.Stopped)
        {
            request.Reject(new SiloUnavailableException($"Silo {Name} has stopped."));
            return;
        }

        if (ObserverRegistry.IsObserver(request.Target))
        {
            Observers.Receive((Call)request);
            return;
        }

        if (request.Addressee is { } addressee)
        {
            // The sender remembers an activation that this silo no longer knows.
            request.Addressee = null;
            if (!addressee.TryAccept(request)) HandOn(request);
            return;
        }

        while (true)
        {
            var target = TargetOf(request.Target);
            if (target.TryAccept(request)) return;
            _targets.TryRemove(new(request.Target, target));
        }
    }

    /// <summary>A request waited at an activation that has ended: it goes to the next one.</summary>
    internal void HandOn(Request request)
    {
        if (request.BelongsToActivation || request is Call { IsWithdrawn: true }) return;
        request.Host = null;
        if (++request.Hops <= MostHops) Route(request);
        else request.Reject(new OrleansMessageRejectionException($"{request.Target} ended {MostHops} times in a row."));
    }

    internal void Remove(Activation activation)
    {
        if (_targets.TryRemove(new(activation.GrainId, activation))) _directory.Remove(activation.GrainId, this);
    }

    private IRequestTarget TargetOf(GrainId id) => _targets.TryGetValue(id, out var found)
        ? found
        : _targets.GetOrAdd(id, static (id, silo) => silo.NewTarget(id), this);

    private IRequestTarget NewTarget(GrainId id)
    {
        var grainClass = Classes[id.TypeName];
        return grainClass.Workers is null ? new Activation(this, id, grainClass) : new WorkerPool(this, id, grainClass);
    }
}
