using OrleansTasks.Silo.Engine;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>What becomes of commands whose queue does not take them.</summary>
public sealed class OrleansCommandDetourTests
{
    private readonly ManualTime time = new();
    private readonly OrleansCommandDetour detour;
    private int puts;
    private int passed;

    public OrleansCommandDetourTests() => detour = new OrleansCommandDetour(time);

    [Fact]
    public async Task Send_QueueTakesIt_IsNotPassed()
    {
        await Send(Task.FromResult(true));
        await Send(Task.FromResult(true));
        Assert.Equal((2, 0), (puts, passed));
    }

    [Fact]
    public async Task Send_SiloOfTheQueueDoesNotAnswer_IsPassedAndTheNextOnesToo_ForAWhile()
    {
        var dead = new TaskCompletionSource<bool>();
        var sending = Send(dead.Task);
        Assert.Equal((1, 0), (puts, passed));
        time.Advance(OrleansCommandDetour.Patience);
        await sending;
        Assert.Equal((1, 1), (puts, passed));
        await Send(dead.Task);
        Assert.Equal((1, 2), (puts, passed));

        time.Advance(OrleansCommandDetour.Avoided);
        await Send(Task.FromResult(true));
        await Send(Task.FromResult(true));
        Assert.Equal((3, 2), (puts, passed));
    }

    [Fact]
    public async Task Send_QueueFailsOrIsFull_IsPassed()
    {
        await Send(Task.FromException<bool>(new InvalidOperationException()));
        time.Advance(OrleansCommandDetour.Avoided);
        await Send(Task.FromResult(false));
        Assert.Equal((2, 2), (puts, passed));
    }

    private Task Send(Task<bool> put) => detour.Send(
        () =>
        {
            puts++;
            return put;
        },
        () =>
        {
            passed++;
            return Task.CompletedTask;
        });
}
