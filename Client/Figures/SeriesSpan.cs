namespace OrleansTasks.Client.Figures;

/// <summary>A resolution in which values are kept.</summary>
/// <param name="Seconds">The length of a step.</param>
/// <param name="Steps">How many steps are kept.</param>
internal readonly record struct SeriesSpan(int Seconds, int Steps)
{
    /// <summary>The resolutions, the finest first: 10 minutes, 4 hours and 7 days.</summary>
    public static readonly ImmutableArray<SeriesSpan> All = [new(1, 600), new(10, 1_440), new(300, 2_016)];

    /// <summary>The place of the resolution that is stored.</summary>
    public const int Stored = 2;

    /// <summary>The number of the step that holds a moment.</summary>
    public long StepAt(long second) => Math.DivRem(second, Seconds).Quotient;
}
