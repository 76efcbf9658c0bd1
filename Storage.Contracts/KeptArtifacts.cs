using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// How many artifacts a task left, and the token of the attempt that left them. The task belongs to a workflow's node
/// or to one of the node's items.
/// </summary>
/// <param name="Node">The node's index.</param>
/// <param name="Item">The item's index; null for a node with a single task.</param>
/// <param name="Task">The task.</param>
/// <param name="Token">The token.</param>
/// <param name="Totals">The number and the bytes.</param>
public sealed record KeptArtifacts(int Node, int? Item, TaskId Task, LeaseToken Token, ArtifactTotals Totals);
