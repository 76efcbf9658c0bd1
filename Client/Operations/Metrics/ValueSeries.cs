using System.Text;

namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>A running sum, or the last value of a gauge or observable instrument.</summary>
internal sealed class ValueSeries(string labels, bool adds) : Series(labels)
{
    private double current;

    /// <inheritdoc />
    public override void Record(double value)
    {
        if (adds)
            Add(ref current, value);
        else
            Volatile.Write(ref current, value);
    }

    /// <inheritdoc />
    public override void Write(StringBuilder text, string name) =>
        PrometheusText.Sample(text, name, Labels, Volatile.Read(ref current));
}
