namespace OrleansTasks.Bench.Harness;

/// <summary>Something that is measured, by name.</summary>
public interface IScenario
{
    /// <summary>What the command line calls it.</summary>
    string Name { get; }

    /// <summary>One line for people.</summary>
    string Summary { get; }

    /// <summary>Measures it: each figure over that many runs, its reference in the same minutes.</summary>
    Task<IReadOnlyList<Figure>> Run(int runs);
}
