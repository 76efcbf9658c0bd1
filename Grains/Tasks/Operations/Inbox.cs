namespace OrleansTasks.Tasks;

/// <summary>
/// The operations that wait for the commit loop, in two lanes, so that a flood of submissions never keeps out what nodes and
/// operators say. Each round takes from both; what one lane leaves the other may use.
/// </summary>
internal sealed class Inbox(DispatchOptions options)
{
    private readonly Queue<DispatchOperation> control = new();
    private readonly Queue<DispatchOperation> submissions = new();
    private int submittedTasks;
    private long submittedBytes;

    public bool IsEmpty => control.Count == 0 && submissions.Count == 0;

    public void Add(DispatchOperation operation) => control.Enqueue(operation);

    /// <summary>False when there is no room.</summary>
    public bool TryAdd(SubmitOperation operation)
    {
        if (submissions.Count > 0
            && (submittedTasks + operation.Weight > options.InboxTasks || submittedBytes + operation.Bytes > options.InboxBytes))
            return false;
        submittedTasks += operation.Weight;
        submittedBytes += operation.Bytes;
        submissions.Enqueue(operation);
        return true;
    }

    /// <summary>
    /// Takes one round's operations: at most half of it from control when submissions wait. The first of each lane is always
    /// taken, so that one that is larger than a round is not passed over for ever.
    /// </summary>
    public void Drain(List<DispatchOperation> round)
    {
        var room = options.CommitTasks;
        Take(control, submissions.Count > 0 ? room / 2 : room, isFirst: true, ref room, round);
        Take(submissions, room, isFirst: true, ref room, round);
        Take(control, room, isFirst: false, ref room, round);
    }

    private void Take(Queue<DispatchOperation> lane, int share, bool isFirst, ref int room, List<DispatchOperation> round)
    {
        while (lane.TryPeek(out var operation) && (operation.Weight <= share || isFirst))
        {
            isFirst = false;
            lane.Dequeue();
            share -= operation.Weight;
            room -= operation.Weight;
            round.Add(operation);
            if (operation is SubmitOperation)
            {
                submittedTasks -= operation.Weight;
                submittedBytes -= operation.Bytes;
            }
        }
    }
}
