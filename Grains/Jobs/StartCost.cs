namespace OrleansTasks.Jobs;

/// <summary>
/// Estimates what a chunk costs however few items it has, such as the start of a program, from chunks of different
/// sizes: a line through durations over sizes, by least squares, in which older chunks weigh less.
/// </summary>
internal sealed class StartCost
{
    /// <summary>What remains of a chunk's weight when the next one ends.</summary>
    private const double Decay = 0.95;

    /// <summary>The minimum spread of sizes that tells both costs apart: their deviation over their mean.</summary>
    private const double LeastSpread = 0.25;

    private double weight;
    private double items;
    private double micros;
    private double itemsByItems;
    private double itemsByMicros;

    /// <summary>The cost of a chunk without items, in microseconds; NaN while it is unknown.</summary>
    public double Start { get; private set; } = double.NaN;

    /// <summary>The cost of another item, in microseconds; NaN while it is unknown.</summary>
    public double PerItem { get; private set; } = double.NaN;

    /// <summary>Whether both are known.</summary>
    public bool IsKnown => !double.IsNaN(Start);

    /// <summary>Records a chunk's duration.</summary>
    public void Note(long size, long duration)
    {
        weight = (weight * Decay) + 1;
        items = (items * Decay) + size;
        micros = (micros * Decay) + duration;
        itemsByItems = (itemsByItems * Decay) + ((double)size * size);
        itemsByMicros = (itemsByMicros * Decay) + ((double)size * duration);
        var (meanItems, meanMicros) = (items / weight, micros / weight);
        var variance = (itemsByItems / weight) - (meanItems * meanItems);
        if (variance >= LeastSpread * LeastSpread * meanItems * meanItems)
        {
            PerItem = Math.Max(0, ((itemsByMicros / weight) - (meanItems * meanMicros)) / variance);
            Start = Math.Clamp(meanMicros - (PerItem * meanItems), 0, meanMicros);
        }
        else if (IsKnown)
        {
            // Sizes have settled: the start stays as it was, and the rest is the items'.
            Start = Math.Min(Start, meanMicros);
            PerItem = (meanMicros - Start) / meanItems;
        }
    }
}
