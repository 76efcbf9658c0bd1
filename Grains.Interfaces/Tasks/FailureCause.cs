namespace OrleansTasks.Tasks;

/// <summary>
/// What a failed attempt counts as, for the budgets of <see cref="RetryRules"/>. The numbers are stored and must not
/// change: each is the place of the cause's count and of its budget, eight bits each.
/// </summary>
public enum FailureCause : byte
{
    /// <summary>A cause without a budget of its own: counts towards <see cref="RetryPolicy.MaxAttempts"/>.</summary>
    None = 0,

    /// <summary>The command exited with a code other than 0.</summary>
    Exit = 1,

    /// <summary>A signal killed the command.</summary>
    Signal = 2,

    /// <summary>It ran for longer than its timeout.</summary>
    Timeout = 3,

    /// <summary>The process tree used more memory than its limit.</summary>
    OutOfMemory = 4,

    /// <summary>The process tree used more processor time than its limit.</summary>
    CpuTime = 5,

    /// <summary>The program could not be started.</summary>
    SpawnFailed = 6,

    /// <summary>The result is not JSON or is too large, or the inputs are too large.</summary>
    BadResult = 7,

    /// <summary>The node was lost. Losses are counted apart from the others.</summary>
    NodeLost = 8,
}

/// <summary>The names of the causes in the HTTP contract, and the reasons that they stand for.</summary>
public static class FailureCauses
{
    private static readonly string[] Names =
        ["exit", "signal", "timeout", "out-of-memory", "cpu-time", "spawn-failed", "bad-result", "node-lost"];

    /// <summary>The names of the causes, the first of which is <see cref="FailureCause.Exit"/>.</summary>
    public static ReadOnlySpan<string> AllNames => Names;

    /// <summary>The name that the HTTP contract uses; not for <see cref="FailureCause.None"/>.</summary>
    public static string Name(this FailureCause cause) => Names[(int)cause - 1];

    /// <summary>The cause that an attempt's end stands for; none for an end that is no failure of an attempt.</summary>
    public static FailureCause Of(EndReason reason) => reason switch
    {
        EndReason.Exit => FailureCause.Exit,
        EndReason.Signal => FailureCause.Signal,
        EndReason.Timeout => FailureCause.Timeout,
        EndReason.OutOfMemory => FailureCause.OutOfMemory,
        EndReason.CpuTime => FailureCause.CpuTime,
        EndReason.SpawnFailed => FailureCause.SpawnFailed,
        EndReason.BadResult => FailureCause.BadResult,
        EndReason.NodeLost => FailureCause.NodeLost,
        _ => FailureCause.None,
    };
}
