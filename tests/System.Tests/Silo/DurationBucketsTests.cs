using OrleansTasks.Cluster;

namespace OrleansTasks.System.Tests.Silo;

public sealed class DurationBucketsTests
{
    [Fact]
    public void IndexOf_EveryDuration_LiesWithinItsBucketAndThatIsNarrow()
    {
        var random = new Random(7);
        foreach (var duration in Enumerable.Range(0, 5_000).Select(static i => (long)i)
            .Concat(Enumerable.Range(0, 5_000).Select(_ => 1L << random.Next(36)).Select(top => random.NextInt64(top))))
        {
            var index = DurationBuckets.IndexOf(duration);
            Assert.InRange(duration, index == 0 ? 0 : DurationBuckets.BoundOf(index - 1) + 1, DurationBuckets.BoundOf(index));
            Assert.True(DurationBuckets.BoundOf(index) <= duration * 1.25, $"{duration} counts as up to {DurationBuckets.BoundOf(index)}");
        }
    }

    [Fact]
    public void IndexOf_BeyondTheLast_IsTheLast()
    {
        Assert.Equal(DurationBuckets.Count - 1, DurationBuckets.IndexOf(long.MaxValue));
        Assert.Equal(0, DurationBuckets.IndexOf(-1));
    }

    [Fact]
    public void Quantile_OfKnownDurations_IsTheirBoundAndNeverAboveTheLongest()
    {
        var counts = new long[DurationBuckets.Count];
        for (var i = 1; i <= 100; i++)
            counts[DurationBuckets.IndexOf(i * 1_000)]++;
        Assert.InRange(DurationBuckets.Quantile(counts, 0.5, 100_000), 50_000, 62_500);
        Assert.Equal(100_000, DurationBuckets.Quantile(counts, 0.99, 100_000));
        Assert.Equal(0, DurationBuckets.Quantile(new long[DurationBuckets.Count], 0.5, 0));
    }
}
