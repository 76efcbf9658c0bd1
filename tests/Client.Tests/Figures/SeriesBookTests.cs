using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Http;
using OrleansTasks.Cluster;

namespace OrleansTasks.Client.Tests.Figures;

/// <summary>What series keep, in which resolution, for how long.</summary>
public sealed class SeriesBookTests
{
    private const long Start = 1_900_000_200;
    private static readonly SeriesId Depth = new("queue.depth", "queue", "q");
    private static readonly SeriesId Failed = new("tasks.failed", "queue", "q");
    private readonly SeriesBook book = new();

    [Fact]
    public void FailedLastDay_CountsADay_WithTheStepThatIsNotFinished()
    {
        const long Day = 86_400;
        Assert.Equal(0, FailedTasks.LastDay(book, "q", Start));
        // Steps begin at Start. One failed task more than a day ago, one in the first step of the day, two just now.
        foreach (var second in (long[])[Start, Start + 300, Start + Day + 310, Start + Day + 311])
            book.Note(second, Failed, "tasks", SeriesKind.Count, 1);
        book.Finish(Start + Day + 312);
        Assert.Equal(3, FailedTasks.LastDay(book, "q", Start + Day + 312));
        Assert.Equal(0, FailedTasks.LastDay(book, "other", Start + Day + 312));
    }

    [Fact]
    public void FailedLastDay_QueueIsNotCountedByItself_IsNotKnown()
    {
        for (var i = 0; i < 2 * SeriesBook.Most; i++)
            book.Note(Start, new SeriesId("tasks.failed", "queue", $"q{i}"), "tasks", SeriesKind.Count, 1);
        book.Finish(Start + 1);
        Assert.Equal(1, FailedTasks.LastDay(book, "q0", Start + 1));
        Assert.Null(FailedTasks.LastDay(book, $"q{(2 * SeriesBook.Most) - 1}", Start + 1));
    }

    [Fact]
    public void Note_SeveralResolutions_JoinsCountsLevelsAndPeaks()
    {
        var oldest = new SeriesId("queue.oldest", "", "");
        for (var i = 0; i < 600; i++)
        {
            book.Note(Start + i, Failed, "tasks", SeriesKind.Count, 1);
            book.Note(Start + i, Depth, "tasks", SeriesKind.Level, i);
            book.Note(Start + i, oldest, "ms", SeriesKind.Peak, 600 - i);
        }

        book.Finish(Start + 600);

        foreach (var (resolution, seconds) in ((int, int)[])[(0, 1), (1, 10), (2, 300)])
        {
            var step = Start / seconds;
            Assert.Equal(seconds, book.Find(Failed)!.Ring(resolution)[step]);
            Assert.Equal(seconds - 1, book.Find(Depth)!.Ring(resolution)[step]);
            Assert.Equal(600, book.Find(oldest)!.Ring(resolution)[step]);
        }

        Assert.Equal(600, book.Find(Failed)!.Over(2, Start / 300, 2));
        Assert.Equal(599, book.Find(Depth)!.Over(1, Start / 10, 60));
    }

    [Fact]
    public void Note_Durations_GivesTheQuantileOfEachStepNotOfItsParts()
    {
        // One slow call in the first second and a hundred fast ones in the second: the p95 of both seconds is fast.
        book.Note(Start, new SeriesId("wait", "", ""), Durations((1_000_000, 1)));
        book.Note(Start + 1, new SeriesId("wait", "", ""), Durations((1_000, 100)));
        book.Finish(Start + 300);

        var p95 = book.Find(new SeriesId("wait.p95", "", ""))!;
        Assert.InRange(p95.Ring(0)[Start], 1_000, 1_250);
        Assert.InRange(p95.Ring(0)[Start + 1], 1, 1.25);
        Assert.InRange(p95.Ring(1)[Start / 10], 1, 1.25);
        Assert.InRange(book.Find(new SeriesId("wait.p99", "", ""))!.Ring(2)[Start / 300], 1, 1.25);
    }

    [Fact]
    public void Read_GapAndUnfinishedStep_AreUnknownAndLeftOut()
    {
        book.Note(Start, Depth, "tasks", SeriesKind.Level, 5);
        book.Note(Start + 3, Depth, "tasks", SeriesKind.Level, 7);
        book.Finish(Start + 4);

        var reading = Read("names=queue.depth&by=queue&from=-5s", Start + 4);

        Assert.Equal((Start - 1, 1, Start), (reading.From, reading.Step, reading.Since));
        Assert.Equal([null, 5, null, null, 7], Assert.Single(reading.Series).Values);
    }

    [Fact]
    public void Note_OlderThanKept_IsGoneFromTheFinestAndThereInTheOthers()
    {
        book.Note(Start, Depth, "tasks", SeriesKind.Level, 5);
        book.Note(Start + 700, Depth, "tasks", SeriesKind.Level, 6);
        book.Finish(Start + 1_000);

        Assert.True(float.IsNaN(book.Find(Depth)!.Ring(0)[Start]));
        Assert.Equal(6, book.Find(Depth)!.Ring(0)[Start + 700]);
        Assert.Equal(5, book.Find(Depth)!.Ring(1)[Start / 10]);
        Assert.Equal(5, book.Find(Depth)!.Ring(2)[Start / 300]);
    }

