
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// The operations (callers' requests) that wait for a dispatcher's commit loop. They wait in three lanes
/// (<see cref="Lane"/>), first in, first out, so that a flood in one lane never keeps the others out. Each round of the
/// loop, which makes one commit, takes a bounded amount, by weight (roughly: tasks) and by bytes. Each lane has a share
/// of the round; the other lanes may use what a lane leaves. Only submissions can be refused for lack of room; results
/// and control operations are always added. Not thread-safe: used only by <see cref="RoundLoop"/>, which adds and
/// drains, and which fails what is left when the activation ends.
/// </summary>
/// <remarks>
/// After a refused commit, the operations of that round come back as suspects (<see cref="Suspect"/>).
/// They go before all lanes, one a round, and do not count against the bound on submissions.
/// </remarks>
internal sealed class Inbox(DispatchOptions options)
{
    // In the order in which lanes are served within a round. The shares of a round add up to 100 percent.
    private static readonly (Lane Lane, int Percent)[] Shares = [(Lane.Results, 50), (Lane.Control, 10), (Lane.Submissions, 40)];

    // Indexed by the number of the lane.
    private readonly Queue<DispatchOperation>[] lanes = [new(), new(), new()];
    private readonly LinkedList<DispatchOperation> suspects = new();

    // The weight and the bytes of what waits in the lane of submissions.
    private int submittedTasks;
    private long submittedBytes;

    public bool IsEmpty => suspects.Count == 0 && Array.TrueForAll(lanes, static lane => lane.Count == 0);

    /// <summary>
    /// Adds an operation that is no submission. For submissions, call <see cref="TryAdd"/>, which counts them.
    /// </summary>
    public void Add(DispatchOperation operation) => lanes[(int)operation.Lane].Enqueue(operation);

    /// <summary>
    /// Adds a submission; false when there is no room (<see cref="DispatchOptions.InboxTasks"/>).
    /// A submission that finds no other waiting is always added: otherwise a batch larger than the bound could never be
    /// submitted.
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
    /// Puts the operations of a round back after the store refused their commit, to find the one at fault.
    /// Each operation, or each of its parts, is then taken by a round of its own, before everything else and in the
    /// order given. So the store refuses the culprit alone.
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
    /// Moves the operations of one round to <paramref name="round"/>, which is empty before and stays empty when
    /// nothing waits. If there is a suspect, the round is that suspect alone. Otherwise each lane gives its share, then
    /// what fits into the rest of the round. A lane that could give nothing gives its first operation nevertheless,
    /// beyond the bounds, so that an operation larger than its share does not wait forever.
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

    /// <summary>
    /// Takes operations of a lane, in order, while they fit both its share and the round. Returns whether it took any.
    /// </summary>
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

    /// <summary>How much may still be taken, in weight and in bytes.</summary>
    private readonly record struct Room(int Weight, long Bytes)
    {
        public Room Share(int percent) => new(Weight * percent / 100, Bytes * percent / 100);

        public bool Fits(DispatchOperation operation) => operation.Weight <= Weight && operation.Bytes <= Bytes;

        public Room Less(DispatchOperation operation) => new(Weight - operation.Weight, Bytes - operation.Bytes);
    }
}
