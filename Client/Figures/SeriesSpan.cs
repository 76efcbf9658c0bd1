namespace OrleansTasks.Client.Figures;

/// <summary>A resolution in which values are kept.</summary>
/// <param name="Seconds">The length of a step in seconds.</param>
/// <param name="Steps">The number of steps that are kept.</param>
internal readonly record struct SeriesSpan(int Seconds, int Steps)
{
    /// <summary>The resolutions, finest first. They reach back 10 minutes, 4 hours and 7 days.</summary>
    public static readonly ImmutableArray<SeriesSpan> All = [new(1, 600), new(10, 1_440), new(300, 2_016)];

    /// <summary>The index of the resolution that is stored in the file.</summary>
    public const int Stored = 2;

    /// <summary>Returns the number of the step that contains a second.</summary>
    public long StepAt(long second) => Math.DivRem(second, Seconds).Quotient;
}
