namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// The turns of one activation, run one after another. It is a task scheduler, so that what an activation awaits comes
/// back to it: an await in a task takes the current scheduler along.
/// </summary>
internal sealed class TurnQueue : TaskScheduler, IThreadPoolWorkItem
{
    private static readonly Action<object?> RunTurnsAction = static queue => ((TurnQueue)queue!).RunTurns();

    private readonly Lock _gate = new();
    private readonly Queue<object> _items = new(4);
    private readonly IExecutor _executor;
    private bool _announced;
    private bool _halted;
    private ITurn? _next;
    private int _budget;

    internal TurnQueue(IExecutor executor, object owner)
    {
        _executor = executor;
        Owner = owner;
    }

    /// <summary>The queue whose turn runs on this thread.</summary>
    [field: ThreadStatic]
    internal static TurnQueue? Running { get; private set; }

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>What decides when they run.</summary>
    internal IExecutor Executor => _executor;

    /// <summary>Whose turns these are.</summary>
    internal object Owner { get; }

    void IThreadPoolWorkItem.Execute() => PoolExecutor.RunSlice(this);

    /// <summary>What a simulation's trace knows it by; 0 before it had work.</summary>
    internal ulong Identity { get; set; }

    /// <summary>What runs next, or null.</summary>
    internal object? Peek()
    {
        lock (_gate) return _items.TryPeek(out var item) ? item : null;
    }

    internal void Enqueue(ITurn turn) => Add(turn);

    /// <summary>Drops what waits and what will come, as a crash does.</summary>
    internal void Halt()
    {
        lock (_gate)
        {
            _halted = true;
            _items.Clear();
        }
    }

    /// <summary>Runs turns on this thread.</summary>
    /// <param name="limit">How many at most.</param>
    /// <returns>Whether there is more to run.</returns>
    internal bool Run(int limit)
    {
        var outer = Running;
        Running = this;
        _budget = limit;
        try
        {
            while (_budget > 0)
            {
                object? item;
                lock (_gate)
                {
                    if (!_items.TryDequeue(out item))
                    {
                        _announced = false;
                        return false;
                    }
                }

                if (item is Task task)
                {
                    _budget--;
                    TryExecuteTask(task);
                }
                else
                {
                    _next = (ITurn)item;
                    new Task(RunTurnsAction, this, TaskCreationOptions.DenyChildAttach).RunSynchronously(this);
                }
            }
        }
        finally
        {
            Running = outer;
        }

        lock (_gate)
        {
            _announced = _items.Count > 0;
            return _announced;
        }
    }

    protected override void QueueTask(Task task) => Add(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        Running == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate) return _items.OfType<Task>().ToArray();
    }

    private void Add(object item)
    {
        lock (_gate)
        {
            if (_halted) return;
            _items.Enqueue(item);
            if (_announced) return;
            _announced = true;
        }

        _executor.Ready(this);
    }

    // Runs inside a task of this scheduler; one task serves the turns up to the next queued task.
    private void RunTurns()
    {
        var clean = ExecutionContext.Capture();
        var turn = _next!;
        while (true)
        {
            _budget--;
            turn.Run();
            if (clean is not null) ExecutionContext.Restore(clean);
            if (_budget <= 0) return;
            lock (_gate)
            {
                if (!_items.TryPeek(out var item) || item is not ITurn following) return;
                _items.Dequeue();
                turn = following;
            }
        }
    }
}
