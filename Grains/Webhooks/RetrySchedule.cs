namespace OrleansTasks.Webhooks;

/// <summary>When failed deliveries are tried again, and for how long a failing target is left alone. In milliseconds.</summary>
internal static class RetrySchedule
{
    private const long Second = 1_000;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;
    private const long LongestRest = 5 * Minute;

    /// <summary>A target that has failed for so long gets, when it accepts something again, all that waits at once.</summary>
    public const long LongFailure = Minute;

    /// <summary>The contract promises the second try within 25 s of the first, which may itself take 10 s.</summary>
    private static readonly long[] Delays =
    [
        5 * Second, 30 * Second, 2 * Minute, 10 * Minute, 30 * Minute, Hour, 2 * Hour, 4 * Hour, 8 * Hour, 12 * Hour, 24 * Hour,
        24 * Hour,
    ];

    /// <summary>How often a delivery is tried before it has failed for good: for a little more than three days.</summary>
    public static int MostTries => Delays.Length + 1;

    /// <summary>How long after a failed try the next one comes; null after the last.</summary>
    /// <param name="tries">How many tries have failed.</param>
    public static long? DelayAfter(int tries) => tries <= Delays.Length ? Delays[tries - 1] : null;

    /// <summary>How long a target is left alone that has failed so many times in a row: not at all after the first time.</summary>
    public static long RestAfter(int failures) =>
        failures <= 1 ? 0 : Math.Min(LongestRest, Second << Math.Min(failures - 2, 20));
}
