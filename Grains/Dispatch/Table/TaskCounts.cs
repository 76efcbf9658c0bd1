using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// How many open tasks of a queue, including chunk runs, are in each state. Tasks that recovery has not read are not
/// counted. A mutable struct: changing a copy does not change the original.
/// </summary>
internal struct TaskCounts
{
    public int Scheduled { get; private set; }

    public int Queued { get; private set; }

    public int QueuedChunks { get; private set; }

    /// <summary>The chunk runs among <see cref="Scheduled"/> and <see cref="Queued"/>.</summary>
    public int WaitingChunks { get; private set; }

    /// <summary>Tasks that a node holds: assigned or running.</summary>
    public int Leased { get; private set; }

    /// <summary>Adds 1 when a task enters a state, -1 when it leaves. Final states are not counted.</summary>
    public void Add(TaskState state, bool isChunk, int by)
    {
        switch (state)
        {
            case TaskState.Scheduled:
                Scheduled += by;
                WaitingChunks += isChunk ? by : 0;
                break;
            case TaskState.Queued:
                Queued += by;
                QueuedChunks += isChunk ? by : 0;
                WaitingChunks += isChunk ? by : 0;
                break;
            case TaskState.Assigned or TaskState.Running:
                Leased += by;
                break;
        }
    }
}
