using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Engine;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>How a queue of commands is read.</summary>
public sealed class OrleansCommandReceiverTests
{
    private readonly ManualTime time = new();
    private readonly ScriptedQueue queue = new();
    private readonly OrleansCommandReceiver receiver;

    public OrleansCommandReceiverTests() =>
        receiver = new OrleansCommandReceiver("q", queue, time, NullLogger.Instance);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_ItemComes_IsTheNodesStreamAndTakenOnce()
    {
        var reading = receiver.GetQueueMessagesAsync(10, Test);
        Assert.False(reading.IsCompleted);
        var item = OrleansCommandQueueTests.Item("w1");
        queue.Items.TryPut(item);
        var container = Assert.Single(await reading);
        Assert.Equal((StreamId.Create(CommandStream.Namespace, "w1"), 1),
            (container.StreamId, container.SequenceToken.SequenceNumber));
        Assert.Same(item.Batch, Assert.Single(container.GetEvents<CommandBatch>()).Item1);

        reading = receiver.GetQueueMessagesAsync(10, Test);
        Assert.False(reading.IsCompleted);
        queue.Items.TryPut(item);
        Assert.Equal(2, Assert.Single(await reading).SequenceToken.SequenceNumber);
    }

    [Fact]
    public async Task Read_QueueIsMadeAgain_NumbersGoOn()
    {
        for (var item = 0; item < 3; item++)
            queue.Items.TryPut(OrleansCommandQueueTests.Item("w1"));
        Assert.Equal(3, (await receiver.GetQueueMessagesAsync(10, Test)).Count);

        // Its silo died: the next one counts anew.
        queue.Items = new OrleansCommandQueue("second", TimeProvider.System);
        queue.Items.TryPut(OrleansCommandQueueTests.Item("w1"));
        Assert.Equal(4, Assert.Single(await receiver.GetQueueMessagesAsync(10, Test)).SequenceToken.SequenceNumber);
    }

    [Fact]
    public async Task Read_AgentStops_EndsTheWaitAndLosesNothing()
    {
        using var stopping = new CancellationTokenSource();
        var reading = receiver.GetQueueMessagesAsync(10, stopping.Token);
        await stopping.CancelAsync();
        Assert.Empty(await reading);
        // The grain still waits for the reader that is gone, and answers it.
        queue.Items.TryPut(OrleansCommandQueueTests.Item("w1"));
        var next = new OrleansCommandReceiver("q", queue, TimeProvider.System, NullLogger.Instance);
        Assert.Single(await next.GetQueueMessagesAsync(10, Test));
    }

    [Fact]
    public async Task Read_SiloOfTheQueueIsGone_EndsWithNothingAndReadsAgain()
    {
        queue.Fails = true;
        var reading = receiver.GetQueueMessagesAsync(10, Test);
        Assert.False(reading.IsCompleted);
        time.Advance(OrleansCommandReceiver.Pause);
        Assert.Empty(await reading);
        queue.Fails = false;
        queue.Items.TryPut(OrleansCommandQueueTests.Item("w1"));
        Assert.Single(await receiver.GetQueueMessagesAsync(10, Test));
    }

    /// <summary>The grain of a queue without its silo.</summary>
    private sealed class ScriptedQueue : ICommandQueueGrain
    {
        public OrleansCommandQueue Items { get; set; } = new("first", TimeProvider.System);

        public bool Fails { get; set; }

        public Task<bool> Put(QueuedCommands item) => Task.FromResult(Items.TryPut(item));

        public Task<TakenCommands> Take(string from, long last, int most) => Fails
            ? Task.FromException<TakenCommands>(new SiloUnavailableException())
            : Items.Take(from, last, most, Test);
    }
}
