
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
