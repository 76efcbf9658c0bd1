using System.Text;

namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>The measurements of one instrument with one set of tags.</summary>
internal abstract class Series(string labels)
{
    /// <summary>The tags as Prometheus labels, without braces; may be empty.</summary>
    public string Labels { get; } = labels;

    /// <summary>The last collection in which a value was recorded.</summary>
    public long Collection { get; set; }

    /// <summary>Adds a measurement. Thread-safe.</summary>
    public abstract void Record(double value);

    /// <summary>Writes the series' lines.</summary>
    public abstract void Write(StringBuilder text, string name);

    /// <summary>Adds to a number that other threads change concurrently.</summary>
    protected static void Add(ref double sum, double value)
    {
        var seen = Volatile.Read(ref sum);
        while (true)
        {
            var found = Interlocked.CompareExchange(ref sum, seen + value, seen);
            // Compare bits, because NaN does not equal itself.
            if (BitConverter.DoubleToInt64Bits(found) == BitConverter.DoubleToInt64Bits(seen))
                return;
            seen = found;
        }
    }
}
