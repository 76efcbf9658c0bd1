using OrleansTasks.Engine.Embedded;

namespace OrleansTasks.Engine.Tests;

/// <summary>The turns of one activation, run by hand.</summary>
public sealed class TurnQueueTests : IExecutor
{
    private static readonly AsyncLocal<string?> Ambient = new();

    private readonly TurnQueue _queue;
    private readonly List<string> _ran = [];
    private int _announced;

    public TurnQueueTests() => _queue = new TurnQueue(this, this);

    void IExecutor.Ready(TurnQueue queue) => _announced++;

    [Fact]
    public void Queue_IsAnnouncedOnceUntilItRanEmpty()
    {
        Enqueue("one");
        Enqueue("two");
        Assert.Equal(1, _announced);
        Assert.True(_queue.Run(1));
        Enqueue("three");
        Assert.Equal(1, _announced);
        Assert.False(_queue.Run(10));
        Enqueue("four");
        Assert.Equal(2, _announced);
        Assert.Equal(["one", "two", "three"], _ran);
    }

    [Fact]
    public void TurnsAndTasks_RunInOrderAndWithinTheLimit()
    {
        Enqueue("turn one");
        StartTask("task one");
        Enqueue("turn two");
        Enqueue("turn three");
        StartTask("task two");
        Assert.True(_queue.Run(3));
        Assert.Equal(["turn one", "task one", "turn two"], _ran);
        Assert.False(_queue.Run(3));
        Assert.Equal(["turn one", "task one", "turn two", "turn three", "task two"], _ran);
    }

    [Fact]
    public void AmbientValue_OfOneTurn_IsNotSeenByTheNextOfTheSameSlice()
    {
        _queue.Enqueue(new Turn(() => Ambient.Value = "leaked"));
        _queue.Enqueue(new Turn(() => _ran.Add(Ambient.Value ?? "none")));
        _queue.Run(10);
        Assert.Equal(["none"], _ran);
        Assert.Null(Ambient.Value);
    }

    [Fact]
    public void Turn_RunsInTheQueuesScheduler()
    {
        TaskScheduler? seen = null;
        _queue.Enqueue(new Turn(() => seen = TaskScheduler.Current));
        _queue.Run(1);
        Assert.Same(_queue, seen);
        Assert.Null(TurnQueue.Running);
    }

    [Fact]
    public void HaltedQueue_DropsWhatWaitsAndWhatComes()
    {
        Enqueue("one");
        _queue.Halt();
        Enqueue("two");
        Assert.False(_queue.Run(10));
        Assert.Empty(_ran);
    }

    [Fact]
    public async Task AwaitedSource_CompletedOnAPoolThread_GoesOnInTheQueue()
    {
        var source = new TaskCompletionSource();
        _queue.Enqueue(new Turn(() => _ = AwaitAsync(source.Task)));
        _queue.Run(1);
        await Task.Run(source.SetResult);
        Assert.Empty(_ran);
        _queue.Run(1);
        Assert.Equal(["True"], _ran);
    }

    private async Task AwaitAsync(Task task)
    {
        await task;
        _ran.Add($"{TurnQueue.Running == _queue}");
    }

    private void Enqueue(string name) => _queue.Enqueue(new Turn(() => _ran.Add(name)));

    private void StartTask(string name) =>
        _ = Task.Factory.StartNew(() => _ran.Add(name), CancellationToken.None, TaskCreationOptions.None, _queue);

    private sealed class Turn(Action action) : ITurn
    {
        public void Run() => action();
    }
}
