using OrleansTasks.Silo.Files;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Which downloads have a turn.</summary>
public sealed class DownloadTurnsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly DownloadTurns turns = new(most: 3, mostOfOneServer: 2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Take_ServerHasAllItMayHave_OthersPassIt_InTheirOrder()
    {
        var slow = Take("slow", 3);
        var others = Take("other", 2);

        Assert.Equal([true, true, false], slow.Select(static wait => wait.IsCompleted));
        Assert.Equal([true, false], others.Select(static wait => wait.IsCompleted));

        turns.GiveBack("slow");

        // It came before the second of the others.
        await slow[2].WaitAsync(Limit, Cancellation);
        Assert.False(others[1].IsCompleted);

        turns.GiveBack("slow");

        await others[1].WaitAsync(Limit, Cancellation);
    }

    [Fact]
    public async Task Take_IsCancelled_TheNextHasTheTurn()
    {
        using var cancelled = new CancellationTokenSource();
        var held = Take("a", 2);
        var waits = turns.Take("a", cancelled.Token);
        var next = turns.Take("a", Cancellation);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        Assert.All(held, static one => Assert.True(one.IsCompletedSuccessfully));
        turns.GiveBack("a");
        await next.WaitAsync(Limit, Cancellation);
    }

    private Task[] Take(string server, int count) => [.. Enumerable.Range(0, count).Select(_ => turns.Take(server, Cancellation))];
}
