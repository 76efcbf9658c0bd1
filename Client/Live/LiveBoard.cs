using System.Security.Cryptography;
using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>
/// What live streams show apart from task changes. All streams share one reading, made only when a stream asks. A topic
/// is read again after new events, or after a few seconds without. Reading a topic takes at most 1/200 of the time, and
/// 1/400 while nothing happens, unless the pause would then be longer than ten seconds.
/// </summary>
/// <param name="grains">The grains to read from.</param>
/// <param name="time">The clock.</param>
/// <param name="attention">Finds what needs attention; null to show no attention items.</param>
/// <param name="figures">Counts failed tasks; null if this gateway keeps no figures.</param>
internal sealed class LiveBoard(
    GatewayGrains grains, TimeProvider time, AttentionWatch? attention = null, FigureCollector? figures = null)
    : IDisposable
{
    // The pause after a read, as a multiple of its duration; QuietRest applies while there are no events.
    private const int Rest = 200;
    private const int QuietRest = 400;
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan QuietLook = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LeastAge = TimeSpan.FromMilliseconds(200);

    // The progress of jobs and tasks, and attention items, change without events, so read them more often.
    private static readonly TimeSpan JobLook = TimeSpan.FromSeconds(1);
    private const LiveTopics ChangesByItself = LiveTopics.Jobs | LiveTopics.Attention | LiveTopics.Progress;

    private readonly SemaphoreSlim turn = new(1);
    private readonly BoardReading reading = new(grains, time, attention, figures);
    private readonly BoardChanges changes = new();
    private readonly Dictionary<LiveTopics, (long At, TimeSpan Took, EventCursor Seen)> read = [];

    /// <summary>
    /// A random id that distinguishes this gateway's board from others: change numbers mean something on one board
    /// only.
    /// </summary>
    public uint Id { get; } = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));

    /// <summary>
    /// Reads those of the topics that are out of date, and returns what has changed after a number, in order.
    /// </summary>
    /// <param name="topics">The topics.</param>
    /// <param name="events">How far the caller has read the events.</param>
    /// <param name="seen">
    /// The number of the last change that the caller has seen. Null if a stream begins: reads all topics whose items
    /// can be removed and returns only the last number.
    /// </param>
    /// <param name="cancellation">Ends the wait for another caller's read.</param>
    public async Task<(BoardItem[] Changed, long Last)> Look(
        LiveTopics topics, EventCursor events, long? seen, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            foreach (var (topic, _) in LiveQuery.Names)
            {
                // A new stream must report every removal from now on, so read the items that exist now first.
                // Task counts are never removed.
                var isNeeded = seen is null && topic != LiveTopics.Tasks;
                if (topics.HasFlag(topic) && (isNeeded || IsOutOfDate(topic, events)))
                    await Read(topic, events);
            }

            return (seen is { } number ? changes.After(number, topics) : [], changes.Last);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    private bool IsOutOfDate(LiveTopics topic, EventCursor events)
    {
        if (!read.TryGetValue(topic, out var last))
            return true;
        var age = time.GetElapsedTime(last.At);
        if (age < LeastAge || age < RestAfter(last.Took, Rest))
            return false;
        return last.Seen != events
            || (age >= RestAfter(last.Took, QuietRest)
                && age >= (ChangesByItself.HasFlag(topic) ? JobLook : QuietLook));
    }

    private static TimeSpan RestAfter(TimeSpan took, int times) =>
        took * times < LongestRest ? took * times : LongestRest;

    private async Task Read(LiveTopics topic, EventCursor events)
    {
        var began = time.GetTimestamp();
        changes.Set(topic, await reading.Read(topic), BoardReading.GoneOf(topic));
        read[topic] = (time.GetTimestamp(), time.GetElapsedTime(began), events);
    }
}
