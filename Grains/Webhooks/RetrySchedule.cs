namespace OrleansTasks.Webhooks;

/// <summary>Retry delays of deliveries and rest periods of failing targets, in milliseconds.</summary>
internal static class RetrySchedule
{
    private const long Second = 1_000;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;
    private const long LongestRest = 5 * Minute;

    /// <summary>The longest rest that a target may ask for.</summary>
    public const long LongestAsked = Hour;

    /// <summary>Length of an outage after which a recovered target gets all waiting deliveries at once.</summary>
    public const long LongFailure = Minute;

    /// <summary>Delays between tries. The second try must follow within 25 s, and the first may take 10 s.</summary>
    private static readonly long[] Delays =
    [
        5 * Second, 30 * Second, 2 * Minute, 10 * Minute, 30 * Minute, Hour, 2 * Hour, 4 * Hour, 8 * Hour, 12 * Hour, 24 * Hour,
        24 * Hour,
    ];

    /// <summary>Number of tries before a delivery fails for good, over a little more than three days.</summary>
    public static int MostTries => Delays.Length + 1;

    /// <summary>Returns the delay after the given number of failed tries; null after the last.</summary>
    public static long? DelayAfter(int tries) => tries <= Delays.Length ? Delays[tries - 1] : null;

    /// <summary>Returns the rest after consecutive failures: 0 after one, then 1 s, doubling up to 5 min.</summary>
    public static long RestAfter(int failures) =>
        failures <= 1 ? 0 : Math.Min(LongestRest, Second << Math.Min(failures - 2, 20));
}
