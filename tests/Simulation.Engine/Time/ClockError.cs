namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// How wrong the clocks of one machine are: its wall clock is off and may step, and both its clocks run a little fast or slow, as a
/// quartz does.
/// </summary>
internal sealed class ClockError(VirtualTimeProvider clock)
{
    private const int Million = 1_000_000;
    private long _since;
    private long _ahead;

    /// <summary>By how much its wall clock is wrong, apart from the drift.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>By how many millionths its clocks run fast from now on; below 0, slow.</summary>
    public int DriftPerMillion
    {
        get;
        set
        {
            (_ahead, _since) = (Ahead, clock.GetTimestamp());
            field = value;
        }
    }

    /// <summary>By how many ticks the drift has brought its clocks ahead.</summary>
    public long Ahead => _ahead + ((clock.GetTimestamp() - _since) * DriftPerMillion / Million);

    /// <summary>How long a time of these clocks really takes. A timer never ticks before its time by the clock that it was set by.</summary>
    public TimeSpan Real(TimeSpan span) => DriftPerMillion == 0 || span <= TimeSpan.Zero
        ? span
        : TimeSpan.FromTicks((long)((Int128)span.Ticks * Million / (Million + DriftPerMillion)) + 1);
}
