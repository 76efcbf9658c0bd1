using OrleansTasks.Client.Http;
using Entry = OrleansTasks.Client.Http.CallerTurns.Entry;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Each caller has its share of the long reads.</summary>
public sealed class CallerTurnsTests
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private readonly CallerTurns turns = new(most: 2, mostOfOne: 2, mostWaiting: 5, mostWaitingOfOne: 3);

    [Fact]
    public async Task Enter_OneCallerHasMany_AnotherIsNext()
    {
        await Enter("many");
        await Enter("many");
        Task<Entry>[] waiting = [Enter("many"), Enter("many")];
        var other = Enter("other");
        Assert.False(other.IsCompleted);

        turns.Leave("many");

        Assert.Equal(Entry.Turn, await other);
        Assert.DoesNotContain(waiting, static one => one.IsCompleted);
        turns.Leave("many");
        Assert.Equal(Entry.Turn, await waiting[0]);
    }

    [Fact]
    public async Task Enter_TooManyOfACallerWait_IsRefused_AndOthersAreNot()
    {
        await Enter("many");
        await Enter("many");
        for (var i = 0; i < 3; i++)
            _ = Enter("many");

        Assert.Equal(Entry.CallerIsFull, await Enter("many"));
        Assert.False(Enter("other").IsCompleted);
    }

    [Fact]
    public async Task Enter_GivenUp_LeavesNothing()
    {
        await Enter("a");
        await Enter("a");
        using var hangsUp = new CancellationTokenSource();
        var waits = Enter("b", hangsUp.Token);

        await hangsUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        turns.Leave("a");
        turns.Leave("a");
        Assert.Equal(0, turns.Callers);
        Assert.Equal(Entry.Turn, await Enter("b"));
    }

    [Fact]
    public async Task Enter_OneCallerHasItsShare_AnotherFindsAPlaceFree()
    {
        var shared = new CallerTurns(most: 3, mostOfOne: 2, mostWaiting: 5, mostWaitingOfOne: 3);
        await shared.Enter("many", false, Never);
        await shared.Enter("many", false, Never);
        var third = shared.Enter("many", false, Never);

        Assert.Equal(Entry.Turn, await shared.Enter("other", false, Never));

        Assert.False(third.IsCompleted);
        shared.Leave("other");
        Assert.False(third.IsCompleted);
        shared.Leave("many");
        Assert.Equal(Entry.Turn, await third);
        Assert.Equal((2, 0), (shared.Running, shared.Waiting));
    }

    [Fact]
    public async Task Enter_TooManyOfAllWait_IsRefused_UnlessItWasAdmittedBefore()
    {
        await Enter("a");
        await Enter("a");
        for (var i = 0; i < 5; i++)
            _ = Enter($"waits {i}");

        Assert.Equal(Entry.Full, await Enter("other"));
        Assert.False(turns.Enter("other", isAdmitted: true, Never).IsCompleted);
        Assert.Equal(6, turns.Waiting);
    }

    [Fact]
    public async Task Enter_ByWeight_KeepsToTheSum_AndToTheShare()
    {
        var bytes = new CallerTurns(most: 10, mostOfOne: 6, mostWaiting: 5, mostWaitingOfOne: 3);
        await bytes.Enter("a", false, Never, weight: 5);
        var beyondItsShare = bytes.Enter("a", false, Never, weight: 2);
        await bytes.Enter("b", false, Never, weight: 4);
        var beyondTheSum = bytes.Enter("c", false, Never, weight: 3);

        Assert.Equal((9, 2), (bytes.Running, bytes.Waiting));
        bytes.Leave("b", weight: 4);
        Assert.Equal(Entry.Turn, await beyondTheSum);
        Assert.False(beyondItsShare.IsCompleted);
        bytes.Leave("a", weight: 5);
        Assert.Equal(Entry.Turn, await beyondItsShare);
        Assert.Equal((5, 0), (bytes.Running, bytes.Waiting));
    }

    [Fact]
    public async Task Enter_LightCalls_DoNotOvertakeAHeavyOneThatWaitsForRoom()
    {
        var bytes = new CallerTurns(most: 10, mostOfOne: 8, mostWaiting: 5, mostWaitingOfOne: 3);
        await bytes.Enter("a", false, Never, weight: 5);
        using var hangsUp = new CancellationTokenSource();
        var heavy = bytes.Enter("b", false, hangsUp.Token, weight: 8);
        var light = bytes.Enter("c", false, Never, weight: 1);

        Assert.False(light.IsCompleted);
        Assert.False(bytes.TryEnter("d"));
        await hangsUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => heavy);
        Assert.Equal(Entry.Turn, await light);
        Assert.Equal((6, 0), (bytes.Running, bytes.Waiting));
    }

    [Fact]
    public async Task Leave_OfAHeavyCall_StartsAllForWhichThereIsRoom()
    {
        var bytes = new CallerTurns(most: 10, mostOfOne: 10, mostWaiting: 5, mostWaitingOfOne: 3);
        await bytes.Enter("a", false, Never, weight: 10);
        Task<Entry>[] waiting = [.. "bcd".Select(caller => bytes.Enter($"{caller}", false, Never, weight: 4))];

        bytes.Leave("a", weight: 10);

        Assert.Equal(Entry.Turn, await waiting[0]);
        Assert.Equal(Entry.Turn, await waiting[1]);
        Assert.False(waiting[2].IsCompleted);
        Assert.Equal((8, 1), (bytes.Running, bytes.Waiting));
    }

    private Task<Entry> Enter(string caller, CancellationToken cancellation = default) =>
        turns.Enter(caller, isAdmitted: false, cancellation);
}
