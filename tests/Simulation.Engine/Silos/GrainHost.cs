using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.CodeGeneration;
using Orleans.Core;
using Orleans.Serialization.Invocation;
using Orleans.Storage;
using Orleans.Timers;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// What a silo does with grains: it keeps activations, sends their calls and receives calls for them. To the grains it is Orleans'
/// runtime. <see cref="SimSilo"/> is the process around it.
/// </summary>
internal sealed partial class GrainHost : IGrainRuntime, ITimerRegistry, IGrainContextAccessor
{
    /// <summary>How often a request may meet an activation that ends before it is given up.</summary>
    private const int MostHops = 8;

    private const int FirstPort = 11_000;

    private readonly Dictionary<GrainId, IRequestTarget> _targets = [];
    private readonly SortedDictionary<TimeSpan, Deadlines> _deadlines = [];
    private readonly Dictionary<PendingCall, Call> _cancellable = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<GrainClass, GrainConstructorArgumentFactory> _facets = new(ReferenceEqualityComparer.Instance);
    private readonly SimCluster _cluster;
    private ILogger _logger = null!;
    private long _number;

    internal GrainHost(SimCluster cluster, string name, int place, SiloTurns turns, GrainTypes types)
    {
        _cluster = cluster;
        (Name, Turns, Types) = (name, turns, types);
        Clock = new ProcessClock(cluster, this);
        Address = SiloAddress.New(IPAddress.Loopback, FirstPort + place, 1);
        References = new GrainFactory(types.Services, this);
        Observers = new ObserverRegistry(this);
        Streams = new StreamHub(this);
    }

    /// <summary>The silo whose turn or timer runs on this thread.</summary>
    [field: ThreadStatic]
    internal static GrainHost? Current { get; set; }

    internal string Name { get; }

    internal SiloAddress Address { get; }

    internal ProcessClock Clock { get; }

    internal SiloTurns Turns { get; }

    internal GrainTypes Types { get; }

    internal GrainFactory References { get; }

    internal ObserverRegistry Observers { get; }

    internal StreamHub Streams { get; }

    internal SimClusterOptions Options => _cluster.Options;

    internal TurnScheduler Scheduler => _cluster.Scheduler;

    internal SimStreams StreamFaults => _cluster.Streams;

    internal IServiceProvider Services { get; private set; } = null!;

    internal IIncomingGrainCallFilter[] IncomingFilters { get; private set; } = [];

    internal IOutgoingGrainCallFilter[] OutgoingFilters { get; private set; } = [];

    /// <summary>What is active, oldest first.</summary>
    internal IRequestTarget[] Targets => [.. _targets.Values.OrderBy(static t => t.Number)];

    string IGrainRuntime.SiloIdentity => Name;

    SiloAddress IGrainRuntime.SiloAddress => Address;

    IGrainFactory IGrainRuntime.GrainFactory => References;

    ITimerRegistry IGrainRuntime.TimerRegistry => this;

    IServiceProvider IGrainRuntime.ServiceProvider => Services;

    TimeProvider IGrainRuntime.TimeProvider => Clock;

    IGrainContext IGrainContextAccessor.GrainContext => OrleansContext.Current!;

