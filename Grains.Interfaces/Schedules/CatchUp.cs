namespace OrleansTasks.Schedules;

/// <summary>Which missed occurrences of a schedule are run later. Stored by number.</summary>
public enum CatchUp
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The latest.</summary>
    One = 1,

    /// <summary>All, oldest first; at most <see cref="SchedulePlan.CatchUpLimit"/>, the newest.</summary>
    All = 2,
}
