using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// How many artifacts the task of a workflow's node, or of one of its items, left, and the token of the attempt that left them.
/// </summary>
/// <param name="Node">The node's index.</param>
/// <param name="Item">The item's index; null for a node with a single task.</param>
/// <param name="Task">The task.</param>
/// <param name="Token">The token.</param>
/// <param name="Totals">The number and the bytes.</param>
public sealed record KeptArtifacts(int Node, int? Item, TaskId Task, LeaseToken Token, ArtifactTotals Totals);
