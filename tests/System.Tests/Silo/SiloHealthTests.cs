using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What a silo tells probes.</summary>
public sealed class SiloHealthTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunningSilo_IsReadyAndNotStuck()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        var health = silo.Services.GetRequiredService<SiloHealth>();
        await Until.Holds(
            "it is ready", TimeSpan.FromMinutes(1), async () => (await health.FindProblems(Test)).Count == 0);
        Assert.Null(await health.FindStuck(Test));
    }

    [Theory]
    [InlineData("", true, StoreHealth.Healthy, 14.0)]
    [InlineData("cluster", false, StoreHealth.Healthy, 1.0)]
    [InlineData("store", true, StoreHealth.LowSpace, 1.0)]
    [InlineData("store", true, StoreHealth.Failing, 1.0)]
    [InlineData("store", true, StoreHealth.Damaged, 1.0)]
    [InlineData("queues", true, StoreHealth.Healthy, 16.0)]
    [InlineData("queues", true, StoreHealth.Healthy, null)]
    [InlineData("cluster queues", false, StoreHealth.Healthy, null)]
    public void Problems_NameWhatTheyAreAbout(string about, bool isActive, StoreHealth health, double? readAgo)
    {
        TimeSpan? ago = readAgo is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var problems = SiloHealth.FindProblems(isActive, health, ago, Interval);
        Assert.Equal(about, string.Join(' ', problems.Select(static problem => problem[..problem.IndexOf(':')])));
    }

    [Fact]
    public async Task Call_WithoutAnAnswerFor30Seconds_IsStuck_UntilItIsAnswered()
    {
        var time = new ForwardTime();
        var answer = new TaskCompletionSource();
        var calls = 0;
        var call = new StuckCall(() => ++calls == 1 ? answer.Task : Task.CompletedTask, time);
        // A probe that is cancelled does not wait.
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        Assert.Null(await call.Find(gone.Token));
        time.Forward(StuckCall.Longest);
        Assert.True(await call.Find(gone.Token) >= StuckCall.Longest);
        Assert.Equal(1, calls);

        answer.SetResult();
        Assert.Null(await call.Find(Test));
        Assert.Null(await call.Find(Test));
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Call_Fails_IsNotStuck()
    {
        var call = new StuckCall(static () => Task.FromException(new InvalidOperationException()), TimeProvider.System);
        Assert.Null(await call.Find(Test));
    }
}
