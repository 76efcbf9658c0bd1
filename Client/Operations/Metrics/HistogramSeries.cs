using System.Text;

namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>A histogram: the number of measurements up to each bound.</summary>
internal sealed class HistogramSeries(string labels, double[] bounds) : Series(labels)
{
    private readonly long[] counts = new long[bounds.Length + 1];
    private double sum;

    /// <inheritdoc />
    public override void Record(double value)
    {
        var index = Array.BinarySearch(bounds, value);
        Interlocked.Increment(ref counts[index < 0 ? ~index : index]);
        Add(ref sum, value);
    }

    /// <inheritdoc />
    public override void Write(StringBuilder text, string name)
    {
        var separator = Labels.Length == 0 ? "" : ",";
        long total = 0;
        for (var i = 0; i < bounds.Length; i++)
        {
            total += Interlocked.Read(ref counts[i]);
            PrometheusText.Sample(text, name + "_bucket", $"{Labels}{separator}le=\"{PrometheusText.Number(bounds[i])}\"", total);
        }

        total += Interlocked.Read(ref counts[^1]);
        PrometheusText.Sample(text, name + "_bucket", $"{Labels}{separator}le=\"+Inf\"", total);
        PrometheusText.Sample(text, name + "_sum", Labels, Volatile.Read(ref sum));
        PrometheusText.Sample(text, name + "_count", Labels, total);
    }
}
