namespace OrleansTasks.System.Tests.Silo;

/// <summary>The system's clock, put forward.</summary>
internal sealed class ForwardTime : TimeProvider
{
    private long by;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref by));

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(TimeSpan.FromTicks(Volatile.Read(ref by)).TotalSeconds * System.TimestampFrequency);

    public void Forward(TimeSpan time) => Interlocked.Add(ref by, time.Ticks);
}
