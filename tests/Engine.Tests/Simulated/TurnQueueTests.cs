using OrleansTasks.Simulation;
using OrleansTasks.Simulation.Engine;

namespace OrleansTasks.Engine.Tests;

/// <summary>The turns of one owner, run by hand.</summary>
public sealed class TurnQueueTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    private readonly TurnScheduler _scheduler = new(new SimRandom(1, "turns"), new SimTrace(), static () => 0, static () => 0);
    private readonly TurnQueue _queue;
    private readonly List<string> _ran = [];

    public TurnQueueTests() => _queue = new TurnQueue(_scheduler, this, host: null);

    [Fact]
    public void TurnsAndTasks_RunInOrderOneAStep()
    {
        Enqueue("turn one");
        StartTask("task one");
        Enqueue("turn two");
        Assert.True(_scheduler.Step());
        Assert.Equal(["turn one"], _ran);
        Enqueue("turn three");
        RunAll();
        Assert.Equal(["turn one", "task one", "turn two", "turn three"], _ran);
    }

    [Fact]
    public void AmbientValue_OfOneTurn_IsNotSeenByTheNext()
    {
        _queue.Enqueue(new Turn(() => Ambient.Value = "leaked"));
        _queue.Enqueue(new Turn(() => _ran.Add(Ambient.Value ?? "none")));
        RunAll();
        Assert.Equal(["none"], _ran);
        Assert.Null(Ambient.Value);
    }

    [Fact]
    public void Turn_RunsInTheQueuesScheduler()
    {
        TaskScheduler? seen = null;
        _queue.Enqueue(new Turn(() => seen = TaskScheduler.Current));
        RunAll();
        Assert.Same(_queue, seen);
        Assert.Null(TurnQueue.Running);
    }

    [Fact]
    public void HaltedQueue_DropsWaitingAndFutureTurns()
    {
        Enqueue("one");
        _queue.Halt();
        Enqueue("two");
        RunAll();
        Assert.Empty(_ran);
    }

    [Fact]
    public void TurnFromAnotherThread_WhileTheQueueHasWork_FailsTheNextStep()
    {
        Enqueue("one");
        var other = new Thread(() => Enqueue("two"));
        other.Start();
        other.Join();
        var failure = Assert.Throws<SimulationException>(() => _scheduler.Step());
        Assert.Contains("escaped", failure.Message);
    }

    private void RunAll()
    {
        while (_scheduler.Step())
        {
            // On to the next turn.
        }
    }

    private void Enqueue(string name) => _queue.Enqueue(new Turn(() => _ran.Add(name)));

    private void StartTask(string name) =>
        _ = Task.Factory.StartNew(() => _ran.Add(name), CancellationToken.None, TaskCreationOptions.None, _queue);

    private sealed class Turn(Action action) : ITurn
    {
        public void Run() => action();
    }
}