    void IGrainRuntime.DeactivateOnIdle(IGrainContext grainContext) => grainContext.Deactivate(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "DeactivateOnIdle was called."));

    void IGrainRuntime.DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan) =>
        ((Activation)grainContext).DelayDeactivation(timeSpan);

    IStorage<TGrainState> IGrainRuntime.GetStorage<TGrainState>(IGrainContext grainContext) => new StateStorageBridge<TGrainState>(
        "state", grainContext, GrainStorageHelpers.GetGrainStorage(grainContext.GrainInstance!.GetType(), Services));

    IDisposable ITimerRegistry.RegisterTimer(
        IGrainContext grainContext, Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        ((Activation)grainContext).StartTimer(
            static (given, _) => given.callback(given.state), (callback, state),
            new GrainTimerCreationOptions(dueTime, period) { Interleave = true });

    IGrainTimer ITimerRegistry.RegisterGrainTimer<TState>(
        IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options) =>
        ((Activation)grainContext).StartTimer(callback, state, options);

    internal long NextNumber() => ++_number;

    /// <summary>Makes the facets of a class's constructor.</summary>
    internal GrainConstructorArgumentFactory FacetsOf(GrainClass grainClass)
    {
        if (!_facets.TryGetValue(grainClass, out var found))
            _facets.Add(grainClass, found = new GrainConstructorArgumentFactory(Services, grainClass.Type));
        return found;
    }

    /// <summary>Sends a call of this silo's grains or clients.</summary>
    /// <returns>What the caller awaits.</returns>
    internal Task<TResult> Send<TResult>(GrainReference reference, IInvokable request, InvokeMethodOptions options)
    {
        var token = request.GetCancellationToken();
        if (token.IsCancellationRequested) return Task.FromCanceled<TResult>(token);
        var source = Activation.Current;
        if (State != SiloState.Running && (State != SiloState.Stopping || source is null))
            return Task.FromException<TResult>(new SiloUnavailableException($"Silo {Name} is {State}."));
        var shape = CallShape.Of(request);
        var isOneWay = (options & InvokeMethodOptions.OneWay) != 0;
        var pending = isOneWay
            ? null
            : new PendingCall<TResult>(this, reference.GrainId, shape, TurnQueue.Running) { IsOfGrain = source is not null };
        var call = new Call(
            reference.GrainId, request, shape, options, source?.GrainId, TravellingContext.Export(Types.Copier), pending);
        if (pending is not null)
        {
            DeadlinesOf(shape.Timeout).Add(pending);
            pending.Follow(token);
        }

        Route(call);
        return pending?.Result ?? Task.FromResult<TResult>(default!);
    }

    /// <summary>Brings a request to the silo that has its target.</summary>
    internal void Route(Request request)
    {
        var pending = (request as Call)?.Pending;
        try
        {
            var home = ObserverRegistry.IsObserver(request.Target)
                ? _cluster.Directory.Named(ObserverRegistry.HomeOf(request.Target))
                : _cluster.Directory.Locate(request.Target, this);
            if (pending is not null) pending.Destination = home;
            request.Addressee = _cluster.Directory.Remembered(request.Target, this);
            if (home is null) request.Reject(new SiloUnavailableException($"{request.Target} is gone."));
            else if (home == this) _cluster.Network.DeliverWithin(this, () => Receive(request));
            else if (request is Call call) SendAbroad(call, home);
            else _cluster.Network.Deliver(this, home, () => home.Receive(request));
        }
        catch (SiloUnavailableException exception)
        {
            request.Reject(exception);
        }
    }

    /// <summary>The callee's answer, on its way to the caller's silo.</summary>
    internal void Answer(PendingCall pending, Response response)
    {
        var origin = pending.Origin;
        if (origin == this)
        {
            var copy = Carried(response, Types.ResponseCopier.Copy)!;
            _cluster.Network.DeliverWithin(this, () => pending.Decide(copy));
            return;
        }

        var bytes = Carried(response, Types.Serialize);
        _cluster.Network.Deliver(this, origin, () => pending.Decide(origin.Read(bytes)), isAnswer: true);
    }

    /// <summary>The caller has given up a call: the method's token at the callee follows.</summary>
    internal void SendCancellation(PendingCall pending, GrainHost destination)
    {
        if (destination == this) _cluster.Network.DeliverWithin(this, () => CancelHere(pending));
        else _cluster.Network.Deliver(this, destination, () => destination.CancelHere(pending));
    }

    /// <summary>The membership has declared a silo dead: nobody there will answer.</summary>
    internal void FailCallsTo(GrainHost dead)
    {
        foreach (var call in _deadlines.Values.SelectMany(static d => d.Pending()).Where(call => call.Destination == dead))
            call.Fail(new SiloUnavailableException($"Silo {dead.Name} is dead."));
    }

    /// <summary>A request has arrived for a target of this silo.</summary>
    internal void Receive(Request request)
    {
        if (State == SiloState.Stopped)
        {
            request.Reject(new SiloUnavailableException($"Silo {Name} has stopped."));
            return;
        }

        if (request is Call { Shape.IsCancellable: true, Pending: { } pending } call) _cancellable[pending] = call;
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
            _targets.Remove(request.Target);
        }
    }

    /// <summary>A call that could be cancelled is over.</summary>
    internal void Forget(Call call)
    {
        if (call.Pending is { } pending) _cancellable.Remove(pending);
    }

    /// <summary>A request waited at an activation that has ended: it goes to the next one.</summary>
    internal void HandOn(Request request)
    {
        if (request.BelongsToActivation || request is Call { Pending.IsWithdrawn: true }) return;
        request.Host = null;
        if (++request.Hops <= MostHops) Route(request);
        else request.Reject(new SiloUnavailableException($"{request.Target} ended {MostHops} times in a row."));
    }

    internal void Remove(Activation activation)
    {
        if (_targets.GetValueOrDefault(activation.GrainId) != activation) return;
        _targets.Remove(activation.GrainId);
        _cluster.Directory.Remove(activation.GrainId, this);
    }

    /// <summary>Something could not be copied or serialized: whoever listens hears of it, and the caller gets the exception.</summary>
    internal void NotSerialized(Exception failure) => _cluster.SerializationFailed?.Invoke(failure);

    private void SendAbroad(Call call, GrainHost home)
    {
        Parcel parcel;
        try
        {
            parcel = new Parcel(this, home, call);
        }
        catch (Exception failure)
        {
            NotSerialized(failure);
            call.Reject(failure);
            return;
        }

        _cluster.Network.Deliver(this, home, parcel.Arrive, call.Shape.MethodName);
    }

    // As Orleans does: a response that cannot be sent becomes the exception of that.
    private T Carried<T>(Response response, Func<Response, T> convert)
    {
        try
        {
            return convert(response);
        }
        catch (Exception failure)
        {
            NotSerialized(failure);
            return convert(Response.FromException(failure));
        }
    }

    private Response Read(byte[] bytes)
    {
        try
        {
            return (Response)Types.Deserialize(bytes);
        }
        catch (Exception failure)
        {
            NotSerialized(failure);
            return Response.FromException(failure);
        }
    }

    // A call that has not begun is dropped when its turn comes.
    private void CancelHere(PendingCall pending)
    {
        if (!_cancellable.TryGetValue(pending, out var call) || !call.HasBegun) return;
        if (call.Host is { } activation) activation.Turns.Enqueue(new Cancelling(this, call));
        else Cancel(call);
    }

    private void Cancel(Call call)
    {
        try
        {
            call.Body.TryCancel();
        }
        catch (AggregateException exception)
        {
            LogCancellationFailed(call.Shape.InterfaceName, call.Shape.MethodName, exception);
        }
    }

    private Deadlines DeadlinesOf(TimeSpan? given)
    {
        var timeout = given ?? Options.ResponseTimeout;
        if (!_deadlines.TryGetValue(timeout, out var found)) _deadlines.Add(timeout, found = new Deadlines(timeout, Clock));
        return found;
    }

    private IRequestTarget TargetOf(GrainId id)
    {
        if (_targets.TryGetValue(id, out var found)) return found;
        var grainClass = Types[id.Type];
        found = grainClass.Workers is null ? new Activation(this, id, grainClass) : new WorkerPool(this, id, grainClass);
        _targets.Add(id, found);
        return found;
    }

    private sealed class Cancelling(GrainHost host, Call call) : ITurn
    {
        public void Run() => host.Cancel(call);
    }
}
