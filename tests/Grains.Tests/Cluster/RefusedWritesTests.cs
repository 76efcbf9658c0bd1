using OrleansTasks.Cluster;
using OrleansTasks.Storage;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>How refused rows are found among others, and what is remembered of them.</summary>
public sealed class RefusedWritesTests
{
    [Theory]
    [InlineData]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(2, 3)]
    [InlineData(0, 1, 2, 3, 4, 5, 6)]
    public async Task Separate_WritesAllButTheRefusedOnes(params int[] bad)
    {
        var (written, left) = (new List<int>(), new List<int>());

        await RefusedWrites.Separate([.. Enumerable.Range(0, 7)], rows =>
        {
            if (rows.Intersect(bad).Any())
                throw new StoreRefusedException();
            written.AddRange(rows);
            return Task.CompletedTask;
        }, (row, _) =>
        {
            left.Add(row);
            return Task.CompletedTask;
        });

        Assert.Equal(bad, left);
        Assert.Equal(Enumerable.Range(0, 7).Except(bad), written);
    }

    [Fact]
    public async Task Separate_StoreIsAbsent_BlamesNoRow() =>
        await Assert.ThrowsAsync<StoreUnavailableException>(() => RefusedWrites.Separate<int>(
            [1, 2], static rows => throw (rows.Count > 1 ? new StoreRefusedException() : new StoreUnavailableException()),
            static (row, _) => throw new InvalidOperationException($"{row} was blamed.")));

    [Fact]
    public void Current_KeepsEachTargetForADayAfterItsLatestRefusal()
    {
        var time = new ShiftedTime();
        var refused = new RefusedWrites(time);
        refused.Note("webhook", "a", "first\0");
        time.Advance(TimeSpan.FromHours(20));
        refused.Note("webhook", "a", "second");
        refused.Note("queue", "b", new string('x', 10_000));
        time.Advance(TimeSpan.FromHours(20));

        Assert.Equal([("a", 2L, "second"), ("b", 1L, new string('x', 500))],
            refused.Current.Select(static one => (one.Target, one.Count, one.Detail)));
        refused.Settle("queue", "b");
        Assert.Equal("a", Assert.Single(refused.Current).Target);
        time.Advance(TimeSpan.FromHours(5));
        Assert.Empty(refused.Current);
    }

    [Fact]
    public void Note_OfManyTargets_KeepsTheFirst()
    {
        var refused = new RefusedWrites(TimeProvider.System);
        for (var i = 0; i < RefusedWrites.Most + 10; i++)
            refused.Note("webhook", $"{i}", "x");
        refused.Note("webhook", "0", "y");

        Assert.Equal(RefusedWrites.Most, refused.Current.Length);
        Assert.Equal(2, refused.Current.Single(static one => one.Target == "0").Count);
    }
}
