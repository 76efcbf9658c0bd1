namespace OrleansTasks.Client.Figures;

/// <summary>One series in all resolutions. Not thread-safe.</summary>
/// <param name="id">The series' name and key.</param>
/// <param name="unit">The unit of its values.</param>
/// <param name="kind">How the values of short steps combine into those of longer ones.</param>
internal sealed class FigureSeries(SeriesId id, string unit, SeriesKind kind)
{
    private readonly StepRing[] rings = [.. SeriesSpan.All.Select(static span => new StepRing(span.Steps))];
    private readonly (long Step, double Value)[] open = [.. SeriesSpan.All.Select(static _ => (-1L, 0d))];

    /// <summary>The series' name and key.</summary>
    public SeriesId Id => id;

    /// <summary>The unit of its values: <c>tasks</c>, <c>ms</c>, <c>bytes</c> and the like.</summary>
    public string Unit => unit;

    /// <summary>How the values of short steps combine into those of longer ones.</summary>
    public SeriesKind Kind => kind;

    /// <summary>The second of the last value.</summary>
    public long NotedAt { get; private set; }

    /// <summary>Returns the finished steps of a resolution.</summary>
    public StepRing Ring(int resolution) => rings[resolution];

    /// <summary>Adds a value to the open step of each resolution, and finishes earlier open steps.</summary>
    public void Note(long second, double value)
    {
        for (var i = 0; i < rings.Length; i++)
            Note(i, SeriesSpan.All[i].StepAt(second), value);
    }

    /// <summary>Adds a value to one resolution. A value for a step before the open one is ignored.</summary>
    public void Note(int resolution, long step, double value)
    {
        NotedAt = Math.Max(NotedAt, step * SeriesSpan.All[resolution].Seconds);
        ref var at = ref open[resolution];
        if (at.Step < step)
        {
            Finish(resolution, step);
            at = (step, value);
        }
        else if (at.Step == step)
            at.Value = Joined(at.Value, value);
    }

    /// <summary>Finishes the open step of a resolution if it is before the given step.</summary>
    public void Finish(int resolution, long before)
    {
        ref var at = ref open[resolution];
        if (at.Step < 0 || at.Step >= before)
            return;
        rings[resolution].Set(at.Step, (float)at.Value);
        at.Step = -1;
    }

    /// <summary>Sets the value of a finished step, as read from the file.</summary>
    public void Restore(int resolution, long step, float value)
    {
        rings[resolution].Set(step, value);
        NotedAt = Math.Max(NotedAt, step * SeriesSpan.All[resolution].Seconds);
    }

    /// <summary>Returns the combined value of several steps; null if none has a value.</summary>
    public double? Over(int resolution, long from, long count)
    {
        double? joined = null;
        for (var step = from; step < from + count; step++)
        {
            var value = rings[resolution][step];
            if (!float.IsNaN(value))
                joined = joined is { } before ? Joined(before, value) : value;
        }

        return joined;
    }

    private double Joined(double before, double value) => kind switch
    {
        SeriesKind.Count => before + value,
        SeriesKind.Level => value,
        _ => Math.Max(before, value),
    };
}
