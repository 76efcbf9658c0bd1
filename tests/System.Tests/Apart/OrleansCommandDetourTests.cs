using OrleansTasks.Silo.Engine;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Commands that the queue of their stream does not take go directly to the node's grain, and so do all others for a
/// while.
/// </summary>
public sealed class OrleansCommandDetourTests
{
    private readonly ManualTime time = new();
    private readonly OrleansCommandDetour detour;
    private int puts;
    private int direct;

    public OrleansCommandDetourTests() => detour = new OrleansCommandDetour(time);

    [Fact]
    public async Task Send_QueueTakesIt_GoesNotDirectly()
    {
        await Send(Task.FromResult(true));
        await Send(Task.FromResult(true));
        Assert.Equal((2, 0), (puts, direct));
    }

    [Fact]
    public async Task Send_SiloOfTheQueueDoesNotAnswer_GoesDirectlyAndTheNextOnesToo_ForAWhile()
    {
        var dead = new TaskCompletionSource<bool>();
        var sending = Send(dead.Task);
        Assert.Equal((1, 0), (puts, direct));
        time.Advance(OrleansCommandDetour.Patience);
        await sending;
        Assert.Equal((1, 1), (puts, direct));
        await Send(dead.Task);
        Assert.Equal((1, 2), (puts, direct));

        time.Advance(OrleansCommandDetour.Avoided);
        await Send(Task.FromResult(true));
        await Send(Task.FromResult(true));
        Assert.Equal((3, 2), (puts, direct));
    }

    [Fact]
    public async Task Send_QueueFailsOrIsFull_GoesDirectly()
    {
        await Send(Task.FromException<bool>(new InvalidOperationException()));
        time.Advance(OrleansCommandDetour.Avoided);
        await Send(Task.FromResult(false));
        Assert.Equal((2, 2), (puts, direct));
    }

    private Task Send(Task<bool> put) => detour.Send(
        () =>
        {
            puts++;
            return put;
        },
        () =>
        {
            direct++;
            return Task.CompletedTask;
        });
}
