using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Handlers;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>One attempt that a handler runs.</summary>
public sealed class HandlerRunTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly ServiceProvider services = new ServiceCollection().BuildServiceProvider();
    private readonly ConcurrentQueue<string> ends = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KillNow_HandlerGoesOn_EndsTheProcessAfterTheLimit()
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource<AttemptResult>());
        var run = HostOf(
            (_, _) =>
            {
                begun.SetResult();
                return goOn.Task;
            },
            TimeSpan.FromSeconds(2)).Start(Request("x"));
        await begun.Task.WaitAsync(Cancellation);
        run.KillNow();
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Empty(ends);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Contains("has ignored for 00:00:02 that its attempt was killed", Assert.Single(ends), StringComparison.Ordinal);
        goOn.SetResult(AttemptResult.Succeeded);
        Assert.Equal(ProcessEndReason.Killed, (await run.Completion.WaitAsync(Cancellation)).Reason);
    }

    [Fact]
    public async Task KillNow_HandlerReturns_ProcessGoesOn()
    {
        var run = HostOf(
            async (_, cancellation) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                return AttemptResult.Succeeded;
            },
            TimeSpan.FromSeconds(2)).Start(Request("x"));
        run.KillNow();
        var outcome = await run.Completion.WaitAsync(Cancellation);
        Assert.Equal((ProcessEndReason.Killed, null), (outcome.Reason, outcome.ExitCode));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(ends);
    }

    [Fact]
    public async Task Write_SinkIsFull_WaitsUntilItHasRoomOrTheAttemptIsKilled()
    {
        var (sink, written) = (new FullSink(), 0);
        var run = HostOf(async (context, _) =>
        {
            for (; written < 3; Interlocked.Increment(ref written))
                await context.Output.WriteAsync("x");
            return AttemptResult.Succeeded;
        }).Start(Request("x") with { Output = sink });
        await sink.Next(Cancellation);
        Assert.Equal(0, Volatile.Read(ref written));
        run.ResumeOutput();
        await sink.Next(Cancellation);
        Assert.Equal(1, Volatile.Read(ref written));
        run.KillNow();
        var outcome = await run.Completion.WaitAsync(Cancellation);
        Assert.Equal((ProcessEndReason.Killed, 3L), (outcome.Reason, outcome.StandardOutput.WrittenBytes));
    }

    [Theory]
    [InlineData("resize --width 10", "resize|--width|10")]
    [InlineData("  resize\t'a  b' \"c'd\" ", "resize|a  b|c'd")]
    [InlineData("""r "a\"b\\c\d" \' a'b'"c" ''""", """r|a"b\c\d|'|abc|""")]
    [InlineData("r a#b x=~ 1{2}", "r|a#b|x=~|1{2}")]
    public void Words_OfALine_AreThoseOfAShell(string line, string words)
    {
        Assert.True(CommandWords.TrySplit(["/bin/sh", "-c", line], out var split, out _));
        Assert.Equal(words.Split('|'), split);
    }

    [Theory]
    [InlineData("r $HOME", "'$'")]
    [InlineData("r \"$HOME\"", "'$'")]
    [InlineData("r `x`", "'`'")]
    [InlineData("r > file", "'>'")]
    [InlineData("r *.png", "'*'")]
    [InlineData("r ~/x", "'~'")]
    [InlineData("r; s", "';'")]
    [InlineData("r 'a", "a quote without its end")]
    [InlineData("r \\", "\\ at its end")]
    [InlineData("  ", "The command is empty")]
    public void Words_OfALineThatNeedsAShell_AreRefused(string line, string what)
    {
        Assert.False(CommandWords.TrySplit(["/bin/sh", "-c", line], out _, out var fault));
        Assert.Contains(what, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Words_OfArguments_AreTakenAsTheyAre()
    {
        Assert.True(CommandWords.TrySplit(["resize", "$HOME", "a b"], out var words, out _));
        Assert.Equal(["resize", "$HOME", "a b"], words);
    }

    public void Dispose() => services.Dispose();

    private HandlerHost HostOf(Func<TaskContext, CancellationToken, Task<AttemptResult>> handler, TimeSpan? endProcessAfter = null)
    {
        var collection = new ServiceCollection();
        collection.AddOrleansTasksWorker().AddTaskHandler("x", handler);
        var registrations = collection.Where(static service => service.ServiceType == typeof(HandlerRegistration))
            .Select(static service => (HandlerRegistration)service.ImplementationInstance!);
        return new HandlerHost(
            new HandlerTable(registrations), services.GetRequiredService<IServiceScopeFactory>(), "/nowhere", time, NullLogger.Instance)
        {
            EndProcessAfter = endProcessAfter, EndProcess = ends.Enqueue,
        };
    }

    private static StartRequest Request(params string[] arguments) => new()
    {
        Arguments = arguments,
        Environment = [new("TASK_ID", "t1"), new("TASK_ATTEMPT", "1"), new("TASK_QUEUE", "default"), new("NODE_ID", "w")],
    };

    private sealed class FullSink : IOutputSink
    {
        private readonly SemaphoreSlim came = new(0);

        public bool IsFull => true;

        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes) => came.Release();

        public Task Next(CancellationToken cancellation) => came.WaitAsync(cancellation);
    }
}
