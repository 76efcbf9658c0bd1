using OrleansTasks.Lifetime;

namespace OrleansTasks.Cluster.Status;

/// <summary>
/// Watches this machine's wall clock, once a second, for being set. Nothing depends on how soon a step is noticed: grains
/// and waits measure elapsed time themselves.
/// </summary>
public sealed partial class ClockWatch : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time;
    private readonly TimeProvider steady;
    private readonly ILogger<ClockWatch> logger;
    private readonly long began;
    private readonly ClockSteps steps;
    private volatile bool isBehind;
    private volatile ClockStep? last;

    /// <summary>Begins to compare the clocks.</summary>
    public ClockWatch(TimeProvider time, ILogger<ClockWatch> logger)
    {
        ArgumentNullException.ThrowIfNull(time);
        // Else the end of a suspension would look like a step.
        steady = time == TimeProvider.System ? BootClock.Instance : time;
        (this.time, this.logger, began) = (time, logger, steady.GetTimestamp());
        steps = new ClockSteps(time.GetUtcNow().ToUnixTimeMilliseconds(), 0);
    }

    /// <summary>Raised when <see cref="IsBehind"/> has changed.</summary>
    internal event Action? Turned;

    /// <summary>The last step of five seconds or more, if it was in the last day.</summary>
    internal ClockStep? Last => last;

    /// <summary>Whether the wall clock was set back to a time that it has shown before, and has not caught up.</summary>
    internal bool IsBehind => isBehind;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    private void Look()
    {
        if (steps.Note(time.GetUtcNow().ToUnixTimeMilliseconds(), (long)steady.GetElapsedTime(began).TotalMilliseconds) is { } step)
            LogStep(step.By < 0 ? "back" : "forward", Math.Abs(step.By) / 1_000);
        last = steps.Last;
        if (isBehind == steps.IsBehind)
            return;
        isBehind = steps.IsBehind;
        Turned?.Invoke();
    }

    [LoggerMessage(EventId = 4331, Level = LogLevel.Warning, Message = "The clock of this machine was set {Direction} by {Seconds} s. "
        + "Times recorded before may be wrong. Schedules do not repeat times, and count those in between as missed.")]
    private partial void LogStep(string direction, long seconds);
}
