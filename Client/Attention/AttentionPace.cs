namespace OrleansTasks.Client.Attention;

/// <summary>
/// How long to rest between two readings of what needs attention: 50 times as long as a reading takes, so that readings
/// of a large cluster take at most 1/50 of the time, within bounds.
/// </summary>
internal struct AttentionPace
{
    private const int Share = 50;

    /// <summary>The shortest rest.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>The longest rest: what begins after a reading is found within 30 s, if the next takes at most 10 s.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private TimeSpan last;
    private TimeSpan previous;

    /// <summary>
    /// The rest after the last reading. The shorter of the last two counts: the first one compiles code and activates
    /// grains, and any one may have waited for something else.
    /// </summary>
    public readonly TimeSpan Rest
    {
        get
        {
            var usual = (last < previous ? last : previous) * Share;
            return usual < Shortest ? Shortest : usual > Longest ? Longest : usual;
        }
    }

    /// <summary>Notes how long a reading took.</summary>
    public void Note(TimeSpan took) => (previous, last) = (last, took);
}
