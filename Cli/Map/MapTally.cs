namespace OrleansTasks.Cli.Map;

/// <summary>Counts ends, applies <c>--halt</c>, and computes the exit code as GNU parallel does.</summary>
/// <param name="rule">When to stop early; null for never.</param>
internal sealed class MapTally(HaltRule? rule)
{
    private const int MostCounted = 100;

    private int counted;
    private int lastExitCode;

    /// <summary>The tasks that have ended.</summary>
    public int Done { get; private set; }

    /// <summary>The tasks that did not succeed.</summary>
    public int Failed { get; private set; }

    /// <summary>Whether the rule has stopped the map.</summary>
    public bool IsHalted { get; private set; }

    /// <summary>
    /// The number of failed tasks, 101 if there are more than 100. If the rule stopped the map at its first failure,
    /// that task's exit code; if the rule stopped it at a success, 0.
    /// </summary>
    public int ExitCode => !IsHalted || rule!.What == "done" || (rule.What == "fail" && rule.Count > 1)
        ? Math.Min(Failed, MostCounted + 1)
        : rule.What == "fail" ? lastExitCode : ExitCodes.Done;

    /// <summary>Counts an end. Returns whether it counts for the rule.</summary>
    public bool Add(int exitCode)
    {
        Done++;
        if (exitCode != ExitCodes.Done)
            Failed++;
        if (rule is null || IsHalted || !rule.Counts(exitCode == ExitCodes.Done))
            return false;
        lastExitCode = exitCode;
        IsHalted = ++counted == rule.Count;
        return true;
    }
}
