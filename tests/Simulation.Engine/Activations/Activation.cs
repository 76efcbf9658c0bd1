using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// One activation of a grain: which requests run, which wait. <c>Activation.Lifecycle.cs</c> has its beginning and end. Requests run in
/// turns of <see cref="Turns"/>:
/// <list type="table">
/// <item><term>an interleaving request, or any of a reentrant class</term><description>starts at once</description></item>
/// <item><term>a read-only request</term><description>starts unless a request runs that neither interleaves nor only reads</description></item>
/// <item><term>any other request</term><description>starts unless a request runs that does not interleave</description></item>
/// </list>
/// </summary>
internal sealed partial class Activation : IGrainContext, IRequestTarget
{
    private readonly Queue<Request> _waiting = new(0);
    private readonly GrainClass _class;
    private readonly WorkerPool? _pool;
    private Dictionary<Type, object>? _components;
    private ActivationState _state;
    private int _running;
    private int _reading;
    private int _exclusive;
    private long _lastUse;
    private DateTimeOffset _keepUntil;

    internal Activation(GrainHost host, GrainId id, GrainClass grainClass, WorkerPool? pool = null)
    {
        Host = host;
        GrainId = id;
        _class = grainClass;
        _pool = pool;
        Turns = new TurnQueue(host.Scheduler, this, host, host.Turns, this);
        Number = host.NextNumber();
        ActivationId = new ActivationId(new Guid((int)Number, 0, 0, BitConverter.GetBytes(StableHash.Of(host.Name))));
    }

    /// <summary>The activation whose turn runs on this thread.</summary>
    internal static Activation? Current => TurnQueue.Running?.Owner as Activation;

    public GrainId GrainId { get; }

    public ActivationId ActivationId { get; }

    public object? GrainInstance { get; private set; }

    public GrainReference GrainReference => field ??= Host.References.ReferenceTo(GrainId);

    public GrainAddress Address => new() { GrainId = GrainId, ActivationId = ActivationId, SiloAddress = Host.Address };

    public IServiceProvider ActivationServices => _scope?.ServiceProvider ?? Host.Services;

    public IGrainLifecycle ObservableLifecycle => _lifecycle ??= new GrainLifecycle();

    public IWorkItemScheduler Scheduler => field ??= new WorkItems(Turns);

    public long Number { get; }

    public int Count => 1;

    internal GrainHost Host { get; }

    internal TurnQueue Turns { get; }

    /// <summary>Subscriptions of this activation, once it has some.</summary>
    internal StreamSubscriptions Streams => field ??= new StreamSubscriptions(this);

    /// <summary>How many requests run and wait; most when it takes none any more.</summary>
    internal int Load => _state >= ActivationState.Deactivating ? int.MaxValue : _running + _waiting.Count;

    internal bool IsOver => _state == ActivationState.Invalid;

    public object? GetTarget() => GrainInstance;

    public object? GetComponent(Type componentType) =>
        componentType.IsInstanceOfType(GrainInstance) ? GrainInstance
        : _components?.TryGetValue(componentType, out var known) == true ? known
        : ActivationServices.GetKeyedService<IGrainExtension>(componentType);

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class
    {
        _components ??= [];
        if (value is null) _components.Remove(typeof(TComponent));
        else _components[typeof(TComponent)] = value;
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public void ReceiveMessage(object message) =>
        throw new NotSupportedException("Messages of the simulation arrive at its own seams.");

    public void Rehydrate(IRehydrationContext context) => throw new NotSupportedException("Grains do not migrate here.");

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Grains do not migrate here.");

    public bool TryAccept(Request request)
    {
        switch (_state)
        {
            case ActivationState.Invalid:
                return false;
            case ActivationState.Valid when MayStart(request):
                Start(request);
                return true;
            case ActivationState.Deactivating when request.BelongsToActivation && _running > 0 && MayStart(request):
                // Orleans runs ticks until the end begins, which waits for running requests.
                Start(request);
                return true;
            case ActivationState.Deactivating when request.BelongsToActivation:
                request.Reject(new ObjectDisposedException(GrainId.ToString()));
                return true;
            case ActivationState.Created:
                Activate(request.Context);
                break;
        }

        request.Host = this;
        _waiting.Enqueue(request);
        return true;
    }

    /// <summary>A request that ran is over.</summary>
    internal void Finished(Request request)
    {
        _running--;
        if (!InterleavesHere(request))
        {
            if (request.IsReadOnly) _reading--;
            else _exclusive--;
        }

        if (request.KeepsAlive && _running == 0) _lastUse = Host.Clock.GetTimestamp();
        if (_state == ActivationState.Valid) StartWaiting();
        else if (_state == ActivationState.Deactivating && _running == 0) Turns.Enqueue(new Deactivating(this));
    }

    internal void DelayDeactivation(TimeSpan delay)
    {
        var now = Host.Clock.GetUtcNow();
        if (delay == Timeout.InfiniteTimeSpan || delay >= DateTimeOffset.MaxValue - now)
            _keepUntil = DateTimeOffset.MaxValue;
        else _keepUntil = delay > TimeSpan.Zero ? now + delay : DateTimeOffset.MinValue;
    }

    public void CollectIdle(TimeSpan? age)
    {
        var limit = age ?? _class.CollectionAge ?? Host.Options.CollectionAge;
        var isIdle = _state == ActivationState.Valid && _running == 0 && _waiting.Count == 0
            && !_class.KeepAlive && _keepUntil <= Host.Clock.GetUtcNow()
            && Host.Clock.GetElapsedTime(_lastUse) >= limit;
        var isStuck = _state == ActivationState.Deactivating
            && Host.Clock.GetElapsedTime(_deactivatingSince) >= Host.Options.MaxRequestProcessingTime;
        if (isIdle) Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, $"Idle for {limit}."));
        if (isStuck) Abandon();
    }

    private bool InterleavesHere(Request request) => request.Interleaves || _class.IsReentrant;

    private bool MayStart(Request request) =>
        InterleavesHere(request) || (_exclusive == 0 && (request.IsReadOnly || _reading == 0));

    private void Start(Request request)
    {
        request.Host = this;
        _running++;
        if (!InterleavesHere(request))
        {
            if (request.IsReadOnly) _reading++;
            else _exclusive++;
        }

        Turns.Enqueue(request);
    }

    private void StartWaiting()
    {
        while (_waiting.TryPeek(out var request) && MayStart(request)) Start(_waiting.Dequeue());
    }

    private void StartAllThatMay()
    {
        for (var left = _waiting.Count; left > 0; left--)
        {
            var request = _waiting.Dequeue();
            if (MayStart(request)) Start(request);
            else _waiting.Enqueue(request);
        }
    }

    /// <summary>Runs what code hands to the grain's scheduler.</summary>
    private sealed class WorkItems(TurnQueue turns) : IWorkItemScheduler
    {
        public void QueueAction(Action action) =>
            new Task(action, TaskCreationOptions.DenyChildAttach).Start(turns);

        public void QueueTask(Task task) => task.Start(turns);

        public void QueueAction(Action<object> action, object state) =>
            new Task(action!, state, TaskCreationOptions.DenyChildAttach).Start(turns);
    }
}
