using System.Text;

namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>The measurements of one instrument with one set of tags.</summary>
internal abstract class Series(string labels)
{
    /// <summary>The tags as Prometheus labels, without braces; may be empty.</summary>
    public string Labels { get; } = labels;

    /// <summary>The collection in which it was last measured.</summary>
    public long Collection { get; set; }

    /// <summary>Adds a measurement; may be called by any thread.</summary>
    public abstract void Record(double value);

    /// <summary>Writes its lines.</summary>
    public abstract void Write(StringBuilder text, string name);

    /// <summary>Adds to a number that several threads change.</summary>
    protected static void Add(ref double sum, double value)
    {
        var seen = Volatile.Read(ref sum);
        while (true)
        {
            var found = Interlocked.CompareExchange(ref sum, seen + value, seen);
            // Compared by bits: NaN is unequal to itself.
            if (BitConverter.DoubleToInt64Bits(found) == BitConverter.DoubleToInt64Bits(seen))
                return;
            seen = found;
        }
    }
}
