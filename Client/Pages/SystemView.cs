using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Pages;

/// <summary>The state of the system as the plain page shows it.</summary>
/// <param name="Counts">The number of tasks by state.</param>
/// <param name="Nodes">The nodes.</param>
/// <param name="Queues">The queues.</param>
/// <param name="Recent">The newest tasks, newest first.</param>
internal sealed record SystemView(
    TaskSummary Counts, ImmutableArray<NodeView> Nodes, ImmutableArray<QueueStatus> Queues, ImmutableArray<TaskRecord> Recent);
