using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
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

    [Fact]
    public async Task Throw_WhatHasNoText_FailsTheAttempt()
    {
        var output = new TextSink();
        var run = HostOf(static (_, _) => throw new WordlessException()).Start(Request("x") with { Output = output });
        var outcome = await run.Completion.WaitAsync(Cancellation);
        Assert.Equal((ProcessEndReason.Exit, 1), (outcome.Reason, outcome.ExitCode));
        Assert.Contains($"A {typeof(WordlessException)} was thrown, whose text cannot be read.", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Throw_LoggerThrowsToo_FailsTheAttempt()
    {
        var output = new TextSink();
        var run = HostOf(static (_, _) => throw new TimeoutException("the reason"), logger: new BrokenLogger())
            .Start(Request("x") with { Output = output });
        var outcome = await run.Completion.WaitAsync(Cancellation);
        Assert.Equal((ProcessEndReason.Exit, 1), (outcome.Reason, outcome.ExitCode));
        Assert.Contains("the reason", output.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 9)]
    public async Task End_WriterIsInUse_HasItsReason(bool returns, int exitCode)
    {
        var output = new TextSink { FullWrites = 1 };
        var run = HostOf((context, stopping) =>
        {
            // The sink is full, so this write waits for room, and keeps the writer for itself.
            _ = context.Error.WriteAsync("unfinished ");
            return returns ? Task.FromResult(AttemptResult.Failed("the reason", exitCode)) : throw new TimeoutException("the reason");
        }).Start(Request("x") with { Output = output });
        var outcome = await run.Completion.WaitAsync(Cancellation);
        Assert.Equal((ProcessEndReason.Exit, exitCode), (outcome.Reason, outcome.ExitCode));
        Assert.StartsWith("unfinished ", output.Text, StringComparison.Ordinal);
        Assert.Contains("the reason", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_OfAServiceFails_FailsTheAttempt()
    {
        var output = new TextSink();
        await using var provider = new ServiceCollection().AddScoped<Undisposable>().BuildServiceProvider();
        var registration = new HandlerRegistration("x", static scope =>
        {
            _ = scope.GetRequiredService<Undisposable>();
            return new Succeeding();
        });
        var host = new HandlerHost(
            new HandlerTable([registration]), provider.GetRequiredService<IServiceScopeFactory>(), "/nowhere", time, NullLogger.Instance);
        var outcome = await host.Start(Request("x") with { Output = output }).Completion.WaitAsync(Cancellation);
        Assert.Equal((ProcessEndReason.Exit, 1), (outcome.Reason, outcome.ExitCode));
        Assert.Contains("cannot be saved", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReportProgress_OfAHandler_AndItsLines_ReachTheAgent()
    {
        var sink = new ProgressSink();
        var run = HostOf(async (context, _) =>
        {
            context.ReportProgress(12.345m, "reading\nusers");
            await context.Output.WriteLineAsync("::progress 50% halfway");
            Assert.Throws<ArgumentOutOfRangeException>(() => context.ReportProgress(100.1m));
            return AttemptResult.Succeeded;
        }).Start(Request("x") with { Output = sink });

        Assert.Equal(0, (await run.Completion.WaitAsync(Cancellation)).ExitCode);
        Assert.Equal(["1234 readingusers", "5000 halfway"], sink.Reports);
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

    private HandlerHost HostOf(
        Func<TaskContext, CancellationToken, Task<AttemptResult>> handler, TimeSpan? endProcessAfter = null, ILogger? logger = null)
    {
        var collection = new ServiceCollection();
        collection.AddOrleansTasksWorker().AddTaskHandler("x", handler);
        var registrations = collection.Where(static service => service.ServiceType == typeof(HandlerRegistration))
            .Select(static service => (HandlerRegistration)service.ImplementationInstance!);
        return new HandlerHost(
            new HandlerTable(registrations), services.GetRequiredService<IServiceScopeFactory>(), "/nowhere", time, logger ?? NullLogger.Instance)
        {
            EndProcessAfter = endProcessAfter, EndProcess = ends.Enqueue,
        };
    }

    private static StartRequest Request(params string[] arguments) => new()
    {
        Arguments = arguments,
        Environment = [new("TASK_ID", "t1"), new("TASK_ATTEMPT", "1"), new("TASK_QUEUE", "default"), new("NODE_ID", "w")],
    };

    private sealed class ProgressSink : IOutputSink
    {
        public List<string> Reports { get; } = [];

        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
        {
        }

        public void Report(int hundredths, string message) => Reports.Add($"{hundredths} {message}");
    }

    private sealed class WordlessException : Exception
    {
        public override string Message => throw new WordlessException();

        public override string ToString() => throw new WordlessException();
    }

    private sealed class Undisposable : IDisposable
    {
        public void Dispose() => throw new IOException("cannot be saved");
    }

    private sealed class Succeeding : ITaskHandler
    {
        public Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation) => Task.FromResult(AttemptResult.Succeeded);
    }

    private sealed class BrokenLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("the log's disk is full");
    }

    private sealed class TextSink : IOutputSink
    {
        private readonly MemoryStream bytes = new();
        private int writes;

        /// <summary>How many of the first writes fill it.</summary>
        public int FullWrites { get; init; }

        public bool IsFull => FullWrites > 0 && writes <= FullWrites;

        public string Text => global::System.Text.Encoding.UTF8.GetString(bytes.ToArray());

        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> piece)
        {
            writes++;
            bytes.Write(piece);
        }
    }

    private sealed class FullSink : IOutputSink
    {
        private readonly SemaphoreSlim came = new(0);

        public bool IsFull => true;

        public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes) => came.Release();

        public Task Next(CancellationToken cancellation) => came.WaitAsync(cancellation);
    }
}
