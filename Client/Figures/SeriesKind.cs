namespace OrleansTasks.Client.Figures;

/// <summary>How the values of short steps make the value of a longer step.</summary>
internal enum SeriesKind : byte
{
    /// <summary>A count of what happened in the step: counts add up.</summary>
    Count,

    /// <summary>How something stood: the last value counts.</summary>
    Level,

    /// <summary>A quantile or an age: the largest value counts.</summary>
    Peak,
}
