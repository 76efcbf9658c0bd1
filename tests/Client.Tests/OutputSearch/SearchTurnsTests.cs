using OrleansTasks.Client.OutputSearch;

namespace OrleansTasks.Client.Tests.OutputSearch;

/// <summary>Each caller has its share of the searches.</summary>
public sealed class SearchTurnsTests
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private readonly SearchTurns turns = new(most: 2, mostWaiting: 3);

    [Fact]
    public async Task Enter_OneCallerHasMany_AnotherIsNext()
    {
        await turns.Enter("many", Never);
        await turns.Enter("many", Never);
        Task<bool>[] waiting = [turns.Enter("many", Never), turns.Enter("many", Never)];
        var other = turns.Enter("other", Never);
        Assert.False(other.IsCompleted);

        turns.Leave("many");

        Assert.True(await other);
        Assert.DoesNotContain(waiting, static one => one.IsCompleted);
        turns.Leave("many");
        Assert.True(await waiting[0]);
    }

    [Fact]
    public async Task Enter_TooManyOfACallerWait_IsRefused_AndOthersAreNot()
    {
        await turns.Enter("many", Never);
        await turns.Enter("many", Never);
        for (var i = 0; i < 3; i++)
            _ = turns.Enter("many", Never);

        Assert.False(await turns.Enter("many", Never));
        Assert.False(turns.Enter("other", Never).IsCompleted);
    }

    [Fact]
    public async Task Enter_GivenUp_LeavesNothing()
    {
        await turns.Enter("a", Never);
        await turns.Enter("a", Never);
        using var hangsUp = new CancellationTokenSource();
        var waits = turns.Enter("b", hangsUp.Token);

        await hangsUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        turns.Leave("a");
        turns.Leave("a");
        Assert.Equal(0, turns.Callers);
        Assert.True(await turns.Enter("b", Never));
    }
}
