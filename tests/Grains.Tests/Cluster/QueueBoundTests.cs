using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>Calls for queues that would be one too many.</summary>
public sealed class QueueBoundTests
{
    [Fact]
    public async Task Call_OfAQueueTooMany_IsRefusedAndLogsNothing()
    {
        var log = new KeptLog();
        await using var cluster = await GrainCluster.StartAsync(add: services => services.AddSingleton<ILoggerProvider>(log));
        await cluster.Submit();
        cluster.Memory.MaxQueues = 1;

        for (var queue = 0; queue < 10; queue++)
        {
            var another = cluster.Grains.GetGrain<ITaskDispatcherGrain>($"another-{queue}");
            await Assert.ThrowsAsync<TooManyQueuesException>(() => another.Submit([cluster.Request()]).Soon());
            await Assert.ThrowsAsync<TooManyQueuesException>(() => another.Submit([cluster.Request()]).Soon());
            await Assert.ThrowsAsync<TooManyQueuesException>(() => another.GetStatus().Soon());
        }

        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task Submit_AfterAQueueHasGone_IsAcceptedWithinASecond()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Memory.MaxQueues = 1;
        var another = cluster.Grains.GetGrain<ITaskDispatcherGrain>("another");
        await Assert.ThrowsAsync<TooManyQueuesException>(() => another.Submit([cluster.Request()]).Soon());
        cluster.Memory.MaxQueues = 2;
        cluster.Time.Advance(TimeSpan.FromSeconds(1));

        // The activation that refuses ends in a turn of its own.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        SubmitReply? accepted = null;
        while (accepted is null)
        {
            limit.Token.ThrowIfCancellationRequested();
            try
            {
                accepted = (await another.Submit([cluster.Request()]).Soon())[0];
            }
            catch (TooManyQueuesException)
            {
                await Task.Yield();
            }
        }

        Assert.Equal(SubmitOutcome.Accepted, accepted.Outcome);
    }

    // Keeps warnings and errors of every category.
    private sealed class KeptLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
