using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Reads whose grain's silo has died.</summary>
public sealed class ReadRepeatsTests
{
    private readonly DefaultHttpContext context;
    private readonly VirtualTime time = new();
    private readonly ScriptedLink link;
    private int calls;

    public ReadRepeatsTests()
    {
        link = new ScriptedLink(time);
        context = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddSingleton<IClusterLink>(link).AddSingleton<TimeProvider>(time).BuildServiceProvider(),
        };
    }

    [Fact]
    public async Task Run_SiloGoneForTwoCalls_AnswersByTheThird()
    {
        await Run(2, new SiloUnavailableException("gone"));
        Assert.Equal((3, 201), (calls, context.Response.StatusCode));
    }

    [Fact]
    public async Task Run_SiloIsGoneForGood_FailsInTheEnd()
    {
        var began = time.GetTimestamp();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Run(int.MaxValue, new SiloUnavailableException("gone")));
        Assert.Equal(Takeover.Limit, time.GetElapsedTime(began));
        Assert.Equal(21, calls);
    }

    [Fact]
    public async Task Run_TheQueueMoves_AnswersByTheNewOwner()
    {
        await Run(1, new StoreUnavailableException("moved") { IsOwnerReplaced = true });
        Assert.Equal((2, 201), (calls, context.Response.StatusCode));
    }

    [Fact]
    public async Task Run_OtherFailure_IsNotRepeated()
    {
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Run(1, new StoreUnavailableException()));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Run_AnotherSiloIsFoundSoon_Answers()
    {
        link.Close();
        await Run(1, new SiloUnavailableException("gone"), link.Open);
        Assert.Equal((2, 201), (calls, context.Response.StatusCode));
    }

    [Fact]
    public async Task Run_NoSiloAnswers_IsNotRepeated()
    {
        link.Close();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => Run(1, new SiloUnavailableException("gone")));
        Assert.Equal(1, calls);
    }

    /// <summary>Runs a handler that fails so often first, and lets pass the time for which it waits.</summary>
    private async Task Run(int failures, Exception fault, Action? onWait = null)
    {
        var running = ReadRepeats.Run(context, async answered =>
        {
            await Task.Yield();
            if (++calls <= failures)
                throw fault;
            answered.Response.StatusCode = 201;
        });
        while (!running.IsCompleted)
        {
            if (link.Waiting > 0 && onWait is not null)
                onWait();
            // The first timer is the limit of the wait, which is about to be seen.
            else if (time.Timers > 0 && (onWait is null || link.IsUp))
                time.AdvanceToNext();
            else
                await Task.Yield();
        }

        await running;
    }
}
