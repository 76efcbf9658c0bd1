namespace OrleansTasks.Simulation.Engine;

/// <summary>What becomes of items of streams.</summary>
internal sealed class SimStreams
{
    private readonly SimRandom _chance;

    internal SimStreams(SimRandom chance) => _chance = chance;

    /// <summary>How many items are lost, from 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>How many items come twice, from 0 to 1.</summary>
    public double Doubling { get; set; }

    /// <summary>How many items come late, and so after later ones, from 0 to 1.</summary>
    public double Lateness { get; set; }

    /// <summary>How many items find their queue full, so that the producer gets an exception, from 0 to 1.</summary>
    public double Fullness { get; set; }

    /// <summary>The longest way of an item that is late.</summary>
    public TimeSpan Late { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// From how many bytes on an item is too large: it is never delivered, nor is anything of its stream that follows it, as with
    /// the memory streams of Orleans.
    /// </summary>
    public long TooLarge { get; set; } = 1 << 20;

    /// <summary>
    /// Told of everything that goes wrong: "stream-full", "stream-lost", "stream-doubled", "stream-late", "stream-stuck".
    /// </summary>
    public Action<string>? Happened { get; set; }

    /// <summary>Whether an item of this size stops its stream.</summary>
    internal bool Stops(long bytes)
    {
        if (bytes < TooLarge) return false;
        Happened?.Invoke("stream-stuck");
        return true;
    }

    /// <summary>When copies of the next item come: none, one or two times from now.</summary>
    /// <exception cref="InvalidOperationException">The queue is full.</exception>
    internal IEnumerable<TimeSpan> NextArrivals()
    {
        if (_chance.Happens(Fullness))
        {
            Happened?.Invoke("stream-full");
            throw new InvalidOperationException("The queue of the stream is full.");
        }

        if (_chance.Happens(Loss))
        {
            Happened?.Invoke("stream-lost");
            return [];
        }

        if (_chance.Happens(Doubling))
        {
            Happened?.Invoke("stream-doubled");
            return [Delay(), _chance.Between(TimeSpan.Zero, Late)];
        }

        return [Delay()];
    }

    private TimeSpan Delay()
    {
        if (!_chance.Happens(Lateness)) return TimeSpan.Zero;
        Happened?.Invoke("stream-late");
        return _chance.Between(TimeSpan.Zero, Late);
    }
}
