namespace OrleansTasks.ApiClient;

/// <summary>How far an attempt has come, as its command or handler reported it last.</summary>
public sealed record TaskProgress
{
    /// <summary>The progress in percent: 0 to 100, with at most two decimals.</summary>
    public decimal Percent { get; init; }

    /// <summary>What the command is doing; empty if it does not say.</summary>
    public string Message { get; init; } = "";

    /// <summary>When the report arrived.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>
    /// When the attempt ends if it continues at its pace; null without a pace, and when the task has ended.
    /// </summary>
    public DateTimeOffset? EndsAt { get; init; }
}
