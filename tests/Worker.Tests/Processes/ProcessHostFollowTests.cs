using System.Collections.Concurrent;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>
/// Followers are told of an end on the thread that saw it, and start the next command from there. Alone, as what another
/// command of this process leaves behind at that moment sends the end through the tree keeper's thread.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class ProcessHostFollowTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private static readonly StartRequest True = HostFixture.Shell("") with { Arguments = ["true"] };

    [Fact]
    public async Task Follow_OfOneThatHasEnded_IsToldHereAndNow()
    {
        var running = fixture.Host.Start(HostFixture.Shell("exit 3"));
        var outcome = await running.Completion;

        ProcessOutcome? told = null;
        running.Follow(end => told = end);

        Assert.Same(outcome, told);
    }

    [Fact]
    public async Task Follow_OfOneThatCannotStart_IsTold()
    {
        var told = new TaskCompletionSource<ProcessOutcome>(Elsewhere);
        fixture.Host.Start(True with { Arguments = ["/no/such/program"] }).Follow(told.SetResult);

        Assert.Equal(ProcessEndReason.SpawnFailed, (await told.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation)).Reason);
    }

    [Fact]
    public async Task Follow_StartsTheNextOne_OnTheOneThreadThatSawTheEnd()
    {
        const int Length = 100;
        var threads = new ConcurrentQueue<int>();
        var over = new TaskCompletionSource(Elsewhere);
        var go = Path.Combine(fixture.Root, "go");
        fixture.Host.Start(HostFixture.Shell($"until [ -e {go} ]; do sleep 0.01; done")).Follow(_ => Next(1));
        await File.WriteAllTextAsync(go, "", Cancellation);

        await over.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Equal(Length, threads.Count);
        Assert.Single(threads.Distinct());

        void Next(int n) => fixture.Host.Start(True).Follow(_ =>
        {
            threads.Enqueue(Environment.CurrentManagedThreadId);
            if (n == Length)
                over.SetResult();
            else
                Next(n + 1);
        });
    }

    [Fact]
    public async Task Follow_StartsOnesThatCannotStart_OthersOfTheThreadAreSeenToEnd()
    {
        await using var host = fixture.HostWithoutGroups();
        var other = host.Start(HostFixture.Shell("sleep 0.2"));
        var begun = TimeProvider.System.GetTimestamp();
        var seen = new TaskCompletionSource<bool>(Elsewhere);
        host.Start(True).Follow(_ => Next());

        Assert.True(await seen.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation));

        void Next()
        {
            if (other.Completion.IsCompleted)
                seen.SetResult(true);
            else if (TimeProvider.System.GetElapsedTime(begun) > TimeSpan.FromSeconds(20))
                seen.SetResult(false);
            else
                host.Start(True with { Arguments = ["/no/such/program"] }).Follow(_ => Next());
        }
    }

    [Fact]
    public async Task Follow_StartsSeveral_AllRun()
    {
        const int Started = 5;
        var left = Started;
        var over = new TaskCompletionSource(Elsewhere);
        fixture.Host.Start(True).Follow(_ =>
        {
            for (var i = 0; i < Started; i++)
                fixture.Host.Start(HostFixture.Shell("sleep 0.2; exit 4")).Follow(outcome =>
                {
                    if (outcome.ExitCode == 4 && Interlocked.Decrement(ref left) == 0)
                        over.SetResult();
                });
        });

        await over.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    [Fact]
    public async Task Follow_StartsOnAnotherHost_RunsThere()
    {
        await using var other = fixture.HostWithoutGroups();
        var over = new TaskCompletionSource<ProcessOutcome>(Elsewhere);
        fixture.Host.Start(True).Follow(_ => other.Start(HostFixture.Shell("exit 5")).Follow(over.SetResult));

        Assert.Equal(5, (await over.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation)).ExitCode);
    }

    [Fact]
    public async Task Dispose_WhileFollowersStartMore_Ends()
    {
        var host = fixture.HostWithoutGroups();
        var (started, turnedAway) = (0, new TaskCompletionSource(Elsewhere));
        var busy = new TaskCompletionSource(Elsewhere);
        Next();
        await busy.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        await turnedAway.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);

        void Next()
        {
            try
            {
                var running = host.Start(True);
                if (Interlocked.Increment(ref started) == 20)
                    busy.SetResult();
                running.Follow(_ => Next());
            }
            catch (ObjectDisposedException)
            {
                turnedAway.SetResult();
            }
        }
    }

    // What the test does next must not run on the thread of a follower.
    private static TaskCreationOptions Elsewhere => TaskCreationOptions.RunContinuationsAsynchronously;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
