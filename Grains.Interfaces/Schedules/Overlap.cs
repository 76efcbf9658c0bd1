namespace OrleansTasks.Schedules;

/// <summary>What a schedule does with an occurrence while something that it started before has not ended. Stored by number.</summary>
public enum Overlap
{
    /// <summary>The occurrence is skipped.</summary>
    Skip = 0,

    /// <summary>The occurrence starts all the same.</summary>
    Allow = 1,

    /// <summary>The occurrence waits; while one waits, further ones are skipped.</summary>
    QueueOne = 2,
}
