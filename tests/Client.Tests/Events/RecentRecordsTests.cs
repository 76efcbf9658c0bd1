using OrleansTasks.Client.Events;

namespace OrleansTasks.Client.Tests.Events;

/// <summary>The newest records of a log, against a plain list of all of them.</summary>
public sealed class RecentRecordsTests
{
    private readonly RecentRecords<long> recent = new(most: 100, static number => number, static number => 1 + (int)(number % 7));

    [Fact]
    public void TryRead_BeforeBegin_KnowsNothing() => Assert.False(recent.TryRead(long.MaxValue - 1, 10, out _));

    [Fact]
    public void TryRead_AnyPosition_GivesWhatFollowsOrSaysThatItIsNotHere()
    {
        var random = new Random(7);
        var all = new List<long>();
        var number = 5L;
        recent.Begin(number);
        for (var i = 0; i < 2_000; i++)
        {
            number += random.Next(1, 4);
            recent.Add(number);
            all.Add(number);
            var after = random.NextInt64(0, number + 3);
            var limit = random.Next(1, 40);

            var isHere = recent.TryRead(after, limit, out var page);

            Assert.Equal(after >= recent.After, isHere);
            Assert.Equal(isHere ? all.Where(one => one > after).Take(limit) : [], page);
        }

        var kept = all.Where(one => one > recent.After).Sum(static one => 1 + (one % 7));
        Assert.InRange(kept, 94, 100);
        Assert.Equal(number, recent.Last);
    }

    [Fact]
    public void Add_OneThatIsTooHeavyAlone_IsKept()
    {
        var heavy = new RecentRecords<long>(most: 1, static one => one, static _ => 1_000);
        heavy.Begin(0);
        heavy.Add(1);
        heavy.Add(2);

        Assert.False(heavy.TryRead(0, 10, out _));
        Assert.True(heavy.TryRead(1, 10, out var page));
        Assert.Equal([2], page);
    }

    [Fact]
    public void Begin_Later_ForgetsWhatWasThere()
    {
        recent.Begin(0);
        recent.Add(1);

        recent.Begin(9);

        Assert.False(recent.TryRead(8, 10, out _));
        Assert.True(recent.TryRead(9, 10, out var page));
        Assert.Empty(page);
    }
}
