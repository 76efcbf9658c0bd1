using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// The operations that wait for a dispatcher's commit loop, in three lanes (<see cref="Lane"/>), each first in, first
/// out. Each round takes a bounded amount, by weight and by bytes. Each lane has a share of it; other lanes may use
/// what it leaves. Only submissions can be refused for lack of room. After a refused commit, the round's operations
/// come back as suspects. Suspects precede all lanes, run one per round, and do not count towards the bound on
/// submissions. Not thread-safe.
/// </summary>
internal sealed class Inbox(DispatchOptions options)
{
    // In the order in which a round serves the lanes. The shares add up to 100 percent.
    private static readonly (Lane Lane, int Percent)[] Shares = [(Lane.Results, 50), (Lane.Control, 10), (Lane.Submissions, 40)];

    // Indexed by the lane's numeric value.
    private readonly Queue<DispatchOperation>[] lanes = [new(), new(), new()];
    private readonly LinkedList<DispatchOperation> suspects = new();

    private int submittedTasks;
    private long submittedBytes;

    /// <summary>Whether the next round is a suspect's.</summary>
    public bool HasSuspect => suspects.Count > 0;

    public bool IsEmpty => suspects.Count == 0 && Array.TrueForAll(lanes, static lane => lane.Count == 0);

    /// <summary>Adds an operation. Submissions must go through <see cref="TryAdd"/>, which counts them.</summary>
    public void Add(DispatchOperation operation) => lanes[(int)operation.Lane].Enqueue(operation);

    /// <summary>
    /// Adds a submission if there is room, or if no other one waits, because a batch may exceed the bound.
    /// </summary>
    public bool TryAdd(SubmitOperation operation)
    {
        if (lanes[(int)Lane.Submissions].Count > 0
            && (submittedTasks + operation.Weight > options.InboxTasks || submittedBytes + operation.Bytes > options.InboxBytes))
            return false;
        submittedTasks += operation.Weight;
        submittedBytes += operation.Bytes;
        Add(operation);
        return true;
    }

    /// <summary>
    /// Gives each operation, or each of its parts, a round of its own, before all others and in the order given, so
    /// that the store refuses only the culprit.
    /// </summary>
    public void Suspect(IEnumerable<DispatchOperation> operations)
    {
        foreach (var operation in operations.SelectMany(static operation => operation.Split()).Reverse())
        {
            operation.IsSuspect = true;
            suspects.AddFirst(operation);
        }
    }

    /// <summary>
    /// Moves one round's operations to an empty list: one suspect, or each lane's share and then what fits into the
    /// remaining room. A lane of which nothing fitted contributes one operation beyond the bounds, because a large one
    /// would otherwise wait forever.
    /// </summary>
    public void Drain(List<DispatchOperation> round)
    {
        if (suspects.First is { } suspect)
        {
            suspects.RemoveFirst();
            round.Add(suspect.Value);
            return;
        }

        var whole = new Room(options.Round.Operations, options.Round.Bytes);
        var room = whole;
        Span<bool> isServed = stackalloc bool[lanes.Length];
        foreach (var (lane, percent) in Shares)
            isServed[(int)lane] = Take(lane, OthersWait(lane) ? whole.Share(percent) : room, ref room, round);
        foreach (var (lane, _) in Shares)
            isServed[(int)lane] |= Take(lane, room, ref room, round);
        foreach (var (lane, _) in Shares)
        {
            if (!isServed[(int)lane] && lanes[(int)lane].Count > 0)
                round.Add(Dequeue(lane));
        }
    }

    private bool OthersWait(Lane lane)
    {
        for (var i = 0; i < lanes.Length; i++)
        {
            if (i != (int)lane && lanes[i].Count > 0)
                return true;
        }

        return false;
    }

    private bool Take(Lane lane, Room share, ref Room room, List<DispatchOperation> round)
    {
        var before = round.Count;
        while (lanes[(int)lane].TryPeek(out var operation) && share.Fits(operation) && room.Fits(operation))
        {
            Dequeue(lane);
            share = share.Less(operation);
            room = room.Less(operation);
            round.Add(operation);
        }

        return round.Count > before;
    }

    private DispatchOperation Dequeue(Lane lane)
    {
        var operation = lanes[(int)lane].Dequeue();
        if (lane == Lane.Submissions)
        {
            submittedTasks -= operation.Weight;
            submittedBytes -= operation.Bytes;
        }

        return operation;
    }

    private readonly record struct Room(int Weight, long Bytes)
    {
        public Room Share(int percent) => new(Weight * percent / 100, Bytes * percent / 100);

        public bool Fits(DispatchOperation operation) => operation.Weight <= Weight && operation.Bytes <= Bytes;

        public Room Less(DispatchOperation operation) => new(Weight - operation.Weight, Bytes - operation.Bytes);
    }
}

