namespace OrleansTasks.System.Tests.Silo;

/// <summary>The system's clock, put forward. Its wall clock alone can also be set.</summary>
internal sealed class ForwardTime : TimeProvider
{
    private long by;
    private long lead;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref by) + Volatile.Read(ref lead));

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(TimeSpan.FromTicks(Volatile.Read(ref by)).TotalSeconds * System.TimestampFrequency);

    public void Forward(TimeSpan time) => Interlocked.Add(ref by, time.Ticks);

    public void StepWall(TimeSpan time) => Interlocked.Add(ref lead, time.Ticks);
}
