using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>Which arrivals of output get a mark.</summary>
public sealed class ArrivalNotesTests
{
    private ArrivalNotes notes;

    [Fact]
    public void Add_StreamChanges_EachChangeIsMarkedWithItsPlace()
    {
        Assert.Equal((1, 0, 0, 1_000), Add(StandardStream.Output, "one\n", 1_000));
        Assert.Null(Add(StandardStream.Output, "two\nthr", 1_001));
        Assert.Equal((2, 0, 0, 1_002), Add(StandardStream.Error, "oops\n", 1_002));
        Assert.Equal((1, 11, 2, 1_003), Add(StandardStream.Output, "ee\n", 1_003));
        Assert.Equal((2, 5, 1, 1_004), Add(StandardStream.Error, "x", 1_004));
    }

    [Fact]
    public void Add_OneStream_IsMarkedEverySecondAndEvery64KiB()
    {
        Assert.NotNull(Add(StandardStream.Output, "a\n", 1_000));
        Assert.Null(Add(StandardStream.Output, "b\n", 1_999));
        Assert.Equal((1, 4, 2, 2_000), Add(StandardStream.Output, new string('c', 65_535), 2_000));
        Assert.Null(Add(StandardStream.Output, "d", 2_001));
        Assert.Equal((1, 65_540, 2, 2_002), Add(StandardStream.Output, "e", 2_002));
    }

    [Fact]
    public void Add_ForWeeks_IsMarkedEverMoreRarelyAndToTheEnd()
    {
        const int seconds = 14 * 86_400;
        var marks = new List<long>();
        for (var second = 1; second <= seconds; second++)
            if (Add(StandardStream.Output, "x", second * 1_000L) is (_, _, _, var at))
                marks.Add(at / 1_000);

        Assert.InRange(marks.Count, 10_000, ArrivalNotes.Most);
        Assert.Equal(Enumerable.Range(1, 2_000).Select(static second => (long)second), marks.Take(2_000));
        Assert.InRange(seconds - marks[^1], 0, 1_024);
    }

    [Fact]
    public void Add_StreamsChangeWithoutEnd_ChangesAreMarkedUpTo10000Times()
    {
        var count = 0;
        for (var i = 0; i < 15_000; i++)
            if (Add(i % 2 == 0 ? StandardStream.Output : StandardStream.Error, "x", 1_000) is not null)
                count++;

        Assert.Equal(10_000, count);
    }

    private (int Stream, long Offset, long Line, long At)? Add(StandardStream stream, string text, long at) =>
        notes.Add(stream, System.Text.Encoding.UTF8.GetBytes(text), at) is { } mark
            ? ((int)mark.Stream, mark.Offset, mark.Line, mark.At)
            : null;
}
