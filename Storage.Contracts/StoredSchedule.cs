namespace OrleansTasks.Storage;

/// <summary>A schedule, with the queue whose owner starts its occurrences.</summary>
public sealed record StoredSchedule(string Queue, ScheduleRow Row, ScheduleBody Body)
{
    /// <summary>What is stored of the folder that it watches; null if nothing is.</summary>
    public FolderRow? Folder { get; init; }
}
