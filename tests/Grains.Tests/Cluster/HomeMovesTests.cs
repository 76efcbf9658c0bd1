using OrleansTasks.Cluster;
using OrleansTasks.Queues;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>When a silo gives a partition up whose home is another silo.</summary>
public sealed class HomeMovesTests
{
    private static readonly PartitionKey A = new("a", 0);
    private static readonly PartitionKey B = new("b", 0);
    private static readonly PartitionKey C = new("c", 0);
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
    public void PartitionThatWasGivenUpAndIsHereAgain_WaitsAnew()
    {
        Assert.Null(moves.Next([A], Elsewhere(A), 0));
        Assert.Equal(A, moves.Next([A], Elsewhere(A), 60_000));
        Assert.Null(moves.Next([A], Elsewhere(A), 61_000));
        Assert.Null(moves.Next([], Elsewhere(A), 120_000));
        Assert.Null(moves.Next([A], Elsewhere(A), 121_000));
        Assert.Equal(A, moves.Next([A], Elsewhere(A), 181_000));
    }

    private static Func<PartitionKey, bool> Elsewhere(params PartitionKey[] partitions) => partitions.Contains;
}