    [Fact]
    public void Note_MoreKeysThanFit_CountTogetherAsOther()
    {
        for (var i = 0; i < SeriesBook.Most + 6; i++)
            book.Note(Start, Failed with { Key = $"q{i}" }, "tasks", SeriesKind.Count, 1);
        for (var i = 0; i < 6; i++)
            book.Note(Start, new SeriesId("wait", "queue", $"q{i}"), Durations((1_000, 1)));
        book.Finish(Start + 1);

        Assert.Equal(SeriesBook.Most + 4, book.All.Count);
        Assert.Equal(6, book.Find(Failed with { Key = SeriesBook.Other })!.Ring(0)[Start]);
        Assert.InRange(book.Find(new SeriesId("wait.p99", "queue", SeriesBook.Other))!.Ring(0)[Start], 1, 1.25);
    }

    [Fact]
    public void Note_KeysThatAreSilentForAWeek_MakeRoom()
    {
        for (var i = 0; i < SeriesBook.Most; i++)
            book.Note(Start, Failed with { Key = $"q{i}" }, "tasks", SeriesKind.Count, 1);
        book.Finish(Start + (8 * 86_400));
        book.Note(Start + (8 * 86_400), Failed with { Key = "fresh" }, "tasks", SeriesKind.Count, 1);

        Assert.Equal("fresh", Assert.Single(book.All).Id.Key);
    }

    [Fact]
    public void Read_FileOfABook_HasItsFiveMinutes()
    {
        for (var i = 0; i < 1_200; i++)
            book.Note(Start + i, Failed, "tasks", SeriesKind.Count, 1);
        book.Finish(Start + 1_200);
        var path = Path.Combine(Directory.CreateTempSubdirectory("orleanstasks-").FullName, "figures");
        SeriesFile.Write(path, SeriesFile.ContentOf(book));

        var read = SeriesFile.Read(path)!;
        // It goes on after a while without the service.
        read.Note(Start + 1_900, Failed, "tasks", SeriesKind.Count, 9);
        read.Finish(Start + 2_400);

        var series = Assert.Single(read.All);
        Assert.Equal((Failed, "tasks", SeriesKind.Count), (series.Id, series.Unit, series.Kind));
        Assert.Equal([300f, 300f, 300f, 300f, float.NaN, float.NaN, 9f], Enumerable.Range(0, 7)
            .Select(i => series.Ring(2)[(Start / 300) + i]));

        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Null(SeriesFile.Read(path));
        Assert.Null(SeriesFile.Read(path + "-none"));
    }

    [Theory]
    [InlineData("names=queue.depth", 1, 10)]
    [InlineData("names=queue.depth&from=-2m", 0, 1)]
    [InlineData("names=queue.depth&from=-6h", 2, 300)]
    [InlineData("names=queue.depth&from=-7d", 2, 1_800)]
    [InlineData("names=queue.depth&from=-1h&step=5m", 2, 300)]
    [InlineData("names=queue.depth&from=-1h&step=15s", 1, 20)]
    [InlineData("names=queue.depth&from=-8m&step=30s", 1, 30)]
    public void Choose_Query_TakesTheCoarsestResolutionThatFits(string query, int resolution, int step) =>
        Assert.Equal((resolution, step), Query(query, Start).Choose(Start));

    [Theory]
    [InlineData("from=-1h", "'names' is missing")]
    [InlineData("names=queue.dept", "'names' must be a comma-separated list of")]
    [InlineData("names=queue.depth&by=reason", "only by queue")]
    [InlineData("names=node.load", "must be split by node")]
    [InlineData("names=queue.depth&key=a", "only with 'by'")]
    [InlineData("names=queue.depth&from=-8d", "at most 7d")]
    [InlineData("names=queue.depth&from=-1m&to=-2m", "'from' must be before")]
    [InlineData("names=queue.depth&step=1500ms", "whole seconds")]
    [InlineData("names=queue.depth&from=-4h&step=10s", "at most 1000 points")]
    public void Read_WrongQuery_IsRefused(string query, string detail)
    {
        var refused = Assert.Throws<ProblemException>(() => Query(query, Start).Choose(Start));
        Assert.Equal("bad-parameter", refused.Problem.Code);
        Assert.Contains(detail, refused.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreSeriesThanAnAnswerHas_IsRefusedUnlessKeysChoose()
    {
        for (var i = 0; i < 21; i++)
            book.Note(Start, Depth with { Key = $"q{i}" }, "tasks", SeriesKind.Level, i);
        book.Finish(Start + 1);

        Assert.Throws<ProblemException>(() => Read("names=queue.depth&by=queue", Start + 1));
        Assert.Equal(["q3", "q20"],
            Read("names=queue.depth&by=queue&key=q3&key=q20&key=none", Start + 1).Series.Select(static one =>
            one.Series.Id.Key));
    }

    private static long[] Durations(params (long Microseconds, long Count)[] durations)
    {
        var counts = new long[DurationBuckets.Count];
        foreach (var (microseconds, count) in durations)
            counts[DurationBuckets.IndexOf(microseconds)] += count;
        return counts;
    }

    private static SeriesQuery Query(string query, long now) => SeriesQuery.Read(
        QueryValues.Read(new Microsoft.AspNetCore.Http.QueryString("?" + query), SeriesQuery.Parameters),
            DateTimeOffset.FromUnixTimeSeconds(now));

    private SeriesReading Read(string query, long now) => SeriesReading.Of(book, Query(query, now), now);
}
