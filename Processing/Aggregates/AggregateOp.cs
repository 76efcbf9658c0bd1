namespace OrleansTasks.Processing.Aggregates;

/// <summary>What an aggregate does. The numbers are stored and sent, and must not change.</summary>
public enum AggregateOp : byte
{
    /// <summary>How many results there are.</summary>
    Count = 0,

    /// <summary>The exact sum.</summary>
    Sum = 1,

    /// <summary>The smallest number.</summary>
    Min = 2,

    /// <summary>The largest number.</summary>
    Max = 3,

    /// <summary>The mean, rounded once.</summary>
    Mean = 4,

    /// <summary>How many different values there are; an estimate beyond 100,000.</summary>
    Distinct = 5,

    /// <summary>The most frequent values.</summary>
    TopK = 6,

    /// <summary>How many results there are of each value.</summary>
    GroupCount = 7,

    /// <summary>A sum for each value.</summary>
    GroupSum = 8,

    /// <summary>The results themselves.</summary>
    Collect = 9,

    /// <summary>A command's own fold.</summary>
    ReduceCommand = 10,
}
