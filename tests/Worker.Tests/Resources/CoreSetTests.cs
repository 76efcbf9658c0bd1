using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Worker.Tests.Resources;

/// <summary>Which cores attempts get to themselves.</summary>
public sealed class CoreSetTests
{
    [Fact]
    public void Take_Free_AreThoseWithTheLowestNumbers()
    {
        var cores = new CoreSet([7, 2, 3]);

        Assert.Equal([2, 3], cores.Take(2));
        Assert.True(cores.Has(1));
        Assert.False(cores.Has(2));
        Assert.Empty(cores.Take(0));

        cores.Release([2]);
        Assert.Equal([2, 7], cores.Take(2));
    }

    [Fact]
    public void Adopt_CoresOfAnEarlierProgram_AreGivenToNobodyElse()
    {
        var cores = new CoreSet([0, 1]);

        // The earlier program might use core 5, and this one may not.
        cores.Adopt([1, 5]);

        Assert.True(cores.Has(1));
        Assert.False(cores.Has(2));
        cores.Release([1, 5]);
        Assert.Equal([0, 1], cores.Take(2));
        Assert.False(cores.Has(1));
    }

    /// <summary>
    /// Attempts come and go at random, some of them taken over by a next program. As long as they ask for no more than
    /// there is, all find cores, and no core belongs to two.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void TakeAndRelease_AtRandomWithinTheSum_FindFreeCoresAndShareNone(int seed)
    {
        var random = new Random(seed);
        int[] all = [.. Enumerable.Range(0, 64).Where(_ => random.Next(3) > 0)];
        var cores = new CoreSet(all);
        List<IReadOnlyList<int>> held = [];
        for (var step = 0; step < 20_000; step++)
        {
            var used = held.Sum(static one => one.Count);
            var wanted = random.Next(1, 9);
            if (random.Next(200) == 0)
            {
                cores = new CoreSet(all);
                held.ForEach(cores.Adopt);
            }
            else if (random.Next(2) == 0 && used + wanted <= all.Length)
            {
                Assert.True(cores.Has(wanted), $"No room for {wanted} at step {step} though {used} of {all.Length} are used.");
                held.Add(cores.Take(wanted));
                Assert.Equal(wanted, held[^1].Count);
            }
            else if (held.Count > 0)
            {
                var ended = random.Next(held.Count);
                cores.Release(held[ended]);
                held.RemoveAt(ended);
            }

            var given = held.SelectMany(static one => one).ToArray();
            Assert.True(given.Distinct().Count() == given.Length && given.All(all.Contains), $"Two have one core at step {step}.");
        }
    }
}
