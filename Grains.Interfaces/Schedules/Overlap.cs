namespace OrleansTasks.Schedules;

/// <summary>
/// What happens to an occurrence while an earlier start has not ended. The values are stored; never renumber.
/// </summary>
public enum Overlap
{
    /// <summary>The occurrence is skipped.</summary>
    Skip = 0,

    /// <summary>The occurrence starts anyway.</summary>
    Allow = 1,

    /// <summary>The occurrence waits. While one waits, further ones are skipped.</summary>
    QueueOne = 2,
}
