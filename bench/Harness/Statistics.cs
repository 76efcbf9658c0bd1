namespace OrleansTasks.Bench.Harness;

/// <summary>The few statistics that figures need.</summary>
public static class Statistics
{
    /// <summary>The middle value, or the mean of the two middle ones.</summary>
    public static double Median(double[] values) => Quantile(values, 0.5);

    /// <summary>The quantile by linear interpolation between the two nearest ranks.</summary>
    public static double Quantile(double[] values, double share)
    {
        if (values.Length == 0)
            return double.NaN;
        var sorted = values.Order().ToArray();
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below]));
    }
}
