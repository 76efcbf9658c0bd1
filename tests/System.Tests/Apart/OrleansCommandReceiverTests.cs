using Orleans.Streams;
using OrleansTasks.Silo.Engine;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>How a queue of commands is read on engine Orleans.</summary>
public sealed class OrleansCommandReceiverTests
{
    private readonly ScriptedQueue queue = new();
    private readonly SemaphoreSlim bell = new(0);
    private readonly OrleansCommandReceiver receiver;

    public OrleansCommandReceiverTests() => receiver = new OrleansCommandReceiver(queue, bell);

    [Fact]
    public async Task Read_ItemIsThere_ReturnsItAtOnce()
    {
        queue.Items = 2;
        Assert.Equal(2, (await receiver.GetQueueMessagesAsync(10, TestContext.Current.CancellationToken)).Count);
        Assert.Equal(1, queue.Reads);
    }

    [Fact]
    public async Task Read_NothingIsThere_WaitsForTheBell()
    {
        // These items were read already: their bells must not end the wait.
        bell.Release(3);
        var reading = receiver.GetQueueMessagesAsync(10, TestContext.Current.CancellationToken);
        Assert.Equal((false, 1), (reading.IsCompleted, queue.Reads));

        queue.Items = 1;
        bell.Release();
        Assert.Single(await reading);
    }

    [Fact]
    public async Task Read_ItemCameBetweenLookingAndWaiting_FindsIt()
    {
        queue.AfterRead = () =>
        {
            queue.Items = 1;
            bell.Release();
        };
        Assert.Single(await receiver.GetQueueMessagesAsync(10, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Read_AgentStops_EndsTheWaitWithNothing()
    {
        using var stopping = new CancellationTokenSource();
        var reading = receiver.GetQueueMessagesAsync(10, stopping.Token);
        await stopping.CancelAsync();
        Assert.Empty(await reading);
        Assert.Equal(1, queue.Reads);
    }

    /// <summary>A queue with as many items as a test says, until they are read.</summary>
    private sealed class ScriptedQueue : IQueueAdapterReceiver
    {
        public int Items { get; set; }

        public int Reads { get; private set; }

        public Action? AfterRead { get; set; }

        public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
        {
            Reads++;
            IList<IBatchContainer> found = [.. Enumerable.Repeat<IBatchContainer>(null!, Items)];
            Items = 0;
            var after = AfterRead;
            AfterRead = null;
            after?.Invoke();
            return Task.FromResult(found);
        }

        public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => throw new NotSupportedException();

        public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

        public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

        public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;
    }
}
