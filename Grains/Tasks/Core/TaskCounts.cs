namespace OrleansTasks.Tasks;

/// <summary>How many open tasks and chunk runs are in which state. A mutable struct: a copy counts on for itself.</summary>
internal struct TaskCounts
{
    /// <summary>Tasks that wait for a time.</summary>
    public int Scheduled { get; private set; }

    /// <summary>Tasks that wait for a slot.</summary>
    public int Queued { get; private set; }

    /// <summary>Tasks that a node holds.</summary>
    public int Leased { get; private set; }

    /// <summary>
    /// Counts tasks that entered a state, or left it when <paramref name="by"/> is negative. Final states are not counted.
    /// </summary>
    public void Add(TaskState state, int by)
    {
        switch (state)
        {
            case TaskState.Scheduled:
                Scheduled += by;
                break;
            case TaskState.Queued:
                Queued += by;
                break;
            case TaskState.Assigned or TaskState.Running:
                Leased += by;
                break;
        }
    }
}
