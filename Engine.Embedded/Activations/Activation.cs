using Orleans;
using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// One activation of a grain: which requests run, which wait. Its life is in <c>Activation.Lifecycle.cs</c>. Requests
/// run in turns of <see cref="Turns"/>; everything else here is guarded by one lock that is never held over user code.
/// </summary>
internal sealed partial class Activation : IGrainContext, IRequestTarget
{
    private readonly Lock _gate = new();
    private readonly Queue<Request> _waiting = new(0);
    private readonly GrainClass _class;
    private readonly WorkerPool? _pool;
    private ActivationState _state;
    private Request? _blocking;
    private int _running;
    private long _lastUse;
    private DateTimeOffset _keepUntil;

    internal Activation(EmbeddedSilo silo, GrainId id, GrainClass grainClass, WorkerPool? pool = null)
    {
        Silo = silo;
        GrainId = id;
        _class = grainClass;
        _pool = pool;
        Turns = new TurnQueue(silo.Executor, this);
        Number = silo.NextNumber();
    }

    /// <summary>The activation whose turn runs on this thread.</summary>
    internal static Activation? Current => TurnQueue.Running?.Owner as Activation;

    /// <summary>The activation whose instance is being constructed on this thread.</summary>
    [field: ThreadStatic]
    internal static Activation? Constructing { get; private set; }

    public GrainId GrainId { get; }

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => _scope?.ServiceProvider ?? Silo.Services;

    public long Number { get; }

    public string TypeName => _class.Name;

    public int Count => 1;

    internal EmbeddedSilo Silo { get; }

    internal TurnQueue Turns { get; }

    /// <summary>Subscriptions of this activation, once it has some.</summary>
    internal StreamSubscriptions Streams => field ??= new StreamSubscriptions(this);

    /// <summary>How many requests run and wait; most when it takes none any more.</summary>
    internal int Load
    {
        get
        {
            lock (_gate)
            {
                return _state >= ActivationState.Deactivating ? int.MaxValue : _running + _waiting.Count;
            }
        }
    }

    internal bool IsOver => _state == ActivationState.Invalid;

    public bool TryAccept(Request request)
    {
        var begins = false;
        lock (_gate)
        {
            switch (_state)
            {
                case ActivationState.Invalid:
                    return false;
                case ActivationState.Valid when MayStart(request):
                    Start(request);
                    return true;
                case ActivationState.Deactivating when request.BelongsToActivation && _running > 0 && MayStart(request):
                    // Orleans runs ticks until the end begins, which waits for what runs.
                    Start(request);
                    return true;
                case ActivationState.Deactivating when request.BelongsToActivation:
                    request.Reject(new ObjectDisposedException(GrainId.ToString()));
                    return true;
                case ActivationState.Created:
                    _state = ActivationState.Activating;
                    _firstContext = (request as Call)?.Context;
                    begins = true;
                    break;
            }

            request.Host = this;
            _waiting.Enqueue(request);
        }

        if (begins) Turns.Enqueue(new Activating(this));
        return true;
    }

    /// <summary>A request that ran is over.</summary>
    internal void Finished(Request request)
    {
        var ends = false;
        lock (_gate)
        {
            _running--;
            if (_blocking == request) _blocking = null;
            if (request.KeepsAlive && _running == 0) _lastUse = Silo.Clock.GetTimestamp();
            if (_state == ActivationState.Valid) StartWaiting();
            else ends = _state == ActivationState.Deactivating && _running == 0;
        }

        if (ends) Turns.Enqueue(new Deactivating(this));
    }

    internal void DelayDeactivation(TimeSpan delay)
    {
        lock (_gate)
        {
            var now = Silo.Clock.GetUtcNow();
            if (delay == Timeout.InfiniteTimeSpan || delay >= DateTimeOffset.MaxValue - now)
                _keepUntil = DateTimeOffset.MaxValue;
            else _keepUntil = delay > TimeSpan.Zero ? now + delay : DateTimeOffset.MinValue;
        }
    }

    public void CollectIdle(TimeSpan? age)
    {
        var limit = age ?? _class.CollectionAge ?? Silo.Options.CollectionAge;
        bool idle, stuck;
        lock (_gate)
        {
            idle = _state == ActivationState.Valid && _running == 0 && _waiting.Count == 0
                && !_class.KeepAlive && _keepUntil <= Silo.Clock.GetUtcNow()
                && Silo.Clock.GetElapsedTime(_lastUse) >= limit;
            stuck = _state == ActivationState.Deactivating
                && Silo.Clock.GetElapsedTime(_deactivatingSince) >= Silo.Options.MaxRequestProcessingTime;
        }

        if (idle) Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, $"Idle for {limit}."));
        if (stuck) Abandon();
    }

    // The rule of turns: an interleaving request always starts, any other one unless another of its kind runs.
    private bool MayStart(Request request) => request.Interleaves || _blocking is null;

    private void Start(Request request)
    {
        request.Host = this;
        _running++;
        if (!request.Interleaves) _blocking = request;
        Turns.Enqueue(request);
    }

    // While valid, only requests that do not interleave wait, so one of them at most can start.
    private void StartWaiting()
    {
        if (_blocking is null && _waiting.TryDequeue(out var request)) Start(request);
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
}
