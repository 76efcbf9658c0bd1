namespace OrleansTasks.Jobs;

/// <summary>
/// The requested parts of a <see cref="JobInsight"/>. Cells is the number of cells of the coverage: 1 to 1,000, or 0 if
/// coverage is not requested.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobLook")]
public readonly record struct JobLook([property: Id(0)] JobParts Parts, [property: Id(1)] int Cells);

/// <summary>The parts of a <see cref="JobInsight"/>.</summary>
[Flags]
public enum JobParts
{
    /// <summary>No part.</summary>
    None = 0,

    /// <summary><see cref="JobInsight.Figures"/>.</summary>
    Figures = 1,

    /// <summary><see cref="JobInsight.Chunks"/>.</summary>
    Chunks = 2,

    /// <summary><see cref="JobInsight.Coverage"/>.</summary>
    Coverage = 4,

    /// <summary><see cref="JobInsight.History"/>.</summary>
    History = 8,
}
