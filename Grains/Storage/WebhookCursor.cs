namespace OrleansTasks.Storage;

/// <summary>A position in the three sequences of stored events.</summary>
/// <param name="Log">In the log of tasks and jobs.</param>
/// <param name="Nodes">In the events of nodes.</param>
/// <param name="Resources">In the events of resources.</param>
/// <param name="InLog">How many transitions of the next commit of the log are dealt with, too.</param>
public readonly record struct WebhookCursor(long Log, long Nodes, long Resources, int InLog = 0);
