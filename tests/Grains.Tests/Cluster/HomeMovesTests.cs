using OrleansTasks.Cluster;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>When a silo gives a queue up whose home is another silo.</summary>
public sealed class HomeMovesTests
{
    private const string A = "a";
    private const string B = "b";
    private const string C = "c";
    private readonly HomeMoves moves = new(TimeSpan.FromSeconds(60));

    [Fact]
    public void HomeElsewhereFor60Seconds_Moves_OneAtATime_TheLongestFirst()
    {
        Assert.Null(moves.Next([B], _ => true, 0));
        Assert.Null(moves.Next([A, B, C], Elsewhere(A, B), 1_000));
        Assert.Null(moves.Next([A, B, C], Elsewhere(A, B), 59_999));
        Assert.Equal(B, moves.Next([A, B, C], Elsewhere(A, B), 61_000));
        Assert.Equal(A, moves.Next([A, B, C], Elsewhere(A, B), 61_001));
        Assert.Null(moves.Next([A, B, C], Elsewhere(A, B), 62_000));
    }

    [Fact]
    public void HomeComesBack_TheWaitBeginsAnew()
    {
        Assert.Null(moves.Next([A], Elsewhere(A), 0));
        Assert.Null(moves.Next([A], Elsewhere(), 59_000));
        Assert.Null(moves.Next([A], Elsewhere(A), 60_000));
        Assert.Null(moves.Next([A], Elsewhere(A), 119_999));
        Assert.Equal(A, moves.Next([A], Elsewhere(A), 120_000));
    }

    [Fact]
    public void QueueThatWasGivenUpAndIsHereAgain_WaitsAnew()
    {
        Assert.Null(moves.Next([A], Elsewhere(A), 0));
        Assert.Equal(A, moves.Next([A], Elsewhere(A), 60_000));
        Assert.Null(moves.Next([A], Elsewhere(A), 61_000));
        Assert.Null(moves.Next([], Elsewhere(A), 120_000));
        Assert.Null(moves.Next([A], Elsewhere(A), 121_000));
        Assert.Equal(A, moves.Next([A], Elsewhere(A), 181_000));
    }

    private static Func<string, bool> Elsewhere(params string[] queues) => queues.Contains;
}
