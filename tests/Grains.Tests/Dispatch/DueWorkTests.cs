namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Which part of the due work the store's refusals leave out, and for how long.</summary>
public sealed class DueWorkTests
{
    private const int Parts = DueWork.Assignment + 1;
    private const long Minute = 60_000;
    private readonly DueWork due = new();

    [Fact]
    public void Round_WithoutTrouble_RunsAllParts()
    {
        Assert.False(due.TryBeginAlone(0));
        Assert.Equal(Enumerable.Range(0, Parts), Running());
        Assert.False(due.Passed());
        Assert.Equal(long.MaxValue, due.Next);
    }

    [Fact]
    public void Refused_EachPartRunsAloneAndOnlyTheCulpritRests()
    {
        due.TryBeginAlone(0);
        Assert.Null(due.Refused(0));

        Assert.NotNull(Search(culprit: 3, now: 0));

        Assert.False(due.TryBeginAlone(1));
        Assert.Equal(Enumerable.Range(0, Parts).Where(static part => part != 3), Running());
        Assert.Equal(Minute, due.Next);
    }

    [Fact]
    public void Refused_AgainAndAgain_RestsLongerUpToAnHour()
    {
        due.TryBeginAlone(0);
        due.Refused(0);
        Search(culprit: 3, now: 0);
        var rests = new List<long>();
        for (var i = 0; i < 9; i++)
        {
            var now = due.Next;
            Assert.False(due.TryBeginAlone(now - 1));
            Search(culprit: 3, now);
            rests.Add((due.Next - now) / Minute);
        }

        Assert.Equal([2, 4, 8, 16, 32, 60, 60, 60, 60], rests);
    }

    [Fact]
    public void Passed_AfterARest_SettlesItOnce()
    {
        due.TryBeginAlone(0);
        due.Refused(0);
        Search(culprit: 9, now: 0);

        Assert.True(due.TryBeginAlone(Minute));
        Assert.Equal([9], Running());
        Assert.True(due.Passed());
        Assert.False(due.TryBeginAlone(Minute));
        Assert.False(due.Passed());
        Assert.Equal(Enumerable.Range(0, Parts), Running());
    }

    [Fact]
    public void Round_OfASuspectedOperation_RunsNoPart()
    {
        due.BeginNone();
        Assert.Empty(Running());
    }

    private IEnumerable<int> Running() => Enumerable.Range(0, Parts).Where(due.Runs);

    /// <summary>Runs the suspected parts; the store refuses one. Returns its name.</summary>
    private string? Search(int culprit, long now)
    {
        string? blamed = null;
        while (due.TryBeginAlone(now))
        {
            var part = Assert.Single(Running());
            if (part == culprit)
                blamed = due.Refused(now);
            else
                Assert.False(due.Passed());
        }

        return blamed;
    }
}
