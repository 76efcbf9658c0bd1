namespace OrleansTasks.Storage;

/// <summary>
/// The range of a queue's stored events, by commit sequence. <c>First</c> is 0 if no events are stored. <c>Last</c> is
/// the newest commit's sequence, even if its events were trimmed; 0 before the first commit.
/// </summary>
public readonly record struct EventPosition(string Queue, long First, long Last);
