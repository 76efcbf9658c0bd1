using OrleansTasks.Client.Figures;
using OrleansTasks.Cluster;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Figures;

/// <summary>What the counts of silos become: series, and windows of calls.</summary>
public sealed class SiloDeltaTests
{
    private const long Start = 1_900_000_200;
    private readonly SeriesBook book = new();
    private readonly SiloDeltas deltas = new();

    [Fact]
    public void Note_SecondReading_TellsWhatHappenedBetween()
    {
        deltas.Note(book, Start, [Silo(1, calls: 100, accepted: 50, failed: 7)]);
        Assert.Empty(book.All);
        deltas.Note(book, Start + 1, [Silo(1, calls: 130, accepted: 55, failed: 9)]);
        book.Finish(Start + 2);

        Assert.Equal(5, Value("tasks.accepted", "queue", "q"));
        Assert.Equal(5, Value("tasks.accepted", "", ""));
        Assert.Equal(2, Value("tasks.failed", "queue", "q"));
        Assert.Equal(2, Value("tasks.failed", "reason", "exit"));
        Assert.Equal(30, Value("grain.calls", "grain", "task-dispatcher"));
        Assert.Equal(30, Value("grain.calls", "", ""));
        Assert.InRange(Value("wait.p50", "queue", "q"), 2, 2.5f);
    }

    [Fact]
    public void Note_SiloThatRanLongBefore_TellsNothingOfItsFirstReading()
    {
        deltas.Note(book, Start, [Silo(1, calls: 100, accepted: 50, failed: 7)]);
        deltas.Note(book, Start + 1, [Silo(2, calls: 3, accepted: 1, failed: 0)]);
        deltas.Note(book, Start + 2, [Silo(2, calls: 5, accepted: 4, failed: 0)]);
        book.Finish(Start + 3);

        Assert.True(float.IsNaN(book.Find(new SeriesId("tasks.accepted", "", ""))!.Ring(0)[Start + 1]));
        Assert.Equal(3, book.Find(new SeriesId("tasks.accepted", "", ""))!.Ring(0)[Start + 2]);
    }

    [Fact]
    public void Note_SiloThatStartedWithTheGatewayOrLater_TellsAllOfItsFirstReading()
    {
        deltas.Note(book, Start, [Silo((Start - 5) * 1_000, calls: 7, accepted: 2, failed: 1)]);
        deltas.Note(book, Start + 1, [Silo((Start + 1) * 1_000, calls: 3, accepted: 1, failed: 0)]);
        book.Finish(Start + 2);

        var accepted = book.Find(new SeriesId("tasks.accepted", "", ""))!.Ring(0);
        Assert.Equal((2, 1), (accepted[Start], accepted[Start + 1]));
        Assert.Equal(1, book.Find(new SeriesId("tasks.failed", "queue", "q"))!.Ring(0)[Start]);
    }

    [Fact]
    public void Note_TwoSilos_AddUp()
    {
        deltas.Note(book, Start, [Silo(1, 0, 0, 0), Silo(1, 0, 0, 0, "b")]);
        deltas.Note(book, Start + 1, [Silo(1, 2, 3, 0), Silo(1, 4, 5, 0, "b")]);
        book.Finish(Start + 2);

        Assert.Equal(8, Value("tasks.accepted", "queue", "q"));
        Assert.Equal(6, Value("grain.calls", "grain", "task-dispatcher"));
    }

    [Fact]
    public void Over_Windows_TellCallsSinceAReadingThatOldAndTheSilosProcess()
    {
        var windows = new CallWindows();
        for (var second = 0; second <= 100; second++)
            windows.Add(second, 1, [Silo(1, calls: second * 10, accepted: 0, failed: 0)]);

        var (seconds, calls) = (windows.Over(TimeSpan.FromSeconds(10)).Seconds,
            windows.Over(TimeSpan.FromSeconds(10)).Calls);
        Assert.Equal((10, 100), (seconds, Assert.Single(calls).Calls));
        Assert.Equal((100, 1_000),
            (windows.Over(TimeSpan.FromMinutes(5)).Seconds, windows.Over(TimeSpan.FromMinutes(5)).Calls[0].Calls));
        Assert.Equal(0.25, Assert.Single(windows.Silos).Processors);
    }

    private float Value(string name, string by, string key) =>
        book.Find(new SeriesId(name, by, key))!.Ring(0)[Start + 1];

    private static SiloFigures Silo(long since, long calls, long accepted, long failed, string name = "a")
    {
        var durations = new long[DurationBuckets.Count];
        durations[DurationBuckets.IndexOf(2_000)] = calls;
        var failures = new long[(int)EndReason.Exit + 1];
        failures[(int)EndReason.Exit] = failed;
        return new SiloFigures(
            name, since, calls * 25_000, 0, 1, 0,
            [new CallFigure("OrleansTasks.Tasks.ITaskDispatcherGrain", "Submit", calls, 0, calls * 2_000, 2_000,
                [.. durations])],
            [new QueueFigure("q", accepted, 0, 0, [.. failures], [.. durations], [])], [.. durations]);
    }
}
