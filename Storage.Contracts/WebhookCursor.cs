namespace OrleansTasks.Storage;

/// <summary>A position in the event sequences. <c>InLog</c> counts handled transitions of the next commit.</summary>
public readonly record struct WebhookCursor(long Log, long Nodes, long Resources, int InLog = 0);
