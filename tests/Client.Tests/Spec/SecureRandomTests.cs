using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Spec;

public sealed class SecureRandomTests
{
    private readonly SecureRandom random = new();

    [Fact]
    public void Numbers_AreWithinTheirBounds_AndReachThem()
    {
        var small = Enumerable.Range(0, 1_000).Select(_ => random.Next(3)).ToHashSet();
        Assert.Equal([0, 1, 2], small.Order());
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(random.NextInt64(1L << 42), 0, (1L << 42) - 1));
        Assert.Contains(Enumerable.Range(0, 100), _ => random.NextInt64(1L << 42) >= 1L << 41);
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.InRange(random.NextDouble(), 0, 1));
        Assert.Equal((0, 0L), (random.Next(1), random.NextInt64(0)));
    }

    [Fact]
    public void Ids_OfTwoSources_AtOneTime_Differ() =>
        Assert.NotEqual(new TaskIdSource(TimeProvider.System, random).Next().Low, new TaskIdSource(TimeProvider.System, new SecureRandom()).Next().Low);
}
