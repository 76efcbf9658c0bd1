using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>When a timer ticks, and how its ticks mix with requests.</summary>
public readonly struct GrainTimerCreationOptions
{
    /// <summary>Times to be set by the properties.</summary>
    public GrainTimerCreationOptions()
    {
    }

    /// <summary>A timer whose ticks take turns with requests and do not keep the activation alive.</summary>
    /// <param name="dueTime">Until the first tick.</param>
    /// <param name="period">From the end of a tick to the next.</param>
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>Until the first tick; infinite means not before <see cref="IGrainTimer.Change"/>.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>From the end of a tick to the next; infinite means one tick only.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether a tick starts while a request awaits something.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether ticks count as use, so that idle collection stays away.</summary>
    public bool KeepAlive { get; init; }
}
