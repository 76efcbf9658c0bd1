using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// How many open tasks of a queue are in each state. Runs of data jobs' chunks count as tasks. Tasks that are not
/// read yet after a restart are not counted. <see cref="OpenTasks"/> updates the counts at every change of a state. The
/// queue's status shows them, and the dispatcher looks for no node while nothing is queued. A mutable struct:
/// changes of a copy do not reach the original.
/// </summary>
internal struct TaskCounts
{
    /// <summary>Tasks waiting for their start time (<c>runAt</c>) or for the next attempt after a failed one.</summary>
    public int Scheduled { get; private set; }

    /// <summary>Tasks that are ready and wait for a slot of a node.</summary>
    public int Queued { get; private set; }

    /// <summary>How many of the <see cref="Queued"/> are runs of chunks.</summary>
    public int QueuedChunks { get; private set; }

    /// <summary>How many of the <see cref="Scheduled"/> and <see cref="Queued"/> are runs of chunks.</summary>
    public int WaitingChunks { get; private set; }

    /// <summary>Tasks that a node holds: assigned and running ones together.</summary>
    public int Leased { get; private set; }

    /// <summary>
    /// Adds <paramref name="by"/> to the count of a state: 1 when a task enters the state, -1 when a task leaves it.
    /// Final states are not counted, since a task in one of them is not open.
    /// </summary>
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
