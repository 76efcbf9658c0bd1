namespace OrleansTasks.Client.Figures;

/// <summary>How the values of short steps combine into the value of a longer step.</summary>
internal enum SeriesKind : byte
{
    /// <summary>Events counted in the step: the sum.</summary>
    Count,

    /// <summary>A level at a moment: the last value.</summary>
    Level,

    /// <summary>A quantile or an age: the largest value.</summary>
    Peak,
}
