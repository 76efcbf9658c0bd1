namespace OrleansTasks.Schedules;

/// <summary>Which missed occurrences of a schedule run later. The values are stored and must not change.</summary>
public enum CatchUp
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Only the latest.</summary>
    One = 1,

    /// <summary>The newest up to <see cref="SchedulePlan.CatchUpLimit"/>, oldest first.</summary>
    All = 2,
}
