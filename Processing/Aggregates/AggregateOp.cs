namespace OrleansTasks.Processing.Aggregates;

/// <summary>Identifies what an aggregate computes. The numbers are stored and sent, so they must not change.</summary>
public enum AggregateOp : byte
{
    /// <summary>The number of results.</summary>
    Count = 0,

    /// <summary>The exact sum.</summary>
    Sum = 1,

    /// <summary>The smallest number.</summary>
    Min = 2,

    /// <summary>The largest number.</summary>
    Max = 3,

    /// <summary>The mean, rounded once at the end.</summary>
    Mean = 4,

    /// <summary>The number of distinct values: exact up to 100,000, an estimate beyond that.</summary>
    Distinct = 5,

    /// <summary>The most frequent values.</summary>
    TopK = 6,

    /// <summary>The number of results for each value.</summary>
    GroupCount = 7,

    /// <summary>The sum of a value for each group.</summary>
    GroupSum = 8,

    /// <summary>The results themselves.</summary>
    Collect = 9,

    /// <summary>A fold that the job's own command computes.</summary>
    ReduceCommand = 10,
}
