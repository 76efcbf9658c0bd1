namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The turns of one activation, observer, stream or process, run one after another. It is a task scheduler, so that what its code
/// awaits comes back to it: an await in a task takes the current scheduler along.
/// </summary>
internal sealed class TurnQueue : TaskScheduler
{
    private static readonly Action<object?> RunTurn = static turn => ((ITurn)turn!).Run();

    private readonly Queue<object> _items = new(4);
    private readonly TurnScheduler _scheduler;
    private readonly IGrainContext? _context;
    private bool _isAnnounced;
    private bool _isHalted;

    internal TurnQueue(
        TurnScheduler scheduler, object owner, GrainHost? host, SiloTurns? silo = null, IGrainContext? context = null)
    {
        _scheduler = scheduler;
        _context = context;
        (Owner, Host, Silo) = (owner, host, silo);
    }

    /// <summary>The queue whose turn runs on this thread.</summary>
    [field: ThreadStatic]
    internal static TurnQueue? Running { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Whose turns these are.</summary>
    internal object Owner { get; }

    /// <summary>The silo whose grains the turns call as; null for a process that is beside all silos.</summary>
    internal GrainHost? Host { get; }

    /// <summary>The silo whose pauses hold the turns up; null when their owner is a process, which has pauses of its own.</summary>
    internal SiloTurns? Silo { get; }

    /// <summary>The trace's name for this queue, hashed; 0 before it had work.</summary>
    internal ulong Identity { get; set; }

    /// <summary>The next item, or null.</summary>
    internal object? Peek() => _items.TryPeek(out var item) ? item : null;

    internal void Enqueue(ITurn turn) => Add(turn);

    /// <summary>Drops all waiting and future turns, as a crash does.</summary>
    internal void Halt()
    {
        _isHalted = true;
        _items.Clear();
    }

    /// <summary>Runs one turn on this thread, with the runtime context that Orleans sets around a turn.</summary>
    /// <returns>Whether there is more to run.</returns>
    internal bool RunOne()
    {
        if (!_items.TryDequeue(out var item))
        {
            _isAnnounced = false;
            return false;
        }

        Running = this;
        GrainHost.Current = Host;
        OrleansContext.Set(_context);
        try
        {
            if (item is Task task) TryExecuteTask(task);
            else new Task(RunTurn, item, TaskCreationOptions.DenyChildAttach).RunSynchronously(this);
        }
        finally
        {
            OrleansContext.Set(null);
            GrainHost.Current = null;
            Running = null;
        }

        return _isAnnounced = _items.Count > 0;
    }

    protected override void QueueTask(Task task) => Add(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        Running == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => _items.OfType<Task>().ToArray();

    private void Add(object item)
    {
        // Another thread must not touch the queue; the next step fails because of it.
        if (!_scheduler.IsHome(this) || _isHalted) return;
        _items.Enqueue(item);
        if (_isAnnounced) return;
        _isAnnounced = true;
        if (Silo is { IsPaused: true } silo) silo.HeldUp++;
        _scheduler.Ready(this);
    }
}
