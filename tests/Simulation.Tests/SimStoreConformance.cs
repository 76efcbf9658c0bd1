using OrleansTasks.Simulation.Engine;
using OrleansTasks.Simulation.Store;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Simulation.Tests;

/// <summary>The simulated store, with nothing going wrong but crashes, does what every store must do.</summary>
public sealed class SimStoreConformance : TaskStoreConformance
{
    private readonly SimStore store;

    public SimStoreConformance() => store = new SimStore(new ImmediateClock(Clock), new SimRandom(1, "store"), new MemoryFileIndex()) { Slowest = TimeSpan.Zero };

    protected override ITaskStore Store => store;

    protected override IFileIndex Files => store.Files;

    /// <summary>What was synced is there after a crash.</summary>
    protected override void Reopen() => store.Crash(TimeSpan.Zero);

    public override void Dispose()
    {
    }

    /// <summary>A clock whose timers are due as soon as they are made.</summary>
    private sealed class ImmediateClock(TimeProvider time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            callback(state);
            return time.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
