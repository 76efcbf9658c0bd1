namespace OrleansTasks.Grains.Tests.Files;

/// <summary>A clock whose timers fire when a test says so.</summary>
internal sealed class FileClock : TimeProvider
{
    private readonly List<(TimerCallback Callback, object? State)> timers = [];
    private DateTimeOffset now = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);

    public long Now => now.ToUnixTimeMilliseconds();

    public void Advance(TimeSpan by) => now += by;

    public void Fire()
    {
        foreach (var (callback, state) in timers.ToArray())
            callback(state);
    }

    public override DateTimeOffset GetUtcNow() => now;

    public override long GetTimestamp() => now.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        timers.Add((callback, state));
        return new Timer();
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
