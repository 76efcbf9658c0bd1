using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Which members of a cluster have lost the database.</summary>
public sealed class SignsOfLifeTests
{
    private static readonly MemberKey A = new("10.0.0.1", 30010, 1);
    private static readonly MemberKey B = new("10.0.0.2", 30010, 1);
    private readonly SignsOfLife signs = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(8));

    [Fact]
    public void SignThatStandsStillFor30Seconds_IsOfAMemberThatLostTheDatabase_UntilItChanges()
    {
        for (var now = 0; now < 30_000; now += 2_500)
            Assert.Empty(signs.Learn([(A, 1), (B, now)], now));
        Assert.Equal([A], signs.Learn([(A, 1), (B, 30_000)], 30_000));
        Assert.Equal([A], signs.Learn([(A, 1), (B, 32_500)], 32_500));
        Assert.Empty(signs.Learn([(A, 2), (B, 35_000)], 35_000));
    }

    [Fact]
    public void ReaderThatCouldNotRead_WatchesAnew()
    {
        for (var now = 0; now <= 25_000; now += 5_000)
            Assert.Empty(signs.Learn([(A, 1)], now));
        // The database was away for all.
        for (var now = 60_000; now < 90_000; now += 5_000)
            Assert.Empty(signs.Learn([(A, 1)], now));
        Assert.Equal([A], signs.Learn([(A, 1)], 90_000));
    }

    [Fact]
    public void MemberThatStartsAgain_IsAnotherMember()
    {
        for (var now = 0; now <= 25_000; now += 5_000)
            Assert.Empty(signs.Learn([(A, 1)], now));
        var again = A with { Generation = 2 };
        for (var now = 30_000; now < 60_000; now += 5_000)
            Assert.Empty(signs.Learn([(again, 1)], now));
        Assert.Equal([again], signs.Learn([(again, 1)], 60_000));
    }

    [Fact]
    public void MemberThatIsNotActiveAnyMore_IsForgotten()
    {
        for (var now = 0; now <= 25_000; now += 5_000)
            Assert.Empty(signs.Learn([(A, 1)], now));
        Assert.Empty(signs.Learn([], 30_000));
        Assert.Empty(signs.Learn([(A, 1)], 35_000));
    }
}
