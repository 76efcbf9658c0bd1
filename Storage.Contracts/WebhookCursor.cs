namespace OrleansTasks.Storage;

/// <summary>
/// A position in the event sequences. <c>InLog</c> counts the transitions already handled in the next commit of the
/// log.
/// </summary>
public readonly record struct WebhookCursor(long Log, long Nodes, long Resources, int InLog = 0);
