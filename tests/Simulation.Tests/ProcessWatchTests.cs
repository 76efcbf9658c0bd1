using System.Globalization;
using OrleansTasks.Simulation.Engine;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Simulation.Tests;

/// <summary>No task runs twice at a time, except beside an agent that stands still, and for a moment after it goes on.</summary>
public sealed class ProcessWatchTests : IDisposable
{
    private static readonly TimeSpan LongRun = TimeSpan.FromMinutes(1);
    private readonly SimCluster cluster = new(new SimClusterOptions { Seed = 1, GrainAssemblies = [] });
    private readonly Coverage coverage = new();
    private readonly SimProcess frozen;
    private readonly SimProcessHost first;
    private readonly SimProcessHost second;
    private readonly ProcessWatch watch;

    public ProcessWatchTests()
    {
        watch = new ProcessWatch(cluster, static _ => 4, coverage);
        frozen = cluster.NewProcess("w0");
        first = NewHost(frozen, 0);
        second = NewHost(cluster.NewProcess("w1"), 1);
    }

    public void Dispose() => cluster.Dispose();

    [Fact]
    public void Start_OfATaskThatRuns_IsAViolation()
    {
        first.Start(Request("t", 1, LongRun));
        second.Start(Request("t", 2, LongRun));
        Assert.IsType<Violation>(Assert.Throws<SimulationException>(() => Advance(TimeSpan.FromSeconds(1))).InnerException);
    }

    [Fact]
    public void Start_BesideAFrozenWorker_IsCounted()
    {
        first.Start(Request("t", 1, LongRun));
        Freeze();
        second.Start(Request("t", 2, LongRun));
        Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(1, coverage.Counts["overlap of a frozen worker"]);
    }

    [Fact]
    public void Overlap_ThatOutlastsTheThaw_IsAViolation()
    {
        first.Start(Request("t", 1, LongRun));
        Freeze();
        second.Start(Request("t", 2, LongRun));
        Thaw();
        Advance(ProcessWatch.ThawGrace / 2);
        var failure = Assert.Throws<SimulationException>(() => Advance(ProcessWatch.ThawGrace));
        Assert.IsType<Violation>(failure.InnerException);
    }

    [Fact]
    public void Overlap_ThatTheAgentEndsAtTheThaw_Holds()
    {
        var tree = first.Start(Request("t", 1, LongRun));
        Freeze();
        second.Start(Request("t", 2, LongRun));
        Thaw();
        tree.KillNow();
        Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, first.Living);
    }

    [Fact]
    public void Start_LongAfterTheThaw_IsNoLongerExempt()
    {
        first.Start(Request("t", 1, LongRun));
        Freeze();
        Thaw();
        Advance(2 * ProcessWatch.ThawGrace);
        second.Start(Request("t", 2, LongRun));
        Assert.Throws<SimulationException>(() => Advance(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Timeout_OfAFrozenAgent_IsEnforcedAfterTheThaw()
    {
        first.Start(Request("t", 1, LongRun, timeout: TimeSpan.FromSeconds(5)));
        Freeze();
        Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(1, first.Living);
        Thaw();
        Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, first.Living);
    }

    private static StartRequest Request(string task, int attempt, TimeSpan runTime, TimeSpan? timeout = null) => new()
    {
        Arguments = ["sim", runTime.TotalMilliseconds.ToString(CultureInfo.InvariantCulture), "0", "0", "0", "0"],
        Environment = [new("TASK_ID", task), new("TASK_ATTEMPT", attempt.ToString(CultureInfo.InvariantCulture))],
        Timeout = timeout,
    };

    private SimProcessHost NewHost(SimProcess agent, int worker) =>
        new(cluster, agent, new SimRandom(1, "trees"), new SimRandom(1, "chunks"), watch, worker);

    private void Freeze()
    {
        frozen.Stop();
        watch.Froze(0);
    }

    private void Thaw()
    {
        watch.Thawed(0);
        frozen.Continue();
    }

    private void Advance(TimeSpan by)
    {
        var isOver = false;
        cluster.After(by, () => isOver = true);
        while (!isOver)
            Assert.True(cluster.Step());
    }
}
