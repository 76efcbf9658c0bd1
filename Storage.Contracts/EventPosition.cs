namespace OrleansTasks.Storage;

/// <summary>
/// The range of a queue's stored events. <c>First</c> is 0 if none is stored. <c>Last</c> is the newest commit's
/// sequence, even if its events were trimmed; 0 before the first commit.
/// </summary>
public readonly record struct EventPosition(string Queue, long First, long Last);
