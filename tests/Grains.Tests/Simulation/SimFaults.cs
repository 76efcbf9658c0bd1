namespace OrleansTasks.Grains.Tests.Simulation;

/// <summary>How often things go wrong, each from 0 to 1.</summary>
internal sealed record SimFaults
{
    public static readonly SimFaults None = new();

    /// <summary>Hints and dispatchers fail; workers and their calls do not.</summary>
    public static readonly SimFaults OfHints = new()
    {
        HintLoss = 0.25, HintDouble = 0.15, LongDelay = 0.1, CommitLoss = 0.02, CommitLandsUnseen = 0.02, ReclaimLoss = 0.2,
    };

    public static readonly SimFaults All = OfHints with { CallLoss = 0.1, NodeFault = 0.02 };

    public double HintLoss { get; init; }

    public double HintDouble { get; init; }

    public double LongDelay { get; init; }

    public double CommitLoss { get; init; }

    public double CommitLandsUnseen { get; init; }

    public double ReclaimLoss { get; init; }

    public double CallLoss { get; init; }

    public double NodeFault { get; init; }
}
