namespace OrleansTasks.Jobs;

/// <summary>Which parts of a <see cref="JobInsight"/> are asked for.</summary>
/// <param name="Parts">The parts.</param>
/// <param name="Cells">Of <see cref="JobParts.Coverage"/>: into how many cells the source is divided, 1 to 1,000; else 0.</param>
[GenerateSerializer, Immutable, Alias("ot.JobLook")]
public readonly record struct JobLook([property: Id(0)] JobParts Parts, [property: Id(1)] int Cells);

/// <summary>The parts of a <see cref="JobInsight"/>.</summary>
[Flags]
public enum JobParts
{
    /// <summary>None.</summary>
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
