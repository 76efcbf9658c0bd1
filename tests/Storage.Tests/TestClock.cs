namespace OrleansTasks.Storage.Tests;

/// <summary>A clock that a test sets.</summary>
public sealed class TestClock : TimeProvider
{
    private long milliseconds = 1_700_000_000_000;

    public TestClock() => Ids = new TaskIdSource(this, new Random(7));

    /// <summary>Mints the ids of a test.</summary>
    public TaskIdSource Ids { get; }

    public long Now => Interlocked.Read(ref milliseconds);

    public override long TimestampFrequency => 1000;

    public void Advance(TimeSpan by) => Interlocked.Add(ref milliseconds, (long)by.TotalMilliseconds);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Now);

    public override long GetTimestamp() => Now;
}
