using System.Diagnostics.Metrics;
using OrleansTasks.Client.Operations.Metrics;

namespace OrleansTasks.Client.Tests.Operations;

public sealed class MetricsCollectorTests : IDisposable
{
    private readonly MetricsCollector _collector = new();
    private readonly Meter _meter = new("OrleansTasks.CollectorTests");
    private readonly string _id = "t" + Guid.NewGuid().ToString("N");

    public void Dispose()
    {
        _meter.Dispose();
        _collector.Dispose();
    }

    [Fact]
    public void Collect_Counter_AddsUpByTagsWhateverTheirOrder()
    {
        var counter = _meter.CreateCounter<long>($"{_id}.tasks", "{task}", "Tasks that ended");
        counter.Add(2, new("state", "failed"), new KeyValuePair<string, object?>("queue", "default"));
        counter.Add(3, new("queue", "default"), new KeyValuePair<string, object?>("state", "failed"));
        counter.Add(1);
        Assert.Equal(
            [
                $"# HELP {_id}_tasks_total Tasks that ended",
                $"# TYPE {_id}_tasks_total counter",
                $"{_id}_tasks_total 1",
                $$"""{{_id}}_tasks_total{queue="default",state="failed"} 5""",
            ], Lines());
    }

    [Fact]
    public void Collect_LabelValueWithSpecialCharacters_IsEscaped()
    {
        _meter.CreateCounter<int>($"{_id}.odd", null, "a \\ and\nb").Add(1, new KeyValuePair<string, object?>("a.b-c", "\"\\\n"));
        Assert.Equal($"# HELP {_id}_odd_total a \\\\ and\\nb", Lines()[0]);
        Assert.Equal($$"""{{_id}}_odd_total{a_b_c="\"\\\n"} 1""", Lines()[2]);
    }

    [Fact]
    public void Collect_Histogram_CountsUpToEachBound()
    {
        var advice = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] };
        var histogram = _meter.CreateHistogram($"{_id}.wait", "s", null, [], advice);
        foreach (var value in (double[])[0.1, 0.5, 0.5, 7])
            histogram.Record(value);
        Assert.Equal(
            [
                $"# TYPE {_id}_wait_seconds histogram",
                $$"""{{_id}}_wait_seconds_bucket{le="0.1"} 1""",
                $$"""{{_id}}_wait_seconds_bucket{le="1"} 3""",
                $$"""{{_id}}_wait_seconds_bucket{le="+Inf"} 4""",
                $"{_id}_wait_seconds_sum 8.1",
                $"{_id}_wait_seconds_count 4",
            ], Lines());
    }

    [Fact]
    public void Collect_ObservedGauge_ShowsOnlyWhatIsThereNow()
    {
        Measurement<int>[] seen = [new(1, new KeyValuePair<string, object?>("node", "a")), new(2, new KeyValuePair<string, object?>("node", "b"))];
        _meter.CreateObservableGauge($"{_id}.slots", () => seen);
        Assert.Equal(3, Lines().Length);
        seen = [new(5, new KeyValuePair<string, object?>("node", "b"))];
        Assert.Equal([$"# TYPE {_id}_slots gauge", $$"""{{_id}}_slots{node="b"} 5"""], Lines());
    }

    [Fact]
    public void Collect_MoreTagsThanBound_KeepsTheFirst()
    {
        var counter = _meter.CreateCounter<long>($"{_id}.many");
        for (var i = 0; i < 3000; i++)
            counter.Add(1, new KeyValuePair<string, object?>("n", i));
        Assert.Equal(1 + 2000, Lines().Length);
        counter.Add(1, new KeyValuePair<string, object?>("n", 1999));
        Assert.Contains($$"""{{_id}}_many_total{n="1999"} 2""", Lines());
    }

    [Fact]
    public void Collect_TextsThatDifferInOneCharacter_AreToldApart()
    {
        var counter = _meter.CreateCounter<long>($"{_id}.alike");
        foreach (var text in (string[])["abcdefgh", "abcdeXgh", "abcdefXh", "aXcdefgh", "", "abcdefgh"])
            counter.Add(1, new KeyValuePair<string, object?>("n", text));
        Assert.Equal(1 + 5, Lines().Length);
        Assert.Contains($$"""{{_id}}_alike_total{n="abcdefgh"} 2""", Lines());
    }

    [Fact]
    public async Task Collect_ManyThreads_LoseNothing()
    {
        var counter = _meter.CreateCounter<double>($"{_id}.sum");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
                counter.Add(1, new KeyValuePair<string, object?>("n", i % 100));
        })));
        Assert.All(Lines()[1..], line => Assert.EndsWith(" 800", line, StringComparison.Ordinal));
    }

    private string[] Lines() =>
        [.. _collector.Collect().Split('\n').Where(line => line.Contains(_id, StringComparison.Ordinal))];
}
