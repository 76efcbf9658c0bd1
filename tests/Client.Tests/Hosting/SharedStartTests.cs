using OrleansTasks.Cluster.Startup;
using OrleansTasks.Tests;

namespace OrleansTasks.Client.Tests.Hosting;

public sealed class SharedStartTests
{
    private readonly ManualTime time = new();
    private readonly TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int starts;

    [Fact]
    public async Task Run_TenCallersAtOnce_StartOnce()
    {
        var shared = Forever(() => held.Task);
        Assert.Equal(0, starts);

        var callers = Enumerable.Range(0, 10).Select(_ => Task.Run(shared.Run)).ToArray();
        Assert.All(callers, static caller => Assert.False(caller.IsCompleted));
        held.SetResult();
        await Task.WhenAll(callers);
        time.Advance(TimeSpan.FromDays(1000));
        await shared.Run();

        Assert.Equal(1, starts);
    }

    [Fact]
    public async Task Run_AfterAFailure_StartsAgain()
    {
        var shared = Forever(() => starts == 1 ? throw new IOException("full") : Task.CompletedTask);

        Assert.Equal("full", (await Assert.ThrowsAsync<IOException>(shared.Run)).Message);
        await shared.Run();
        await shared.Run();

        Assert.Equal(2, starts);
    }

    [Fact]
    public async Task Run_OnceTheStartIsTooOld_StartsAgain()
    {
        var shared = Counted(static () => Task.CompletedTask, TimeSpan.FromSeconds(10));
        await shared.Run();
        time.Advance(TimeSpan.FromSeconds(9));
        await shared.Run();
        Assert.Equal(1, starts);

        time.Advance(TimeSpan.FromSeconds(1));
        await shared.Run();
        Assert.Equal(2, starts);
    }

    [Fact]
    public async Task Run_OfACallerWithAContext_DoesNotStartInIt()
    {
        var context = new AsyncLocal<string> { Value = "of the caller" };
        string? found = null;
        await Forever(() =>
        {
            found = context.Value;
            return Task.CompletedTask;
        }).Run();

        Assert.Null(found);
        Assert.Equal("of the caller", context.Value);
    }

    [Fact]
    public async Task End_WhileItStarts_WaitsAndRefusesTheNextCaller()
    {
        var shared = Forever(() => held.Task);
        var caller = shared.Run();

        var end = shared.End();
        Assert.False(end.IsCompleted);
        Assert.Throws<ObjectDisposedException>(() => { _ = shared.Run(); });
        held.SetException(new IOException("full"));

        await end;
        await Assert.ThrowsAsync<IOException>(() => caller);
        Assert.Equal(1, starts);
    }

    [Fact]
    public async Task End_BeforeAStart_StartsNothing()
    {
        var shared = Forever(static () => Task.CompletedTask);
        await shared.End();
        Assert.Throws<ObjectDisposedException>(() => { _ = shared.Run(); });
        Assert.Equal(0, starts);
    }

    private SharedStart Forever(Func<Task> start) => Counted(start, Timeout.InfiniteTimeSpan);

    private SharedStart Counted(Func<Task> start, TimeSpan lasts) => new(
        () =>
        {
            Interlocked.Increment(ref starts);
            return start();
        },
        lasts, time);
}
