namespace OrleansTasks.Storage;

/// <summary>Which events of a queue are stored.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="First">The oldest stored sequence; 0 when nothing is stored.</param>
/// <param name="Last">The newest commit's sequence, stored or trimmed; 0 before the first commit.</param>
public readonly record struct EventPosition(string Queue, long First, long Last);
