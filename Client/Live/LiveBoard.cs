using System.Security.Cryptography;
using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>
/// What live streams show besides tasks, read once for all of them, and only when one asks. A topic is read again when something has
/// happened since, or after some seconds. Reading a topic takes at most a 200th of the time, and a 400th while nothing happens.
/// </summary>
/// <param name="grains">Where to read.</param>
/// <param name="time">The clock.</param>
/// <param name="attention">Judges what needs attention; without it nothing does.</param>
/// <param name="figures">Counts failed tasks; without it their number is not known.</param>
internal sealed class LiveBoard(
    GatewayGrains grains, TimeProvider time, AttentionWatch? attention = null, FigureCollector? figures = null)
    : IDisposable
{
    private const int Rest = 200;
    private const int QuietRest = 400;
    private static readonly TimeSpan QuietLook = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LeastAge = TimeSpan.FromMilliseconds(200);

    // Progress of jobs and what needs attention are no events.
    private static readonly TimeSpan JobLook = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turn = new(1);
    private readonly BoardReading reading = new(grains, time, attention, figures);
    private readonly BoardChanges changes = new();
    private readonly Dictionary<LiveTopics, (long At, TimeSpan Took, EventCursor Seen)> read = [];

    /// <summary>Tells this gateway's board from those of others.</summary>
    public uint Id { get; } = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));

    /// <summary>Reads what is out of date of some topics; returns what has changed after a number, in order.</summary>
    /// <param name="topics">The topics.</param>
    /// <param name="events">How far the caller has read the events.</param>
    /// <param name="seen">The number; null for nothing but the last number, after all that can go has been read.</param>
    /// <param name="cancellation">Ends the wait for others that read.</param>
    public async Task<(BoardItem[] Changed, long Last)> Look(
        LiveTopics topics, EventCursor events, long? seen, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            foreach (var (topic, _) in LiveQuery.Names)
            {
                // A stream tells what has been removed since it began. So what is there now must be read first. Counts
                // are never removed.
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
        if (age < LeastAge || age < last.Took * Rest)
            return false;
        return last.Seen != events
            || (age >= last.Took * QuietRest && age >= (topic is LiveTopics.Jobs or LiveTopics.Attention ? JobLook : QuietLook));
    }

    private async Task Read(LiveTopics topic, EventCursor events)
    {
        var began = time.GetTimestamp();
        changes.Set(topic, await reading.Read(topic), BoardReading.GoneOf(topic));
        read[topic] = (time.GetTimestamp(), time.GetElapsedTime(began), events);
    }
}
