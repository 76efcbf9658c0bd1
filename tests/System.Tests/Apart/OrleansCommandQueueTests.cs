using OrleansTasks.Nodes;
using OrleansTasks.Silo.Engine;
using OrleansTasks.Tasks;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>A queue of commands: who gets its items, and what becomes of those that reach nobody.</summary>
public sealed class OrleansCommandQueueTests
{
    private readonly OrleansCommandQueue queue = new("first", TimeProvider.System);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Take_NothingIsThere_WaitsForTheNextItem()
    {
        var taking = Take();
        Assert.False(taking.IsCompleted);
        Assert.True(queue.TryPut(Item("a")));
        Assert.Equal(("a", 1), Names(await taking));
    }

    [Fact]
    public async Task Take_AnswerReachedNobody_NextReaderGetsTheSameItems()
    {
        // The reader's silo died while it waited: the answer goes nowhere.
        var lost = Take();
        queue.TryPut(Item("a"));
        await lost;
        queue.TryPut(Item("b"));

        var taken = await Take();
        Assert.Equal(("a b", 2), Names(taken));
        queue.TryPut(Item("c"));
        Assert.Equal(("c", 3), Names(await Take(taken)));
    }

    [Fact]
    public async Task Take_NamesItemsOfAnEarlierLife_GetsThemAll()
    {
        queue.TryPut(Item("a"));
        queue.TryPut(Item("b"));
        Assert.Equal(("a b", 2), Names(await queue.Take("earlier", 1, 10, Test)));
    }

    [Fact]
    public async Task Take_WhileAnotherReaderWaits_EndsThatWaitAndGetsTheItem()
    {
        var dead = Take();
        var taking = Take();
        Assert.Empty((await dead).Items);
        queue.TryPut(Item("a"));
        Assert.Equal(("a", 1), Names(await taking));
    }

    [Fact]
    public async Task Take_AsksForLess_LeavesTheRest()
    {
        foreach (var node in (string[])["a", "b", "c"])
            queue.TryPut(Item(node));
        var first = await queue.Take("", 0, 2, Test);
        Assert.Equal(("a b", 2), Names(first));
        Assert.Equal(("c", 3), Names(await Take(first)));
    }

    [Fact]
    public async Task Take_ItemsAreLarge_ReturnsAboutAMebibyte()
    {
        for (var item = 0; item < 8; item++)
            queue.TryPut(Item("a", commands: 1024));
        Assert.Equal(4, (await Take()).Items.Length);
    }

    [Fact]
    public async Task Take_NothingComes_EndsAfterTheLongestWait()
    {
        var time = new ManualTime();
        var waiting = new OrleansCommandQueue("first", time);
        var taking = waiting.Take("", 0, 10, Test);
        time.Advance(OrleansCommandQueue.LongestWait - TimeSpan.FromTicks(1));
        Assert.False(taking.IsCompleted);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Empty((await taking).Items);
    }

    [Fact]
    public async Task Take_HostStops_DoesNotWait()
    {
        using var stopping = new CancellationTokenSource();
        var taking = queue.Take("", 0, 10, stopping.Token);
        await stopping.CancelAsync();
        Assert.Empty((await taking).Items);
        Assert.Empty((await queue.Take("", 0, 10, stopping.Token)).Items);
        queue.TryPut(Item("a"));
        Assert.Single((await queue.Take("", 0, 10, stopping.Token)).Items);
    }

    [Fact]
    public async Task Put_Full_IsRefusedUntilItemsAreReceived()
    {
        for (var item = 0; item < OrleansCommandQueue.MostItems; item++)
            Assert.True(queue.TryPut(Item("a")));
        Assert.False(queue.TryPut(Item("a")));
        // What was taken still counts: nobody knows yet that it was received.
        var taken = await Take();
        Assert.False(queue.TryPut(Item("a")));
        await Take(taken);
        Assert.True(queue.TryPut(Item("a")));
    }

    [Fact]
    public async Task Put_TooManyBytes_IsRefusedUntilItemsAreReceived()
    {
        var large = Item("a", commands: (int)(OrleansCommandQueue.MostBytes / 256));
        Assert.True(queue.TryPut(large));
        Assert.False(queue.TryPut(Item("b")));
        var taken = await Take();
        var next = Take(taken);
        Assert.True(queue.TryPut(Item("b")));
        Assert.Equal(("b", 2), Names(await next));
    }

    [Fact]
    public async Task Close_HandsOutWhatIsLeftAndTakesNothingMore()
    {
        queue.TryPut(Item("a"));
        var taken = await Take();
        queue.TryPut(Item("b"));
        queue.TryPut(Item("c"));
        await Take(taken);
        Assert.Equal(["b", "c"], queue.Close().Select(static item => item.Node));
        Assert.False(queue.TryPut(Item("d")));
        Assert.Empty((await Take()).Items);
    }

    [Fact]
    public async Task Close_WhileAReaderWaits_EndsTheWait()
    {
        var taking = Take();
        Assert.Empty(queue.Close());
        Assert.Empty((await taking).Items);
    }

    internal static QueuedCommands Item(string node, int commands = 1) =>
        new(node, new CommandBatch(1, [], [.. new LeaseRef[commands]], []));

    private Task<TakenCommands> Take(TakenCommands? before = null) =>
        queue.Take(before?.Queue ?? "", before?.Last ?? 0, 10, Test);

    private static (string Nodes, long Last) Names(TakenCommands taken) =>
        (string.Join(' ', taken.Items.Select(static item => item.Node)), taken.Last);
}
