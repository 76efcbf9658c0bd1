
namespace OrleansTasks.Dispatch.Forecasting;

/// <summary>
/// Measures how many tasks a second start while others are left waiting. Time without a backlog does not count, so the
/// rate is what the queue can do, not what it had to do. Old starts fade with half-lives of 30 seconds and 10 minutes;
/// the short one applies while it has seen some starts.
/// </summary>
internal struct StartMeter
{
    // In milliseconds.
    private const double ShortHalfLife = 30_000;
    private const double LongHalfLife = 600_000;

    // From this many faded starts on, the short rate is more exact than the long one.
    private const double Enough = 3;

    // With fewer, the rate means nothing: half a start in hours only shows that tasks run for hours.
    private const double Faded = 0.5;

    private (double Starts, double Time) brief;
    private (double Starts, double Time) lasting;

    /// <summary>Starts per second; null until one has started while others waited.</summary>
    public readonly double? PerSecond =>
        brief is { Starts: >= Enough, Time: > 0 } ? 1_000 * brief.Starts / brief.Time
        : lasting is { Starts: >= Faded, Time: > 0 } ? 1_000 * lasting.Starts / lasting.Time
        : null;

    /// <summary>Counts milliseconds in which tasks waited.</summary>
    public void Wait(long milliseconds)
    {
        brief = Fade(brief, milliseconds, ShortHalfLife);
        lasting = Fade(lasting, milliseconds, LongHalfLife);
    }

    /// <summary>Counts a start.</summary>
    public void Start()
    {
        brief.Starts++;
        lasting.Starts++;
    }

    private static (double Starts, double Time) Fade((double Starts, double Time) before, double time, double halfLife)
    {
        var kept = double.Exp2(-time / halfLife);
        return (before.Starts * kept, (before.Time * kept) + (halfLife / Math.Log(2) * (1 - kept)));
    }
}