/// <summary>
/// A caller's request to a dispatcher. It waits in the <see cref="Inbox"/>, is applied in a round of the commit loop
/// with others, and is answered once the round's commit is on disk, or at once if there is nothing to write.
/// </summary>
/// <remarks>
/// <code>
/// Ask           what to read from the store
/// AskOpen       during recovery: the tasks that Apply looks for; the open ones are loaded into the core
/// (the read)    fails: Fail for the operations that asked; the others continue
/// Apply         changes the core and the draft, decides the reply; an exception ends the activation
/// Look          after ready tasks were assigned: may decide the reply, changes nothing; an exception: Fail
/// (the commit)  on disk: Complete, even if that was unknown for a while
///               failed, or still unknown: Fail, and the activation ends
///               refused for its data: Split; each part is repeated alone, with a new core, as a suspect
///               refused in the round of a suspect: repeated once more if it TryReduce, otherwise Refuse
/// </code>
/// Apply may run twice, so it changes nothing but the core, the round's lookup and draft, and the reply. Operations
/// that still wait when the activation ends get Fail.
/// </remarks>
internal abstract class DispatchOperation
{
    public virtual Lane Lane => Lane.Control;

    /// <summary>Whether the loop must read all waiting tasks of the queue before it applies the operation.</summary>
    public virtual bool NeedsAllWaiting => false;

    /// <summary>Roughly the number of tasks that the operation concerns, at least 1. Never changes.</summary>
    public virtual int Weight => 1;

    /// <summary>The bytes of specs, results or items that the operation brings in. Never changes.</summary>
    public virtual long Bytes => 0;

    /// <summary>
    /// Whether the store refused a commit that included this operation. The operation then reads the store again in its
    /// own round, where it finds an idempotency key that another queue has stored since.
    /// </summary>
    public bool IsSuspect { get; set; }

    public virtual void Ask(Lookup lookup) { }

    public virtual void AskOpen(Lookup lookup) { }

    public abstract void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft);

    /// <summary>
    /// Decides a reply about one task. Between operations, its state could be one that is never stored.
    /// </summary>
    public virtual void Look(DispatchCore core, long now) { }

    /// <summary>
    /// Returns parts that can fail separately, or just this operation. It ends when its last part has ended.
    /// </summary>
    public virtual IReadOnlyList<DispatchOperation> Split() => [this];

    /// <summary>
    /// What was left out or given up although no caller is told, once the store has refused the operation alone; null
    /// if the caller is told.
    /// </summary>
    public virtual string? SetAside => null;

    /// <summary>
    /// Leaves out what the store may have refused, if something of the operation remains, and returns whether to repeat
    /// it. Called when the store has refused the operation alone.
    /// </summary>
    public virtual bool TryReduce(string detail) => false;

    public abstract void Complete();

    /// <summary>
    /// Fails the caller. Nothing was written, unless this is an <see cref="OutcomeUnknownException"/>.
    /// </summary>
    public abstract void Fail(Exception exception);

    /// <summary>Fails the caller, because the store will always refuse this operation. Nothing was written.</summary>
    public virtual void Refuse(string detail) =>
        Fail(new StoreRefusedException($"The store refused the write of this request: {detail}"));
}

/// <summary>A <see cref="DispatchOperation"/> with a reply, which the caller gets once the round is on disk.</summary>
internal abstract class DispatchOperation<TReply> : DispatchOperation
{
    // Callers continue in a later turn: otherwise their code would run in the middle of the dispatcher's loop.
    private readonly TaskCompletionSource<TReply> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The task that the caller awaits, which <see cref="Complete"/> or <see cref="Fail"/> ends.</summary>
    public Task<TReply> Task => completion.Task;

    /// <summary>The reply, set by Apply or Look. A repeated operation sets it again; the last value counts.</summary>
    protected TReply? Reply { get; set; }

    /// <inheritdoc/>
    public override void Complete() => completion.TrySetResult(Reply!);

    /// <inheritdoc/>
    public override void Fail(Exception exception) => completion.TrySetException(exception);
}

/// <summary>
/// The lanes in which operations wait for a round; each has a share of every round, so a flood in one does not hold up
/// the others. The values are indexes in <see cref="Inbox"/>, where a new lane needs a queue and a share.
/// </summary>
internal enum Lane
{
    /// <summary>Reports of nodes about attempts, and lease renewals that need a round. Half of a round.</summary>
    Results,

    /// <summary>Everything else: calls from users, other grains and the silo's upkeep. A tenth of a round.</summary>
    Control,

    /// <summary>New tasks. Two fifths of a round. The only bounded lane: it refuses what exceeds its bound.</summary>
    Submissions,
}
