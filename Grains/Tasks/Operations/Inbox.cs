namespace OrleansTasks.Tasks;

/// <summary>
/// The operations that wait for the commit loop, in lanes, so that a flood in one never keeps the others out. A round is bounded by weight
/// and by bytes; each lane has its share of it, and the others may use what a lane leaves. Only the lane of submissions has a bound.
/// Used in the grain's turns alone.
/// </summary>
internal sealed class Inbox(DispatchOptions options)
{
    // In the order in which lanes are served within a round.
    private static readonly (Lane Lane, int Percent)[] Shares = [(Lane.Results, 50), (Lane.Control, 10), (Lane.Submissions, 40)];

    // By the lane's number.
    private readonly Queue<DispatchOperation>[] lanes = [new(), new(), new()];
    private readonly LinkedList<DispatchOperation> suspects = new();

    // What waits in the lane of submissions.
    private int submittedTasks;
    private long submittedBytes;

    public bool IsEmpty => suspects.Count == 0 && Array.TrueForAll(lanes, static lane => lane.Count == 0);

    /// <summary>Adds an operation without a bound. For submissions, call <see cref="TryAdd"/>.</summary>
    public void Add(DispatchOperation operation) => lanes[(int)operation.Lane].Enqueue(operation);

    /// <summary>Adds a submission. False when there is no room for it; one that finds no other waiting is always added.</summary>
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
    /// Puts the operations of a round back after the store refused their commit for what one of them writes. Each, split into its parts, is
    /// taken by a round of its own, before all that waits, in the order of the round; so the culprit fails alone.
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
    /// Moves one round's operations to <paramref name="round"/>: one suspect if there is any; else of each lane its share, then what the
    /// others leave, and at least one, even beyond the bounds, so that an operation that is larger than a round is not passed over forever.
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

    /// <summary>Takes operations of a lane while its share and the round have room. Whether it took any.</summary>
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

    /// <summary>What may still be taken.</summary>
    private readonly record struct Room(int Weight, long Bytes)
    {
        public Room Share(int percent) => new(Weight * percent / 100, Bytes * percent / 100);

        public bool Fits(DispatchOperation operation) => operation.Weight <= Weight && operation.Bytes <= Bytes;

        public Room Less(DispatchOperation operation) => new(Weight - operation.Weight, Bytes - operation.Bytes);
    }
}
